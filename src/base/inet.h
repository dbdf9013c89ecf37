/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IPv4 and IPv6 addresses, subnets and ranges; parsed and printed by GLib. */
#pragma once

#include "base/record.h"

#include <gio/gio.h>

/* char *: an IPv4 or IPv6 address in its canonical text (RFC 5952 for IPv6). No zone. */
extern const LoomType loom_type_address;

/* char *: what a probe asks: "gateway", "peer" or an address. */
extern const LoomType loom_type_target;

/* An address as a number: what ranges are made of. Big endian, left-aligned for neither family. */
typedef struct {
    GSocketFamily family;
    guint8 bytes[16]; /* 4 of them for IPv4 */
} LoomInet;

/* TEXT must be an address that loom_type_address took. */
LoomInet loom_inet_parse(const char *text);
char *loom_inet_format(const LoomInet *inet);

/* <0, 0, >0; IPv4 before IPv6. */
int loom_inet_compare(const LoomInet *a, const LoomInet *b);

/* Adds one; FALSE where that overflows. */
gboolean loom_inet_increment(LoomInet *inet);

unsigned loom_inet_bits(const LoomInet *inet); /* 32 or 128 */

/* The first and the last address of the subnet that holds INET. PREFIX is at most its bits. */
LoomInet loom_inet_first(const LoomInet *inet, unsigned prefix);
LoomInet loom_inet_last(const LoomInet *inet, unsigned prefix);

/* "192.0.2.0/24": the subnet of that length that ADDRESS, one as above, is in. Owned by the caller.
 */
char *loom_inet_format_subnet(const char *address, unsigned prefix);
