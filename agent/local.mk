# SPDX-License-Identifier: LGPL-2.1-or-later
# agent/: virt-loomd, what has no synchronous hook.
noinst_LTLIBRARIES += libloom-agent.la
libloom_agent_la_SOURCES = \
  agent/agent.c agent/agent.h \
  agent/applies.c \
  agent/calm.c agent/calm.h \
  agent/culprit.c \
  agent/drift.c \
  agent/links.c \
  agent/notify.c agent/notify.h \
  agent/policy.c \
  agent/ports.c \
  agent/say.c

sbin_PROGRAMS += agent/virt-loomd
agent_virt_loomd_SOURCES = agent/main.c
libloom_agent_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir) -DLOOM_BINDIR='"$(bindir)"'
agent_virt_loomd_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)
agent_virt_loomd_LDADD = libloom-agent.la libloom-port.la libloom-guest.la libloom-apply.la libloom-virt.la \
  libloom-kernel.la libloom-manager.la libloom-plan.la libloom-host.la libloom-base.la \
  $(LIBVIRT_LIBS) $(NL_LIBS) $(JSON_LIBS) $(XML_LIBS) $(GIO_LIBS) $(GLIB_LIBS)
