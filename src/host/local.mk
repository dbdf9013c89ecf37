# SPDX-License-Identifier: LGPL-2.1-or-later
# host/: what is a host?
noinst_LTLIBRARIES += libloom-host.la
libloom_host_la_SOURCES = \
  src/host/admission.c src/host/admission.h \
  src/host/classes.c src/host/classes.h \
  src/host/host.c src/host/host.h \
  src/host/kinds.c \
  src/host/metadata.c src/host/metadata.h \
  src/host/migration.c src/host/migration.h \
  src/host/slice.c src/host/slice.h \
  src/host/sliceindex.c src/host/sliceindex.h
