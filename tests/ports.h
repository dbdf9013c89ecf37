/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest, a switch that promises, and ports that are kept: for tests of port/ without a kernel. */
#pragma once

#include "guest/guest.h"
#include "hosts.h"

#define UUID  "c1f2c7a8-9d3e-4b7f-8a65-1b2c3d4e5f01"
#define OTHER "c1f2c7a8-9d3e-4b7f-8a65-1b2c3d4e5f02"
#define MAC   "52:54:00:8a:12:01"
#define MAC2  "52:54:00:8a:12:02"

/* 10000 Mbit/s, of which the ports of Blue are promised 6000 each. */
#define PROMISE(admission)                                                                         \
    "<host name='h'><port network='Blue' portgroup='Fast' class='Fast' logicalswitch='S'"          \
    " admission='" admission "'/><port network='Blue' portgroup='Slow' logicalswitch='S'/>"        \
    "<class link='nic0' priority='16' name='Fast' rate='6000000' ceiling='10000000' perport='yes'" \
    " logicalswitch='S'/><network name='Blue' uuid='" OTHER                                        \
    "' bridge='sw0' ours='yes' logicalswitch='S'>"                                                 \
    "<portgroup name='Fast' default='yes'/><portgroup name='Slow'/></network></host>"

/* The same switch as one of ours, as the hooks find it. */
#define OURS(admission)                                                                            \
    "<host name='h'><link name='sw0' kind='bridge' ours='yes' logicalswitch='S'/>"                 \
    "<port network='Blue' portgroup='Fast' class='Fast' logicalswitch='S' onfailure='refuse'"      \
    " admission='" admission "'/><class link='nic0' priority='16' name='Fast' rate='6000000'"      \
    " ceiling='10000000' perport='yes' logicalswitch='S'/><network name='Blue' uuid='" OTHER       \
    "' bridge='sw0' ours='yes' logicalswitch='S'><portgroup name='Fast' default='yes'/></network>" \
    "</host>"

/* db1, UUID, whose vNIC MAC is on Blue, with the tap vnet0. */
LoomGuest *loom_test_guest(void);

/* A directory of its own for what a test keeps; both owned by the caller. */
char *loom_test_make_directory(void);
void loom_test_remove_directory(const char *path);

/* What DOMAIN's port of that MAC address is kept as: on Blue, promised, with a tap of that name. */
void
loom_test_keep_port(const char *directory, const char *domain, const char *mac, const char *tap);
