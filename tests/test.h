/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every cmocka program of ours includes. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

/* A file of the source tree, under tests/data where PATH is relative; owned by the caller. */
static inline char *
loom_test_path(const char *path)
{
    return g_build_filename(g_getenv("srcdir") ? g_getenv("srcdir") : ".", path, NULL);
}

#define assert_no_error(error)                                                                     \
    do {                                                                                           \
        if (error)                                                                                 \
            fail_msg("unexpected error: %s", (error)->message);                                    \
    } while (0)
