# SPDX-License-Identifier: LGPL-2.1-or-later
# manager/: who else manages these links, and who asks for their addresses?
noinst_LTLIBRARIES += libloom-manager.la
libloom_manager_la_SOURCES = \
  src/manager/clients.c \
  src/manager/connections.c src/manager/connections.h \
  src/manager/dhcp.c \
  src/manager/files.c \
  src/manager/identity.c src/manager/identity.h \
  src/manager/ifupdown.c \
  src/manager/interfaces.c src/manager/interfaces.h \
  src/manager/kinds.h \
  src/manager/manager.c src/manager/manager.h \
  src/manager/netplan.c \
  src/manager/networkd.c \
  src/manager/networkmanager.c \
  src/manager/processes.c \
  src/manager/system.h
