/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A case is a directory of plain files; what comes out is held against a file of it. */
#pragma once

#include "test.h"

/* The case that a test function gets as its *state. */
typedef struct {
    char *name;      /* of the directory */
    char *directory; /* its path */
} LoomCase;

/* A file of the case; owned by the caller. */
char *loom_case_path(const LoomCase *test_case, const char *file);

/* The content of a file of the case, or NULL where it has none. */
char *loom_case_read(const LoomCase *test_case, const char *file);

/*
 * Fails the test where TEXT is not what the file at PATH holds, and shows both; with
 * LOOM_TEST_REGENERATE=1 it writes the file instead. A missing file is the empty text.
 */
void loom_golden_compare(const char *path, const char *text);

/* The same with FILE of the case. */
void loom_case_compare(const LoomCase *test_case, const char *file, const char *text);

/*
 * Runs TEST once for each directory below tests/data/KIND, in name order, each under its own name,
 * and the tests of MORE (up to one without a function): a program has one plan of TAP.
 */
int loom_case_run_all(const char *kind, CMUnitTestFunction test, const struct CMUnitTest *more);
