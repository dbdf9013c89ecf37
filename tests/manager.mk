# SPDX-License-Identifier: LGPL-2.1-or-later
# Tests of manager/: files of every manager, and the managers themselves in hosts of namespaces.
LOOM_MANAGER_TEST_LIBS = libloom-manager.la libloom-host.la libloom-base.la $(LOOM_TEST_LIBS)

check_PROGRAMS += tests/manager-test
tests_manager_test_SOURCES = tests/manager-test.c tests/test.h
tests_manager_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_manager_test_LDADD = libloom-test.la $(LOOM_MANAGER_TEST_LIBS)
TESTS += tests/manager-test
EXTRA_DIST += tests/data/manager

# Does what a script tells it.
check_PROGRAMS += tests/manager-live
tests_manager_live_SOURCES = tests/manager-live.c
tests_manager_live_LDADD = $(LOOM_MANAGER_TEST_LIBS)

LOOM_MANAGER_E2E_TESTS = tests/e2e/clients.test tests/e2e/ifupdown.test tests/e2e/networkd.test \
  tests/e2e/networkmanager.test
dist_noinst_DATA += tests/e2e/managers.sh
dist_check_SCRIPTS += $(LOOM_MANAGER_E2E_TESTS)
TESTS += $(LOOM_MANAGER_E2E_TESTS)
