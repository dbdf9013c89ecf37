# SPDX-License-Identifier: LGPL-2.1-or-later
# manager/: who else manages these links, and who asks for their addresses?
noinst_LTLIBRARIES += libloom-manager.la
libloom_manager_la_SOURCES = \
  src/manager/manager.c src/manager/manager.h
