/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one error domain: GError says that something could not be done. */
#pragma once

#include <glib.h>

/*
 * Doctrine. A GError means that an operation could not be done, and why; its code is something the
 * caller can act on, its message a whole sentence for a person. Findings about what somebody wrote
 * go into a LoomReport instead, so that all of them can be shown at once. An expected outcome (not
 * found, nothing to do) is a value and no error.
 */
#define LOOM_ERROR (loom_error_quark())

typedef enum {
    LOOM_ERROR_FAILED,      /* the system refused; the message holds its reason */
    LOOM_ERROR_INVALID,     /* the input is wrong; a person must change it */
    LOOM_ERROR_NOT_FOUND,   /* what was named does not exist */
    LOOM_ERROR_BUSY,        /* somebody else holds it; try again later */
    LOOM_ERROR_CONFLICT,    /* something foreign is in the way; it was left alone */
    LOOM_ERROR_UNSUPPORTED, /* this machine or version cannot do it */
} LoomError;

GQuark loom_error_quark(void);

/* Sets an error of our domain from the current value of errno: "FORMAT: strerror". */
void loom_error_set_errno(GError **error, int number, const char *format, ...) G_GNUC_PRINTF(3, 4);
