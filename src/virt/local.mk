# SPDX-License-Identifier: LGPL-2.1-or-later
# virt/: a backend: libvirt's networks.
noinst_LTLIBRARIES += libloom-virt.la
libloom_virt_la_SOURCES = \
  src/virt/devices.c src/virt/devices.h \
  src/virt/events.c src/virt/events.h \
  src/virt/guests.c \
  src/virt/migrate.c src/virt/migrate.h \
  src/virt/networkparse.c \
  src/virt/networkxml.c src/virt/networkxml.h \
  src/virt/nics.c \
  src/virt/observe.c \
  src/virt/peer.c \
  src/virt/publish.c \
  src/virt/qemuconf.c src/virt/qemuconf.h \
  src/virt/session.h \
  src/virt/virt.c src/virt/virt.h
