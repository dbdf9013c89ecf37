# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel/: what does the kernel have, and a backend: links, addresses, routes, neighbours, ports, classes.
noinst_LTLIBRARIES += libloom-kernel.la
libloom_kernel_la_SOURCES = \
  src/kernel/addresses.c \
  src/kernel/announce.c \
  src/kernel/bonds.c \
  src/kernel/change.h \
  src/kernel/choose.c \
  src/kernel/classes.c \
  src/kernel/counters.c \
  src/kernel/driver.c \
  src/kernel/facts.c src/kernel/facts.h \
  src/kernel/features.c \
  src/kernel/fairness.c \
  src/kernel/guarddump.c src/kernel/guardread.c src/kernel/guardstale.c src/kernel/guardrun.c \
  src/kernel/guards.c src/kernel/guards.h src/kernel/guardwords.h \
  src/kernel/kernel.c src/kernel/kernel.h \
  src/kernel/limits.c \
  src/kernel/linkparse.c src/kernel/links.h \
  src/kernel/links.c \
  src/kernel/monitor.c src/kernel/monitor.h \
  src/kernel/neighbours.c \
  src/kernel/nftables.c src/kernel/nftables.h \
  src/kernel/nftread.c \
  src/kernel/netlink.c src/kernel/netlink.h \
  src/kernel/ports.c \
  src/kernel/priority.c \
  src/kernel/queues.c src/kernel/queues.h \
  src/kernel/read.c \
  src/kernel/reduce.c \
  src/kernel/routes.c \
  src/kernel/session.h \
  src/kernel/standin.c src/kernel/standin.h \
  src/kernel/sysctl.c \
  src/kernel/users.c \
  src/kernel/wire.c src/kernel/wire.h \
  src/kernel/words.c src/kernel/words.h
