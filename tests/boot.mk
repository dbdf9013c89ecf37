# SPDX-License-Identifier: LGPL-2.1-or-later
# What a boot brings up: in memory, and of a host that loses its power.
check_PROGRAMS += tests/boot-test
tests_boot_test_SOURCES = tests/boot-test.c tests/test.h
tests_boot_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_boot_test_LDADD = $(LOOM_PLAN_LIBS)
TESTS += tests/boot-test

dist_noinst_DATA += tests/faults/host.sh
dist_check_SCRIPTS += tests/faults/boot.test
TESTS += tests/faults/boot.test
