# SPDX-License-Identifier: LGPL-2.1-or-later
# How much of the code has run in tests since it was built: gcov's sums, file by file and in all.
.PHONY: coverage
if COVERAGE
coverage:
	@find '$(abs_builddir)' -name '*.gcda' ! -path '*/tests/*' -exec \
	  $(GCOV) --no-output --relative-only --source-prefix '$(abs_srcdir)' {} + | \
	  $(AWK) -f '$(srcdir)/tests/coverage.awk'
else
coverage:
	@echo 'this build leaves no data: configure with --enable-coverage, then make check' >&2; exit 1
endif
mostlyclean-local:
	find . -name '*.gcda' -exec rm -f {} + -o -name '*.gcno' -exec rm -f {} +
EXTRA_DIST += tests/coverage.awk
