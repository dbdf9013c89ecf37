# SPDX-License-Identifier: LGPL-2.1-or-later
# What a boot brings up: in memory, and of a host that loses its power.
check_PROGRAMS += tests/boot-test
tests_boot_test_SOURCES = tests/boot-test.c tests/test.h
tests_boot_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_boot_test_LDADD = $(LOOM_PLAN_LIBS)
TESTS += tests/boot-test

dist_noinst_DATA += tests/faults/host.sh
dist_check_SCRIPTS += tests/faults/boot.test tests/faults/managed.test tests/faults/injected.test tests/faults/powercut.test tests/faults/hook.test tests/faults/plug.test
TESTS += tests/faults/boot.test tests/faults/managed.test tests/faults/injected.test tests/faults/powercut.test tests/faults/hook.test tests/faults/plug.test

# Every point at which a system call can fail or end an apply, and the power be cut, which takes hours:
# LOOM_FAULT_POINTS=20 tries so many of each scenario.
faults: all
	status=0; for test in faults/hook faults/plug faults/injected faults/powercut e2e/hookdeath agentlinks; do \
	  $(AM_TESTS_ENVIRONMENT) LOOM_FAULT_POINTS=$${LOOM_FAULT_POINTS:-all} LOOM_TEST_LIMIT=86400 \
	    $(srcdir)/tests/run-test $(srcdir)/tests/$$test.test || status=1; \
	done; exit $$status
.PHONY: faults
