# SPDX-License-Identifier: LGPL-2.1-or-later
# The tests of fabric/. LOOM_TEST_REGENERATE=1 rewrites their goldens.
check_PROGRAMS += tests/fabric-test
tests_fabric_test_SOURCES = \
  tests/fabric-test.c tests/fabric-fuzz.c tests/fabric-fuzz.h
tests_fabric_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_fabric_test_LDADD = libloom-test.la libloom-fabric.la libloom-base.la $(LOOM_TEST_LIBS)
TESTS += tests/fabric-test
EXTRA_DIST += tests/data/examples tests/data/fabric tests/data/leases

# The other two programs of base/, which tests/local.mk begins.
check_PROGRAMS += tests/base-record-test tests/base-xml-test
tests_base_record_test_SOURCES = tests/base-record-test.c tests/test.h
tests_base_record_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_base_record_test_LDADD = libloom-base.la $(LOOM_TEST_LIBS)
tests_base_xml_test_SOURCES = tests/base-xml-test.c tests/test.h
tests_base_xml_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_base_xml_test_LDADD = libloom-base.la $(LOOM_TEST_LIBS)
TESTS += tests/base-record-test tests/base-xml-test
