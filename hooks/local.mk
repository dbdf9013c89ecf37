# SPDX-License-Identifier: LGPL-2.1-or-later
# The hooks that libvirt runs: one main, a table of operations each, and few libraries.
LOOM_HOOK_LIBS = libloom-port.la libloom-guest.la libloom-kernel.la libloom-plan.la libloom-host.la \
  libloom-base.la $(NL_LIBS) $(GLIB_LIBS)

sbin_PROGRAMS += hooks/virt-loom-hook-qemu hooks/virt-loom-hook-network
hooks_virt_loom_hook_qemu_SOURCES = hooks/hook.h hooks/deadline.c hooks/deadline.h hooks/main.c hooks/qemu.c
hooks_virt_loom_hook_qemu_LDADD = $(LOOM_HOOK_LIBS)
hooks_virt_loom_hook_network_SOURCES = hooks/hook.h hooks/deadline.c hooks/deadline.h hooks/main.c hooks/network.c
hooks_virt_loom_hook_network_LDADD = $(LOOM_HOOK_LIBS)

# libvirt's AppArmor profile lets libvirtd run what is in sbindir, and nothing under its own hooks
install-exec-hook: install-libvirt-hooks
install-libvirt-hooks:
	for name in qemu network; do \
	  $(MKDIR_P) "$(DESTDIR)$(hooksdir)/$$name.d" && \
	  rm -f "$(DESTDIR)$(hooksdir)/$$name.d/50-virt-loom" && \
	  $(LN_S) "$(sbindir)/virt-loom-hook-$$name" "$(DESTDIR)$(hooksdir)/$$name.d/50-virt-loom" || exit 1; \
	done
uninstall-hook: uninstall-libvirt-hooks
uninstall-libvirt-hooks:
	rm -f "$(DESTDIR)$(hooksdir)/qemu.d/50-virt-loom" "$(DESTDIR)$(hooksdir)/network.d/50-virt-loom"
.PHONY: install-libvirt-hooks uninstall-libvirt-hooks
