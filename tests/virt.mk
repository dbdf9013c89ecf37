# SPDX-License-Identifier: LGPL-2.1-or-later
# Tests of virt/, against libvirt's own schema and over its test driver.
AM_TESTS_ENVIRONMENT += LIBVIRT_SCHEMAS='$(LIBVIRT_SCHEMAS)'; export LIBVIRT_SCHEMAS;

LOOM_VIRT_TEST_LIBS = libloom-virt.la libloom-host.la libloom-base.la $(LIBVIRT_LIBS) $(AUGEAS_LIBS) \
  $(LOOM_TEST_LIBS)

check_PROGRAMS += tests/network-xml-test
tests_network_xml_test_SOURCES = tests/network-xml-test.c
tests_network_xml_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_network_xml_test_LDADD = libloom-test.la $(LOOM_VIRT_TEST_LIBS)
TESTS += tests/network-xml-test
EXTRA_DIST += tests/data/network

check_PROGRAMS += tests/virt-test
tests_virt_test_SOURCES = tests/virt-test.c tests/virt-fixture.c tests/virt-fixture.h tests/test.h
tests_virt_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_virt_test_LDADD = $(LOOM_VIRT_TEST_LIBS)
TESTS += tests/virt-test
EXTRA_DIST += tests/data/virt

# For a private libvirtd, VIRT_LOOM_TEST_URI: built here, run by tests/e2e/virt-live.test.
check_PROGRAMS += tests/virt-live-test
tests_virt_live_test_SOURCES = tests/virt-live-test.c tests/virt-fixture.c tests/virt-fixture.h \
  tests/test.h
tests_virt_live_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_virt_live_test_LDADD = $(LOOM_VIRT_TEST_LIBS)

check_PROGRAMS += tests/qemuconf-test
tests_qemuconf_test_SOURCES = tests/qemuconf-test.c tests/test.h
tests_qemuconf_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_qemuconf_test_LDADD = libloom-plan.la $(LOOM_VIRT_TEST_LIBS)
TESTS += tests/qemuconf-test
