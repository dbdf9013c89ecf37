# SPDX-License-Identifier: LGPL-2.1-or-later
# guest/: what does a guest ask? Linked by the hooks: no library but GLib.
noinst_LTLIBRARIES += libloom-guest.la
libloom_guest_la_SOURCES = \
  src/guest/continuity.c src/guest/continuity.h \
  src/guest/equivalent.c src/guest/equivalent.h \
  src/guest/guest.c src/guest/guest.h \
  src/guest/hookdata.c src/guest/hookdata.h \
  src/guest/note.c src/guest/note.h \
  src/guest/portgroup.c src/guest/portgroup.h src/guest/reclassify.c \
  src/guest/preflight.c src/guest/preflight.h \
  src/guest/preshare.c src/guest/preshare.h \
  src/guest/rewrite.c src/guest/rewrite.h \
  src/guest/splice.c src/guest/splice.h
