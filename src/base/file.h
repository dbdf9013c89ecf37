/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files: read within bounds, written whole or not at all. */
#pragma once

#include <glib.h>

/*
 * All of PATH ("-": standard input), NUL-terminated, its length in *LENGTH; owned by the caller.
 * More than MAX bytes are an error, found without reading them all. Errors: LOOM_ERROR_NOT_FOUND,
 * LOOM_ERROR_INVALID (too large, a directory), LOOM_ERROR_FAILED.
 */
char *loom_file_read(const char *path, size_t max, size_t *length, GError **error);

/*
 * Replaces PATH by TEXT, mode 0644, so that a crash at any point leaves the old or the new content
 * and, once this returned TRUE, the new one (rename(2) after fsync(2)). Makes missing directories.
 */
gboolean loom_file_write(const char *path, const char *text, GError **error);

/* The same with that mode. */
gboolean loom_file_replace(const char *path, const char *text, unsigned mode, GError **error);

/* What a file is called before it gets its name: .NAME and this. One that is found is of a process
 * that was killed, or of a power failure. */
#define LOOM_FILE_DRAFT ".virt-loom"

/* Removes these from DIRECTORY, where nobody may be writing files so. */
void loom_file_sweep(const char *directory);

/* As loom_file_write() without the fsync(2)s: for /run, which no power failure survives anyway. */
gboolean loom_file_write_volatile(const char *path, const char *text, GError **error);

/* Removes what processes that were killed while they wrote PATH so have left beside it. */
void loom_file_sweep_volatile(const char *path);

/* Removes PATH; it is no error that it does not exist. */
gboolean loom_file_remove(const char *path, GError **error);
