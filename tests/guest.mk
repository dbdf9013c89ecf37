# SPDX-License-Identifier: LGPL-2.1-or-later
# Tests of guest/ and of the hooks.
check_PROGRAMS += tests/guest-test tests/save-slices
tests_guest_test_SOURCES = tests/guest-test.c
tests_guest_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_guest_test_LDADD = libloom-test.la libloom-guest.la libloom-host.la libloom-base.la $(CMOCKA_LIBS) $(GLIB_LIBS)
tests_save_slices_SOURCES = tests/save-slices.c
tests_save_slices_LDADD = libloom-host.la libloom-base.la $(GLIB_LIBS)
TESTS += tests/guest-test
check_PROGRAMS += tests/port-test
tests_port_test_SOURCES = tests/port-test.c
tests_port_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_port_test_LDADD = libloom-test.la libloom-port.la libloom-guest.la libloom-kernel.la $(LOOM_PLAN_LIBS) $(NL_LIBS)
TESTS += tests/port-test
check_PROGRAMS += tests/portplug-test
tests_portplug_test_SOURCES = tests/portplug-test.c tests/ports.c tests/ports.h
tests_portplug_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_portplug_test_LDADD = $(tests_port_test_LDADD)
TESTS += tests/portplug-test

check_PROGRAMS += tests/promise-test
tests_promise_test_SOURCES = tests/promise-test.c tests/ports.c tests/ports.h
tests_promise_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_promise_test_LDADD = $(tests_port_test_LDADD)
TESTS += tests/promise-test

# In a namespace of its own, by root: built here, run by tests/e2e/portset.test.
check_PROGRAMS += tests/portset-test
tests_portset_test_SOURCES = tests/portset-test.c tests/ports.c tests/ports.h tests/kernel-fixture.c tests/kernel-fixture.h
tests_portset_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_portset_test_LDADD = libloom-test.la libloom-port.la libloom-guest.la $(LOOM_KERNEL_TEST_LIBS)
dist_check_SCRIPTS += tests/e2e/portset.test
TESTS += tests/e2e/portset.test
dist_check_SCRIPTS += tests/hooks.test tests/hookports.test tests/hookguards.test tests/ports.test
TESTS += tests/hooks.test tests/hookports.test tests/hookguards.test tests/ports.test
EXTRA_DIST += tests/data/domain tests/data/hookdata tests/data/ports tests/data/slices
dist_noinst_DATA += tests/hookhost.sh

check_PROGRAMS += tests/rewrite-test
tests_rewrite_test_SOURCES = tests/rewrite-test.c
tests_rewrite_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_rewrite_test_LDADD = libloom-test.la libloom-guest.la libloom-host.la libloom-base.la $(LOOM_TEST_LIBS)
TESTS += tests/rewrite-test
EXTRA_DIST += tests/data/rewrite

check_PROGRAMS += tests/preflight-test
tests_preflight_test_SOURCES = tests/preflight-test.c
tests_preflight_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_preflight_test_LDADD = libloom-test.la libloom-guest.la libloom-apply.la libloom-plan.la libloom-host.la \
  libloom-base.la $(LOOM_TEST_LIBS)
TESTS += tests/preflight-test
EXTRA_DIST += tests/data/preflight
