/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Queueing disciplines of ours: what classes.c, limits.c and queues.c share. */
#pragma once

#include "kernel/session.h"

#include <linux/pkt_sched.h>

#define LOOM_QUEUE_ROOT ((guint32)LOOM_KERNEL_QDISC_MAJOR << 16)

/* Of requests for one answer: traffic control tells it to who asks only so. */
#define LOOM_QUEUE_GET (NLM_F_ECHO | NLM_F_ACK)

/* A message about a qdisc, class or filter; those that need more room are not made here. */
LoomMessage *loom_queue_message(int type, int flags, int index, guint32 parent, guint32 handle);

/* A message that makes the qdisc KIND the root of a link; what it has of options is to be added. */
LoomMessage *loom_queue_root_message(int index, const char *kind);

/*
 * Sends one of these, in the place of the kernel's default; that which is there stays as it is, and
 * refused is to take the place of somebody else's (LOOM_ERROR_CONFLICT).
 */
typedef enum { LOOM_QUEUE_REFUSED, LOOM_QUEUE_MADE, LOOM_QUEUE_PRESENT } LoomQueueResult;
LoomQueueResult loom_queue_put_root(LoomKernel *kernel, const char *link, int index,
                                    LoomMessage *message, GError **error);

/* Deletes the root qdisc if it is ours: the kernel puts its default there. 0 or an errno. */
int loom_queue_delete_root(LoomKernel *kernel, int index);

/* Reads the classes of the link of that NAME and INDEX, which has our root. */
gboolean loom_kernel_read_classes(LoomKernel *kernel, LoomReading *reading, const char *name,
                                  int index, GError **error);

#define LOOM_QUEUE_PACKET 65536u /* octets: the largest */

/*
 * Ports in the class of that NUMBER: whether each has a queue of its own, in the qdisc QUEUE that
 * is below the class; messages that make it so; and an end of it (0 or an errno). CEILING in
 * octets/s.
 */
gboolean
loom_queue_is_fair(LoomKernel *kernel, int index, guint32 number, guint32 queue, guint64 ceiling);
void loom_queue_add_fair(GPtrArray *messages, int index, guint32 number, guint64 ceiling);
int loom_queue_end_fair(LoomKernel *kernel, int index, guint32 number);

/* The limit in octets/s that a message tells of a qdisc that loom_kernel_limit_port() made. */
guint64 loom_queue_read_limit(const struct nlattr *options);
