/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Netlink: requests with their answers, and dumps, over one socket. */
#pragma once

#include <glib.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

typedef struct LoomNetlink LoomNetlink;

/* A socket of that protocol (NETLINK_ROUTE, ...), in the network namespace of the caller. */
LoomNetlink *loom_netlink_open(int protocol, GError **error);
void loom_netlink_close(LoomNetlink *netlink);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomNetlink, loom_netlink_close)

/* Messages of libnl are freed by their reference count. */
typedef struct nl_msg LoomMessage;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomMessage, nlmsg_free)

/* A message of TYPE that begins with HEADER; FLAGS beside NLM_F_REQUEST. Holds 4 KiB. */
LoomMessage *loom_netlink_message(int type, int flags, gconstpointer header, size_t header_size);

/*
 * Sends MESSAGES (of LoomMessage, at most some dozens), all in one sendmsg(2), and awaits the
 * acknowledgement of each: the kernel goes on after one that it refuses. Returns 0, or the errno of
 * the first that it refused, or of the socket.
 */
int loom_netlink_run(LoomNetlink *netlink, const GPtrArray *messages);
int loom_netlink_run_one(LoomNetlink *netlink, LoomMessage *message);

/*
 * A transaction of nfnetlink: MESSAGES with the two that begin and end it, which the kernel does
 * all or none of. Returns 0, or the errno of the first that it refused, or of the socket.
 */
int loom_netlink_run_batch(LoomNetlink *netlink, const GPtrArray *messages);

/*
 * Sends a request that is answered by one message, which is borrowed until the next call; NULL: it
 * was refused, with errno in *NUMBER.
 */
const struct nlmsghdr *loom_netlink_get(LoomNetlink *netlink, LoomMessage *request, int *number);

/* An error of NUMBER, "FORMAT: why", with the kernel's own words where the last call got some. */
void loom_netlink_set_error(const LoomNetlink *netlink, GError **error, int number,
                            const char *format, ...) G_GNUC_PRINTF(4, 5);

/*
 * Hands every message of a dump to HANDLER, once the whole of it has come and nothing was changed
 * meanwhile; until then it is asked for again. Returns 0 or an errno.
 */
typedef void (*LoomNetlinkHandler)(const struct nlmsghdr *message, gpointer data);
int loom_netlink_dump(LoomNetlink *netlink, LoomMessage *request, LoomNetlinkHandler handler,
                      gpointer data);

/*
 * The attributes after a header of HEADER_SIZE bytes, by type, in TABLE of MAX + 1; unknown types
 * are left out. FALSE: the message is too short.
 */
gboolean loom_netlink_parse(const struct nlmsghdr *message, size_t header_size,
                            struct nlattr **table, int max);
