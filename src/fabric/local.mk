# SPDX-License-Identifier: LGPL-2.1-or-later
# fabric/: what did the administrator say?
noinst_LTLIBRARIES += libloom-fabric.la
libloom_fabric_la_SOURCES = \
  src/fabric/addresses.c src/fabric/addresses.h \
  src/fabric/choose.c \
  src/fabric/fabric.c src/fabric/fabric.h \
  src/fabric/host.c src/fabric/host.h \
  src/fabric/lease.c src/fabric/lease.h \
  src/fabric/load.h \
  src/fabric/macpool.c src/fabric/macpool.h \
  src/fabric/needs.c src/fabric/needs.h \
  src/fabric/network.c src/fabric/network.h \
  src/fabric/pairs.c src/fabric/pairs.h \
  src/fabric/profile.c src/fabric/profile.h \
  src/fabric/ranges.c src/fabric/ranges.h \
  src/fabric/resolve.c \
  src/fabric/rules.c src/fabric/rules.h \
  src/fabric/rules_address.c \
  src/fabric/rules_host.c \
  src/fabric/rules_lease.c \
  src/fabric/rules_migration.c \
  src/fabric/rules_network.c \
  src/fabric/rules_policy.c \
  src/fabric/rules_pool.c \
  src/fabric/rules_profile.c \
  src/fabric/rules_reach.c \
  src/fabric/rules_switch.c \
  src/fabric/rules_team.c \
  src/fabric/rules_vmnetwork.c \
  src/fabric/rules_vnic.c \
  src/fabric/switch.c src/fabric/switch.h \
  src/fabric/teamoption.c src/fabric/teamoption.h \
  src/fabric/validate.c
