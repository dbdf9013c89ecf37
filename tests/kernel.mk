# SPDX-License-Identifier: LGPL-2.1-or-later
# Tests of kernel/: messages and tables, and the backend on a running kernel.
LOOM_KERNEL_TEST_LIBS = libloom-kernel.la libloom-memory.la libloom-apply.la libloom-plan.la \
  libloom-host.la libloom-base.la $(NL_LIBS) $(LOOM_TEST_LIBS)

check_PROGRAMS += tests/kernel-test tests/kernel-read-test tests/kernel-reduce-test
tests_kernel_test_SOURCES = tests/kernel-test.c tests/test.h
tests_kernel_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_kernel_test_LDADD = $(LOOM_KERNEL_TEST_LIBS)
tests_kernel_read_test_SOURCES = tests/kernel-read-test.c tests/test.h
tests_kernel_read_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_kernel_read_test_LDADD = $(LOOM_KERNEL_TEST_LIBS)
tests_kernel_reduce_test_SOURCES = tests/kernel-reduce-test.c tests/test.h
tests_kernel_reduce_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_kernel_reduce_test_LDADD = $(LOOM_KERNEL_TEST_LIBS)
TESTS += tests/kernel-test tests/kernel-read-test tests/kernel-reduce-test

# In namespaces of their own, by root: built here, run by tests/e2e/kernel-*.test.
check_PROGRAMS += tests/kernel-classes-test tests/kernel-live-test tests/kernel-pairs-test
tests_kernel_classes_test_SOURCES = tests/kernel-classes-test.c tests/test.h
tests_kernel_classes_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_kernel_classes_test_LDADD = $(LOOM_KERNEL_TEST_LIBS)
tests_kernel_live_test_SOURCES = tests/kernel-live-test.c tests/kernel-features.c tests/kernel-limits.c \
  tests/kernel-fixture.c tests/kernel-fixture.h
tests_kernel_live_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_kernel_live_test_LDADD = $(LOOM_KERNEL_TEST_LIBS)
tests_kernel_pairs_test_SOURCES = tests/kernel-pairs-test.c tests/kernel-fixture.c \
  tests/kernel-fixture.h
tests_kernel_pairs_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_kernel_pairs_test_LDADD = $(LOOM_KERNEL_TEST_LIBS)
dist_check_SCRIPTS += tests/e2e/kernel-classes.test tests/e2e/kernel-live.test tests/e2e/kernel-pairs.test
TESTS += tests/e2e/kernel-classes.test tests/e2e/kernel-live.test tests/e2e/kernel-pairs.test

# Guards, with packets.
check_PROGRAMS += tests/guards-run tests/kernel-guards-test
tests_kernel_guards_test_SOURCES = tests/kernel-guards-test.c tests/kernel-fixture.c \
  tests/kernel-fixture.h
tests_kernel_guards_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_kernel_guards_test_LDADD = $(LOOM_KERNEL_TEST_LIBS)
tests_guards_run_SOURCES = tests/guards-run.c
tests_guards_run_LDADD = $(LOOM_KERNEL_TEST_LIBS)
dist_check_SCRIPTS += tests/e2e/guards.test tests/e2e/kernel-guards.test
dist_noinst_SCRIPTS += tests/e2e/guards.py
TESTS += tests/e2e/guards.test tests/e2e/kernel-guards.test
EXTRA_DIST += tests/data/kernel

# For scripts that need classes without all of a host.
check_PROGRAMS += tests/reach
tests_reach_SOURCES = tests/reach.c
tests_reach_LDADD = $(LOOM_KERNEL_TEST_LIBS)
dist_noinst_SCRIPTS += tests/e2e/shares.py
dist_check_SCRIPTS += tests/e2e/shares.test
TESTS += tests/e2e/shares.test
