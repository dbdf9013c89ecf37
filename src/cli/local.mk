# SPDX-License-Identifier: LGPL-2.1-or-later
# cli/: the command, the front door of people.
bin_PROGRAMS += virt-loom
virt_loom_SOURCES = \
  src/cli/apply.c \
  src/cli/attach.c \
  src/cli/boot.c \
  src/cli/check.c \
  src/cli/comparison.c src/cli/comparison.h \
  src/cli/detach.c src/cli/detach.h \
  src/cli/explain.c \
  src/cli/explanation.c src/cli/explanation.h \
  src/cli/guard.c \
  src/cli/interrupt.c src/cli/interrupt.h \
  src/cli/journal.c src/cli/journal.h \
  src/cli/lease.c \
  src/cli/macs.c src/cli/macs.h \
  src/cli/main.c \
  src/cli/migrate.c \
  src/cli/moveplace.c src/cli/moveplace.h \
  src/cli/moves.c src/cli/moves.h \
  src/cli/movetell.c src/cli/movetell.h \
  src/cli/networks.c \
  src/cli/origin.c src/cli/origin.h \
  src/cli/output.c src/cli/output.h \
  src/cli/plan.c \
  src/cli/plug.c src/cli/plug.h \
  src/cli/portorigin.c src/cli/portorigin.h \
  src/cli/ports.c \
  src/cli/portview.c src/cli/portview.h \
  src/cli/policy.c \
  src/cli/recover.c \
  src/cli/rehearse.c \
  src/cli/revert.c \
  src/cli/road.c src/cli/road.h src/cli/roadaddress.c src/cli/roadchoice.c \
  src/cli/run.c \
  src/cli/session.c src/cli/session.h \
  src/cli/set.c \
  src/cli/show.c \
  src/cli/status.c \
  src/cli/tree.c \
  src/cli/watch.c src/cli/watch.h \
  src/cli/words.c src/cli/words.h \
  src/cli/work.c src/cli/work.h
virt_loom_LDADD = libloom-port.la libloom-apply.la libloom-plan.la libloom-guest.la libloom-virt.la libloom-kernel.la libloom-manager.la \
  libloom-compile.la libloom-fabric.la libloom-host.la libloom-base.la \
  $(LIBVIRT_LIBS) $(AUGEAS_LIBS) $(NL_LIBS) $(JSON_LIBS) $(XML_LIBS) $(GIO_LIBS) $(GLIB_LIBS)
