# SPDX-License-Identifier: LGPL-2.1-or-later
# port/: what does an attached vNIC get, and where is that kept? Linked by the hooks.
noinst_LTLIBRARIES += libloom-port.la
libloom_port_la_SOURCES = \
  src/port/admit.c src/port/admit.h \
  src/port/agent.c src/port/agent.h \
  src/port/guest.c src/port/guest.h \
  src/port/index.c src/port/index.h \
  src/port/lock.c src/port/lock.h \
  src/port/plug.c \
  src/port/policy.c src/port/policy.h \
  src/port/port.c src/port/port.h \
  src/port/program.c src/port/program.h \
  src/port/reclassify.c src/port/release.c \
  src/port/restate.c \
  src/port/share.c src/port/share.h \
  src/port/state.c src/port/state.h \
  src/port/switch.c src/port/switch.h
