# SPDX-License-Identifier: LGPL-2.1-or-later
# Tests of host/, plan/ and apply/, of the schema of hosts, and of the rooms' arrows.
check_LTLIBRARIES += libloom-memory.la
libloom_memory_la_SOURCES = \
  tests/hosts.c tests/hosts.h \
  tests/links.c tests/links.h \
  tests/machine.c tests/machine.h \
  tests/memory.c tests/memory.h \
  tests/plantext.c tests/plantext.h \
  tests/test.h \
  tests/trial.c tests/trial.h
libloom_memory_la_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)

LOOM_PLAN_LIBS = libloom-memory.la libloom-apply.la libloom-plan.la libloom-host.la \
  libloom-base.la $(LOOM_TEST_LIBS)

check_PROGRAMS += tests/admission-test tests/host-test tests/hostform-test tests/plan-test tests/apply-test \
  tests/atomic-test tests/prove-test
tests_admission_test_SOURCES = tests/admission-test.c tests/test.h
tests_admission_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_admission_test_LDADD = $(LOOM_PLAN_LIBS)
tests_host_test_SOURCES = tests/host-test.c tests/test.h
tests_host_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_host_test_LDADD = $(LOOM_PLAN_LIBS)
tests_hostform_test_SOURCES = tests/hostform-test.c tests/test.h
tests_hostform_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_hostform_test_LDADD = $(LOOM_PLAN_LIBS)
tests_plan_test_SOURCES = tests/plan-test.c
tests_plan_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_plan_test_LDADD = libloom-test.la $(LOOM_PLAN_LIBS)
tests_apply_test_SOURCES = tests/apply-test.c tests/test.h
tests_apply_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_apply_test_LDADD = $(LOOM_PLAN_LIBS)
tests_atomic_test_SOURCES = tests/atomic-test.c tests/test.h
tests_atomic_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_atomic_test_LDADD = $(LOOM_PLAN_LIBS)
tests_prove_test_SOURCES = tests/prove-test.c tests/test.h
tests_prove_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_prove_test_LDADD = $(LOOM_PLAN_LIBS)
TESTS += tests/admission-test tests/host-test tests/hostform-test tests/plan-test tests/apply-test tests/atomic-test \
  tests/prove-test

check_PROGRAMS += tests/notice-test tests/path-test tests/whose-test
tests_notice_test_SOURCES = tests/notice-test.c tests/test.h
tests_notice_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_notice_test_LDADD = $(LOOM_PLAN_LIBS)
tests_path_test_SOURCES = tests/path-test.c tests/test.h
tests_path_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_path_test_LDADD = $(LOOM_PLAN_LIBS)
tests_whose_test_SOURCES = tests/whose-test.c tests/test.h
tests_whose_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_whose_test_LDADD = $(LOOM_PLAN_LIBS)
TESTS += tests/notice-test tests/path-test tests/whose-test

check_PROGRAMS += tests/probe-test tests/probe-run
tests_probe_test_SOURCES = tests/probe-test.c tests/test.h
tests_probe_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_probe_test_LDADD = $(LOOM_PLAN_LIBS)
tests_probe_run_SOURCES = tests/probe-run.c
tests_probe_run_LDADD = libloom-apply.la libloom-host.la libloom-base.la $(GIO_LIBS) $(GLIB_LIBS)
TESTS += tests/probe-test

dist_check_SCRIPTS += tests/layering.test
TESTS += tests/layering.test
EXTRA_DIST += tests/data/hosts tests/data/plan
