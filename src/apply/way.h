/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How this machine's kernel reaches an address at this moment: rtnetlink(7), read only. */
#pragma once

#include "base/inet.h"

typedef struct {
    unsigned link;   /* its index */
    LoomInet source; /* the address that packets leave with */
    gboolean routed; /* by way of a gateway: nobody on the link answers for the target itself */
    LoomInet gateway;
    gboolean local; /* it is an address of this machine */
} LoomWay;

/* LINK: the index of the link to leave by; 0: as the routes say. */
gboolean loom_way_find(const LoomInet *target, unsigned link, LoomWay *way, GError **error);

/* The gateway of the default route with the least metric in table main. FALSE: there is none.
 * *LINK: as above, and the one to which the route belongs. */
gboolean loom_way_find_gateway(GSocketFamily family, unsigned *link, LoomInet *gateway);
