# SPDX-License-Identifier: LGPL-2.1-or-later
# The whole of it, with a libvirtd of its own.
dist_noinst_DATA += tests/e2e/host.sh tests/e2e/links.sh tests/e2e/peers.sh tests/e2e/server.sh tests/e2e/steady.sed \
  tests/data/migrate/fabric.xml
dist_noinst_SCRIPTS += tests/e2e/behind.py tests/e2e/frames.py tests/e2e/taps.py tests/e2e/virtmanager.py

# On the data centre's server, and with tools that are not ours.
LOOM_SERVER_TESTS = \
  tests/e2e/drift.test \
  tests/e2e/evacuate.test \
  tests/e2e/killed.test \
  tests/e2e/migrate.test \
  tests/e2e/plug.test \
  tests/e2e/probe.test \
  tests/e2e/publish.test \
  tests/e2e/rehearse.test \
  tests/e2e/scope.test \
  tests/e2e/status.test \
  tests/e2e/transaction.test \
  tests/e2e/virt-live.test \
  tests/e2e/virtinst.test \
  tests/e2e/virtmanager.test \
  tests/e2e/ways.test

# Links, on the full kernel: the data centre's server in namespaces, and lab hosts with real cables.
LOOM_LINK_TESTS = \
  tests/e2e/attach.test \
  tests/e2e/datacenter.test \
  tests/e2e/dhcp.test \
  tests/e2e/guests.test \
  tests/e2e/hookdeath.test \
  tests/e2e/links.test \
  tests/e2e/team.test \
  tests/e2e/wire.test

# Guests that move, on the full kernel: among three hosts, and a few times, or as often as LOOM_MIGRATIONS says.
LOOM_MOVE_TESTS = tests/e2e/moves.test tests/e2e/three.test
dist_check_SCRIPTS += $(LOOM_SERVER_TESTS) $(LOOM_LINK_TESTS) $(LOOM_MOVE_TESTS)
TESTS += $(LOOM_SERVER_TESTS) $(LOOM_LINK_TESTS) $(LOOM_MOVE_TESTS)

soak: all
	$(AM_TESTS_ENVIRONMENT) LOOM_MIGRATIONS=$${LOOM_MIGRATIONS:-200} LOOM_TEST_LIMIT=86400 \
	  $(srcdir)/tests/run-test $(srcdir)/tests/e2e/moves.test
.PHONY: soak
