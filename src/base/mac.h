/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MAC addresses as numbers, and stable ones derived from names. */
#pragma once

#include <glib.h>

#define LOOM_MAC_MULTICAST (G_GUINT64_CONSTANT(1) << 40) /* IEEE 802: the group bit */
#define LOOM_MAC_LOCAL     (G_GUINT64_CONSTANT(1) << 41) /* locally administered */

/* TEXT as loom_type_mac took it: 48 bits, the first octet highest. */
guint64 loom_mac_parse(const char *text);
char *loom_mac_format(guint64 mac);

/* A locally administered unicast address that depends on NAME alone; owned by the caller. */
char *loom_mac_from_name(const char *name);
