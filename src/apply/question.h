/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One question of a probe to one target, through one link: a socket, a packet, and what is heard.
 */
#pragma once

#include "apply/packet.h"
#include "apply/way.h"

#include <net/if.h>

typedef struct LoomEvidence LoomEvidence;

typedef struct {
    const LoomEvidence *evidence;
    LoomInet target;
    guint16 port;        /* TCP */
    gboolean bound;      /* to the link below, whatever the routes say */
    char link[IFNAMSIZ]; /* it leaves by this one */
    LoomWay way;
    LoomPacket packet;
    int fd; /* -1: not asked, or no more */
} LoomQuestion;

typedef enum { LOOM_HEARD_NOTHING, LOOM_HEARD_ANSWER, LOOM_HEARD_REFUSAL } LoomHeard;

/* What proves that a target is reached. */
struct LoomEvidence {
    const char *sent; /* for people, marked for translation */
    gboolean repeats; /* it may be lost, and is sent again */
    short events;     /* of poll(2): something may be heard */
    /* Leaves a socket that does not block in FD; 0 or an errno. */
    int (*open)(LoomQuestion *question);
    /* Sends; 0 or an errno. */
    int (*ask)(LoomQuestion *question);
    /* Takes what has come, which may be anything by anybody. */
    LoomHeard (*hear)(LoomQuestion *question);
};

/*
 * Starts to ask TARGET, from LINK alone where it is not NULL, and by its own address. The evidence:
 * with PORT a TCP connection; of a target on an Ethernet link that it answers ARP or neighbour
 * discovery, since nothing that is there can leave that out; of any other an ICMP echo. Errors:
 * there is no way to it now. Free with loom_question_free().
 */
LoomQuestion *
loom_question_new(const LoomInet *target, guint16 port, const char *link, GError **error);
void loom_question_free(LoomQuestion *question);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomQuestion, loom_question_free)
