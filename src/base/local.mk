# SPDX-License-Identifier: LGPL-2.1-or-later
# base/: plain tools. An archive, so that a hook takes only what it uses.
noinst_LTLIBRARIES += libloom-base.la
libloom_base_la_SOURCES = \
  src/base/error.c src/base/error.h \
  src/base/file.c src/base/file.h \
  src/base/i18n.h \
  src/base/inet.c src/base/inet.h \
  src/base/json.c src/base/json.h \
  src/base/mac.c src/base/mac.h \
  src/base/markup.c src/base/markup.h \
  src/base/name.c src/base/name.h \
  src/base/node.c src/base/node.h \
  src/base/record.c src/base/record.h \
  src/base/recordxml.c \
  src/base/report.c src/base/report.h \
  src/base/type.h \
  src/base/types.c \
  src/base/units.h \
  src/base/uuid.c src/base/uuid.h \
  src/base/vlans.c src/base/vlans.h \
  src/base/xml.c src/base/xml.h
