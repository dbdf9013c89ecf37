# SPDX-License-Identifier: LGPL-2.1-or-later
# fabric/: what did the administrator say?
noinst_LTLIBRARIES += libloom-fabric.la
libloom_fabric_la_SOURCES = \
  src/fabric/choose.c \
  src/fabric/fabric.c src/fabric/fabric.h \
  src/fabric/host.c src/fabric/host.h \
  src/fabric/lease.c src/fabric/lease.h \
  src/fabric/load.h \
  src/fabric/network.c src/fabric/network.h \
  src/fabric/profile.c src/fabric/profile.h \
  src/fabric/resolve.c \
  src/fabric/switch.c src/fabric/switch.h \
  src/fabric/validate.c
