# SPDX-License-Identifier: LGPL-2.1-or-later
# Tests: cmocka programs and bash scripts, all of them counted case by case through TAP.
TEST_EXTENSIONS = .test
AM_TESTS_ENVIRONMENT = \
  CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
  srcdir='$(abs_srcdir)'; export srcdir; builddir='$(abs_builddir)'; export builddir; \
  VIRT_LOOM_DATADIR='$(abs_srcdir)/xml'; export VIRT_LOOM_DATADIR; \
  XMLLINT='$(XMLLINT)'; export XMLLINT; LC_ALL=C.UTF-8; export LC_ALL; LANGUAGE=; export LANGUAGE;
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
TEST_LOG_DRIVER = $(LOG_DRIVER)
TEST_LOG_COMPILER = $(srcdir)/tests/run-test

LOOM_TEST_LIBS = $(CMOCKA_LIBS) $(JSON_LIBS) $(XML_LIBS) $(GIO_LIBS) $(GLIB_LIBS)

check_PROGRAMS += tests/base-test
tests_base_test_SOURCES = tests/base-test.c tests/test.h
tests_base_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_base_test_LDADD = libloom-base.la $(LOOM_TEST_LIBS)
TESTS += tests/base-test

dist_check_SCRIPTS += tests/schema.test
TESTS += tests/schema.test
EXTRA_DIST += tests/data/schema

dist_check_SCRIPTS += tests/cli.test tests/tour.test
TESTS += tests/cli.test tests/tour.test
EXTRA_DIST += tests/data/tour

include tests/agent.mk
include tests/bench.mk
include tests/boot.mk
include tests/cli.mk
include tests/compile.mk
include tests/coverage.mk
include tests/e2e.mk
include tests/fabric.mk
include tests/guest.mk
include tests/kernel.mk
include tests/lab.mk
include tests/manager.mk
include tests/plan.mk
include tests/virt.mk
