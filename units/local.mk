# SPDX-License-Identifier: LGPL-2.1-or-later
# units/: what systemd starts at boot, once the administrator has enabled it.
LOOM_UNITS = units/virt-loom-boot.service units/virt-loom-networks.service units/virt-loomd.service
EXTRA_DIST += $(LOOM_UNITS:=.in)
CLEANFILES += $(LOOM_UNITS)
if SYSTEMD_UNITS
nodist_systemdunit_DATA = $(LOOM_UNITS)
endif

$(LOOM_UNITS): %: %.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && sed -e 's|@bindir[@]|$(bindir)|g' -e 's|@sbindir[@]|$(sbindir)|g' \
	  -e 's|@statedir[@]|$(localstatedir)/lib/virt-loom|g' -e 's|@rundir[@]|$(runstatedir)/virt-loom|g' $< >$@.new && \
	mv $@.new $@
