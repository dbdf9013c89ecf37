/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people read: aligned tables, colour on terminals, a progress line. */
#pragma once

#include <glib.h>
#include <stdio.h>

typedef enum { LOOM_PLAIN, LOOM_BOLD, LOOM_DIM, LOOM_RED, LOOM_YELLOW, LOOM_GREEN } LoomColour;

/* Prints TEXT in that colour where the stream is a terminal and NO_COLOR is not set. */
void loom_output_print(FILE *to, LoomColour colour, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* A table: rows of cells under headings, each column as wide as it must be. */
typedef struct LoomTable LoomTable;
LoomTable *loom_table_new(size_t columns, ...); /* headings, const char * each, translated */
void loom_table_add(LoomTable *table, ...);     /* as many cells, const char * each; NULL: "-" */
void loom_table_paint(LoomTable *table, LoomColour colour); /* the row added last */
void loom_table_print(const LoomTable *table, FILE *to);
void loom_table_free(LoomTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomTable, loom_table_free)

/* Rewrites the progress line on standard error, where that is a terminal; NULL clears it. */
void loom_output_progress(const char *format, ...) G_GNUC_PRINTF(1, 2);
