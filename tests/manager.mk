# SPDX-License-Identifier: LGPL-2.1-or-later
# Tests of manager/: files of every manager, and the managers themselves in hosts of namespaces.
LOOM_MANAGER_TEST_LIBS = libloom-manager.la libloom-host.la libloom-base.la $(LOOM_TEST_LIBS)

# For tests/e2e/managers.test.
check_PROGRAMS += tests/manager-live
tests_manager_live_SOURCES = tests/manager-live.c
tests_manager_live_LDADD = $(LOOM_MANAGER_TEST_LIBS)
