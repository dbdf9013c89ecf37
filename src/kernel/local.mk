# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel/: what does the kernel have, and a backend: links, addresses, routes, neighbours, ports.
noinst_LTLIBRARIES += libloom-kernel.la
libloom_kernel_la_SOURCES = \
  src/kernel/facts.c src/kernel/facts.h \
  src/kernel/kernel.c src/kernel/kernel.h \
  src/kernel/standin.c src/kernel/standin.h
