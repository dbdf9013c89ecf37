# SPDX-License-Identifier: LGPL-2.1-or-later
# What cli/ is held against, beside the command itself (cli.test).
check_PROGRAMS += tests/origin-test
tests_origin_test_SOURCES = tests/origin-test.c src/cli/origin.c src/cli/origin.h
tests_origin_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_origin_test_LDADD = libloom-test.la libloom-compile.la libloom-fabric.la libloom-host.la \
  libloom-base.la $(LOOM_TEST_LIBS)
TESTS += tests/origin-test
EXTRA_DIST += tests/data/origin

check_PROGRAMS += tests/macs-test
tests_macs_test_SOURCES = tests/macs-test.c src/cli/macs.c src/cli/macs.h
tests_macs_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_macs_test_LDADD = libloom-test.la libloom-fabric.la libloom-guest.la $(LOOM_VIRT_TEST_LIBS)
TESTS += tests/macs-test

check_PROGRAMS += tests/plug-test
tests_plug_test_SOURCES = tests/plug-test.c src/cli/plug.c src/cli/plug.h
tests_plug_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_plug_test_LDADD = libloom-test.la libloom-guest.la $(LOOM_VIRT_TEST_LIBS)
TESTS += tests/plug-test

check_PROGRAMS += tests/standin-test
tests_standin_test_SOURCES = tests/standin-test.c tests/test.h
tests_standin_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_standin_test_LDADD = libloom-kernel.la libloom-plan.la libloom-host.la libloom-base.la $(NL_LIBS) \
  $(LOOM_TEST_LIBS)
TESTS += tests/standin-test
