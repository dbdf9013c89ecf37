# SPDX-License-Identifier: LGPL-2.1-or-later
# Tests of agent/.
check_PROGRAMS += tests/calm-test
tests_calm_test_SOURCES = tests/calm-test.c
tests_calm_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)
tests_calm_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_calm_test_LDADD = libloom-agent.la $(CMOCKA_LIBS) $(GLIB_LIBS)
TESTS += tests/calm-test
dist_check_SCRIPTS += tests/agent.test tests/agentlinks.test tests/e2e/agent.test
TESTS += tests/agent.test tests/agentlinks.test tests/e2e/agent.test
