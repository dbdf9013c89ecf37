# SPDX-License-Identifier: LGPL-2.1-or-later
# compile/: what does the fabric mean on one host?
noinst_LTLIBRARIES += libloom-compile.la
libloom_compile_la_SOURCES = \
  src/compile/classes.c \
  src/compile/compile.c src/compile/compile.h \
  src/compile/compiler.c src/compile/compiler.h \
  src/compile/inherit.c \
  src/compile/leases.c \
  src/compile/links.c \
  src/compile/networks.c \
  src/compile/nics.c \
  src/compile/offload.c \
  src/compile/paths.c \
  src/compile/probes.c \
  src/compile/policy.c \
  src/compile/team.c \
  src/compile/vnics.c
