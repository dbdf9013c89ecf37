/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether packets of a link's whole MTU reach another host. */
#pragma once

#include <glib.h>

typedef enum {
    LOOM_PATH_MTU_FITS,    /* one of that size was answered */
    LOOM_PATH_MTU_SMALLER, /* small ones are answered, and one of that size is not */
    LOOM_PATH_MTU_UNKNOWN, /* nothing is answered: whoever is there drops echo requests */
} LoomPathMtu;

/*
 * Sends ICMP echo requests (RFC 792, RFC 4443) to the address TARGET from LINK, small ones and such
 * of MTU octets with their IP header, which nobody on the way may fragment, again and again for at
 * most that many milliseconds. *ANSWER is written on success. Errors: LOOM_ERROR_FAILED, nothing
 * can be sent.
 */
gboolean loom_path_mtu_probe(const char *target, const char *link, guint64 mtu, guint milliseconds,
                             LoomPathMtu *answer, GError **error);
