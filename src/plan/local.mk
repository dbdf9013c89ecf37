# SPDX-License-Identifier: LGPL-2.1-or-later
# plan/: what differs, in which order, who notices?
noinst_LTLIBRARIES += libloom-plan.la
libloom_plan_la_SOURCES = \
  src/plan/backend.h \
  src/plan/comparison.c src/plan/comparison.h \
  src/plan/describe.c \
  src/plan/hanging.c \
  src/plan/lease.c \
  src/plan/notice.c src/plan/notice.h \
  src/plan/order.c src/plan/order.h \
  src/plan/paths.c src/plan/paths.h \
  src/plan/plan.c src/plan/plan.h \
  src/plan/turn.c \
  src/plan/users.c
