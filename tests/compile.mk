# SPDX-License-Identifier: LGPL-2.1-or-later
# What compile/ is held against.
# Cases in directories, for the programs that scan them.
check_LTLIBRARIES += libloom-test.la
libloom_test_la_SOURCES = tests/golden.c tests/golden.h tests/test.h
libloom_test_la_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)

check_PROGRAMS += tests/compile-test
tests_compile_test_SOURCES = tests/compile-test.c
tests_compile_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_compile_test_LDADD = libloom-test.la libloom-compile.la libloom-fabric.la libloom-host.la \
  libloom-base.la $(LOOM_TEST_LIBS)
TESTS += tests/compile-test

check_PROGRAMS += tests/schema-test
tests_schema_test_SOURCES = tests/schema-test.c tests/test.h
tests_schema_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_schema_test_LDADD = libloom-fabric.la libloom-base.la $(LOOM_TEST_LIBS)
TESTS += tests/schema-test
EXTRA_DIST += tests/data/compile
