# SPDX-License-Identifier: LGPL-2.1-or-later
# "make bench": what virt-loom costs, each time against the least that the same could cost.
LOOM_BENCH = tests/bench/generate tests/bench/nothing tests/bench/pair tests/bench/publish-bare \
  tests/bench/links tests/bench/recipe tests/bench/repair tests/bench/vnics
EXTRA_PROGRAMS += $(LOOM_BENCH)
CLEANFILES += $(LOOM_BENCH)
dist_noinst_SCRIPTS += tests/bench/bench tests/bench/networkd
dist_noinst_DATA += tests/bench/agent.sh tests/bench/links.sh tests/bench/ports.sh

tests_bench_generate_SOURCES = tests/bench/generate.c
tests_bench_nothing_SOURCES = tests/bench/nothing.c
tests_bench_nothing_CFLAGS = -std=gnu11
tests_bench_nothing_LDFLAGS = -all-static
tests_bench_pair_SOURCES = tests/bench/pair.c
tests_bench_pair_LDADD = $(GLIB_LIBS)
tests_bench_vnics_SOURCES = tests/bench/vnics.c
tests_bench_publish_bare_SOURCES = tests/bench/publish-bare.c
tests_bench_publish_bare_LDADD = libloom-virt.la libloom-host.la libloom-base.la $(LIBVIRT_LIBS) $(AUGEAS_LIBS) \
  $(XML_LIBS) $(GIO_LIBS) $(GLIB_LIBS)
LOOM_BENCH_LIBS = libloom-apply.la libloom-plan.la libloom-compile.la libloom-fabric.la \
  libloom-kernel.la libloom-host.la libloom-base.la $(NLROUTE_LIBS) $(NL_LIBS) $(JSON_LIBS) \
  $(XML_LIBS) $(GIO_LIBS) $(GLIB_LIBS)
tests_bench_links_SOURCES = tests/bench/links.c
tests_bench_links_LDADD = $(LOOM_BENCH_LIBS)
tests_bench_repair_SOURCES = tests/bench/repair.c
tests_bench_repair_LDADD = $(LOOM_BENCH_LIBS)
tests_bench_recipe_SOURCES = tests/bench/recipe.c
tests_bench_recipe_LDADD = $(LOOM_BENCH_LIBS)

.PHONY: bench
bench: all $(LOOM_BENCH) tests/save-slices
	$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/bench/bench
