/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The error domain, and errors out of errno. */
#include "base/error.h"

#include <errno.h>

G_DEFINE_QUARK(loom - error - quark, loom_error)

static LoomError
error_code(int number)
{
    switch (number) {
    case ENOENT:
        return LOOM_ERROR_NOT_FOUND;
    case EAGAIN:
    case EBUSY:
        return LOOM_ERROR_BUSY;
    case EOPNOTSUPP:
    case ENOSYS:
        return LOOM_ERROR_UNSUPPORTED;
    default:
        return LOOM_ERROR_FAILED;
    }
}

void
loom_error_set_errno(GError **error, int number, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    g_set_error(error, LOOM_ERROR, error_code(number), "%s: %s", what, g_strerror(number));
}
