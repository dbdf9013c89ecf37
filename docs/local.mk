# SPDX-License-Identifier: LGPL-2.1-or-later
# docs/: manual pages, from reStructuredText.
man_MANS += docs/virt-loom.1 docs/virt-loom-fabric.5 docs/virt-loom-hooks.7 docs/virt-loomd.8
CLEANFILES += $(man_MANS)
EXTRA_DIST += docs/virt-loom.rst docs/virt-loom-fabric.rst docs/virt-loom-hooks.rst docs/virt-loomd.rst docs/performance.rst

LOOM_RST2MAN = $(AM_V_GEN)$(MKDIR_P) $(@D) && $(RST2MAN) --strict $< $@
docs/virt-loom.1: docs/virt-loom.rst
	$(LOOM_RST2MAN)
docs/virt-loom-fabric.5: docs/virt-loom-fabric.rst
	$(LOOM_RST2MAN)
docs/virt-loom-hooks.7: docs/virt-loom-hooks.rst
	$(LOOM_RST2MAN)
docs/virt-loomd.8: docs/virt-loomd.rst
	$(LOOM_RST2MAN)

# To begin with, and to try: tests and demo use them where they stand.
examplesdir = $(docdir)/examples
dist_examples_DATA = examples/campus.xml examples/datacenter.xml

EXTRA_DIST += docs/virt-loom.bash
if BASH_COMPLETION
install-data-local: install-completion
install-completion:
	$(MKDIR_P) '$(DESTDIR)$(bashcompletiondir)'
	$(INSTALL_DATA) '$(srcdir)/docs/virt-loom.bash' '$(DESTDIR)$(bashcompletiondir)/virt-loom'
	cd '$(DESTDIR)$(bashcompletiondir)' && $(LN_S) -f virt-loom virt-loomd
uninstall-local: uninstall-completion
uninstall-completion:
	rm -f '$(DESTDIR)$(bashcompletiondir)/virt-loom' '$(DESTDIR)$(bashcompletiondir)/virt-loomd'
endif
