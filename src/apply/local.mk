# SPDX-License-Identifier: LGPL-2.1-or-later
# apply/: how is it all or nothing?
noinst_LTLIBRARIES += libloom-apply.la
libloom_apply_la_SOURCES = \
  src/apply/apply.c src/apply/apply.h \
  src/apply/back.c \
  src/apply/engine.h \
  src/apply/packet.c src/apply/packet.h \
  src/apply/pathmtu.c src/apply/pathmtu.h \
  src/apply/probe.c src/apply/probe.h \
  src/apply/prove.c \
  src/apply/question.c src/apply/question.h \
  src/apply/run.c \
  src/apply/state.c src/apply/state.h \
  src/apply/way.c src/apply/way.h
