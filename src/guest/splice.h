/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attribute values of domain XML changed in place: all other octets stay. */
#pragma once

#include <glib.h>

/* Where values of an <interface>'s first <source> stand in the text: [start, end), or 0, 0. */
typedef struct {
    size_t start, end;
} LoomSpan;

typedef struct {
    LoomSpan network, bridge, portgroup;
} LoomSourceSpans;

/*
 * One LoomSourceSpans for each <interface> of <devices>, in order; free with g_array_unref(). TEXT
 * must be what loom_guest_parse() has accepted: this is no reader, it only finds again what the
 * reader has seen. NULL where it does not find its way.
 */
GArray *loom_splice_find_sources(const char *text, size_t length);
