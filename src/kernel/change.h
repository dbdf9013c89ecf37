/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A change of one link in progress: what links.c and bonds.c share. */
#pragma once

#include "kernel/session.h"

typedef struct {
    LoomKernel *kernel;
    const LoomLink *to;
    guint64 asked;    /* the attributes that are to agree with TO */
    LoomLinkSeen now; /* as the link is; read again after what changes more than it says */
    gboolean up;      /* whether it is to be up when all is done */
} LoomLinkChange;

/* What still differs of that which is asked for. */
guint64 loom_link_change_pending(const LoomLinkChange *change);

/* Reads CHANGE.now again. */
gboolean loom_link_change_refresh(LoomLinkChange *change, GError **error);

/* A change of the link of that index (RTM_NEWLINK: RTM_SETLINK ignores what is of a kind); FLAGS:
 * IFF_UP, or 0 where it goes DOWN. */
LoomMessage *loom_link_message(int index);
LoomMessage *loom_link_message_flags(int index, unsigned flags);

/* Sends MESSAGE about the link and says what was refused. */
gboolean loom_link_change_send(const LoomLinkChange *change, LoomMessage *message, GError **error);

/* Puts the link INDEX into the link MASTER, or into none (0). */
gboolean
loom_link_change_set_master(const LoomLinkChange *change, int index, int master, GError **error);

/* Makes the options of a bond agree. It may be down afterwards, as CHANGE.now tells. */
gboolean loom_link_change_bond(LoomLinkChange *change, GError **error);

/*
 * Puts a NIC into the master that TO says, or takes it out, where the one it leaves or the one it
 * enters is a bond: with all that a bond does to a NIC, and a NIC that leaves to a bond. Does
 * nothing where none of them is one.
 */
gboolean loom_link_change_team(LoomLinkChange *change, GError **error);
