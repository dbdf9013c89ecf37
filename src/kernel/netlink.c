/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Netlink: requests with their answers, and dumps, over one socket. */
#include "kernel/netlink.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX   (256 * 1024) /* the kernel's own dumps come in pieces of at most 32 KiB */
#define SENT_USUALLY (128 * 1024) /* less than any socket takes at once */
#define DUMPS_MAX    20           /* how often a dump is tried while others change what it shows */

struct LoomNetlink {
    int socket;
    guint32 sequence; /* of the last message sent */
    char *words;      /* of the kernel's, about what it refused last; or NULL */
    guint8 *answer;
};

LoomNetlink *
loom_netlink_open(int protocol, GError **error)
{
    static const int options[] = {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK};
    int number = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), on = 1;
    LoomNetlink *netlink;

    if (number < 0) {
        loom_error_set_errno(error, errno, _("Cannot speak with the kernel"));
        return NULL;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) /* for better words and smaller dumps */
        setsockopt(number, SOL_NETLINK, options[i], &on, sizeof on);
    netlink = g_new0(LoomNetlink, 1);
    netlink->socket = number;
    netlink->answer = g_malloc(ANSWER_MAX);
    return netlink;
}

void
loom_netlink_close(LoomNetlink *netlink)
{
    if (!netlink)
        return;
    close(netlink->socket);
    g_free(netlink->words);
    g_free(netlink->answer);
    g_free(netlink);
}

LoomMessage *
loom_netlink_message(int type, int flags, gconstpointer header, size_t header_size)
{
    LoomMessage *message = nlmsg_alloc_simple(type, flags | NLM_F_REQUEST);

    if (!message || nlmsg_append(message, (void *)header, header_size, NLMSG_ALIGNTO) < 0)
        g_error("out of memory for a message to the kernel");
    return message;
}

/* All of MESSAGES in one system call, numbered in their order; 0 or an errno. */
static int
transmit(LoomNetlink *netlink, LoomMessage *const *messages, guint count)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    g_autofree struct iovec *parts = g_new(struct iovec, count);
    struct msghdr all = {
        .msg_name = &kernel, .msg_namelen = sizeof kernel, .msg_iov = parts, .msg_iovlen = count};

    g_clear_pointer(&netlink->words, g_free);
    for (guint i = 0; i < count; i++) {
        struct nlmsghdr *header = nlmsg_hdr(messages[i]);

        header->nlmsg_seq = ++netlink->sequence;
        parts[i] = (struct iovec){header, NLMSG_ALIGN(header->nlmsg_len)};
    }
    while (sendmsg(netlink->socket, &all, 0) < 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

/* The next datagram from the kernel into netlink->answer; its length, or minus an errno. */
static int
receive(LoomNetlink *netlink)
{
    struct sockaddr_nl from;
    struct iovec part = {netlink->answer, ANSWER_MAX};

    for (;;) {
        struct msghdr all = {
            .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1};
        ssize_t length = recvmsg(netlink->socket, &all, 0);

        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return -errno;
        if (all.msg_flags & MSG_TRUNC)
            return -EMSGSIZE;
        if (from.nl_pid == 0) /* else: not from the kernel */
            return (int)length;
    }
}

/* The errno in an acknowledgement, whose extended text is kept; 0: it was done. */
static int
take_acknowledgement(LoomNetlink *netlink, const struct nlmsghdr *message)
{
    const struct nlmsgerr *answer = nlmsg_data(message);
    struct nlattr *extra[NLMSGERR_ATTR_MAX + 1] = {NULL};
    size_t told = sizeof *answer;

    if (nlmsg_datalen(message) < (int)sizeof *answer)
        return EPROTO;
    if (!answer->error)
        return 0;
    if (!(message->nlmsg_flags & NLM_F_CAPPED))
        told += answer->msg.nlmsg_len - sizeof answer->msg;
    if (message->nlmsg_flags & NLM_F_ACK_TLVS && !netlink->words &&
        loom_netlink_parse(message, told, extra, NLMSGERR_ATTR_MAX) && extra[NLMSGERR_ATTR_MSG])
        netlink->words = g_strndup(nla_data(extra[NLMSGERR_ATTR_MSG]),
                                   MAX(0, nla_len(extra[NLMSGERR_ATTR_MSG])));
    return -answer->error;
}

/* Awaits the acknowledgements of the last COUNT messages; what is left of earlier ones is not ours.
 */
static int
await(LoomNetlink *netlink, guint count)
{
    guint32 first = netlink->sequence - count + 1;
    int result = 0;

    for (guint left = count; left;) {
        int length = receive(netlink);

        if (length < 0)
            return -length;
        for (struct nlmsghdr *at = (struct nlmsghdr *)netlink->answer; nlmsg_ok(at, length);
             at = nlmsg_next(at, &length)) {
            int number;

            if (at->nlmsg_type != NLMSG_ERROR || at->nlmsg_seq - first >= count)
                continue;
            number = take_acknowledgement(netlink, at);
            result = result ? result : number;
            left--;
        }
    }
    return result;
}

int
loom_netlink_run(LoomNetlink *netlink, const GPtrArray *messages)
{
    int result;

    if (!messages->len)
        return 0;
    for (guint i = 0; i < messages->len; i++)
        nlmsg_hdr(messages->pdata[i])->nlmsg_flags |= NLM_F_ACK;
    result = transmit(netlink, (LoomMessage *const *)messages->pdata, messages->len);
    return result ? result : await(netlink, messages->len);
}

int
loom_netlink_run_one(LoomNetlink *netlink, LoomMessage *message)
{
    int result;

    nlmsg_hdr(message)->nlmsg_flags |= NLM_F_ACK;
    result = transmit(netlink, &message, 1);
    return result ? result : await(netlink, 1);
}

/* All of MESSAGES, however long, as one datagram; 0 or an errno. */
static int
transmit_whole(LoomNetlink *netlink, const GPtrArray *messages)
{
    g_autoptr(GByteArray) all = g_byte_array_new();
    int room;

    g_clear_pointer(&netlink->words, g_free);
    for (guint i = 0; i < messages->len; i++) {
        struct nlmsghdr *header = nlmsg_hdr(messages->pdata[i]);

        header->nlmsg_seq = ++netlink->sequence;
        g_byte_array_append(all, (const guint8 *)header, NLMSG_ALIGN(header->nlmsg_len));
    }
    room = (int)all->len * 2; /* of which the kernel takes some for itself */
    if (room > SENT_USUALLY)
        setsockopt(netlink->socket, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
    while (send(netlink->socket, all->data, all->len, 0) < 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

/*
 * The kernel tells of every message that it refuses, in their order, then of the last one, which
 * asks for it; or of the first alone, where the transaction as such failed.
 */
static int
await_batch(LoomNetlink *netlink, guint32 first, guint32 last)
{
    int result = 0;

    for (;;) {
        int length = receive(netlink);

        if (length < 0)
            return -length;
        for (struct nlmsghdr *at = (struct nlmsghdr *)netlink->answer; nlmsg_ok(at, length);
             at = nlmsg_next(at, &length)) {
            int number;

            if (at->nlmsg_type != NLMSG_ERROR || at->nlmsg_seq - first > last - first)
                continue;
            number = take_acknowledgement(netlink, at);
            result = result ? result : number;
            if (at->nlmsg_seq == last || at->nlmsg_seq == first)
                return result;
        }
    }
}

int
loom_netlink_run_batch(LoomNetlink *netlink, const GPtrArray *messages)
{
    guint32 first = netlink->sequence + 1, last = netlink->sequence + messages->len - 1;
    int result;

    nlmsg_hdr(messages->pdata[messages->len - 2])->nlmsg_flags |= NLM_F_ACK;
    result = transmit_whole(netlink, messages);
    return result ? result : await_batch(netlink, first, last);
}

const struct nlmsghdr *
loom_netlink_get(LoomNetlink *netlink, LoomMessage *request, int *number)
{
    *number = transmit(netlink, &request, 1);
    while (!*number) {
        int length = receive(netlink);

        *number = length < 0 ? -length : 0;
        for (struct nlmsghdr *at = (struct nlmsghdr *)netlink->answer;
             length > 0 && nlmsg_ok(at, length); at = nlmsg_next(at, &length)) {
            if (at->nlmsg_seq != netlink->sequence)
                continue;
            if (at->nlmsg_type != NLMSG_ERROR)
                return at;
            *number = take_acknowledgement(netlink, at);
            *number = *number ? *number : EPROTO; /* done, and no answer */
        }
    }
    return NULL;
}

void
loom_netlink_set_error(const LoomNetlink *netlink, GError **error, int number, const char *format,
                       ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    if (netlink->words && *netlink->words)
        loom_error_set_errno(error, number, "%s: %s", what, netlink->words);
    else
        loom_error_set_errno(error, number, "%s", what);
}

/* How a dump ended: 0, EAGAIN where something changed on the way, or another errno. */
static int
ending(const struct nlmsghdr *message, gboolean is_torn)
{
    int result = 0;

    if (nlmsg_datalen(message) >= (int)sizeof result)
        memcpy(&result, nlmsg_data(message), sizeof result);
    return result < 0 ? -result : is_torn ? EAGAIN : 0;
}

/* One dump into INTO; 0, EAGAIN where something changed on the way, or another errno. */
static int
collect(LoomNetlink *netlink, LoomMessage *request, GByteArray *into)
{
    int result = transmit(netlink, &request, 1);
    gboolean is_torn = FALSE;

    while (!result) {
        int length = receive(netlink);

        if (length < 0)
            return -length;
        for (struct nlmsghdr *at = (struct nlmsghdr *)netlink->answer; nlmsg_ok(at, length);
             at = nlmsg_next(at, &length)) {
            if (at->nlmsg_seq != netlink->sequence)
                continue;
            is_torn |= (at->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
            if (at->nlmsg_type == NLMSG_DONE)
                return ending(at, is_torn);
            if (at->nlmsg_type == NLMSG_ERROR)
                return take_acknowledgement(netlink, at);
            g_byte_array_append(into, (const guint8 *)at, NLMSG_ALIGN(at->nlmsg_len));
        }
    }
    return result;
}

int
loom_netlink_dump(LoomNetlink *netlink, LoomMessage *request, LoomNetlinkHandler handler,
                  gpointer data)
{
    g_autoptr(GByteArray) all = g_byte_array_new();
    int result = EAGAIN, length;

    nlmsg_hdr(request)->nlmsg_flags |= NLM_F_DUMP;
    for (int i = 0; i < DUMPS_MAX && result == EAGAIN; i++) {
        g_byte_array_set_size(all, 0);
        result = collect(netlink, request, all);
    }
    if (result)
        return result;
    length = (int)all->len;
    for (struct nlmsghdr *at = (struct nlmsghdr *)all->data; nlmsg_ok(at, length);
         at = nlmsg_next(at, &length))
        handler(at, data);
    return 0;
}

gboolean
loom_netlink_parse(const struct nlmsghdr *message, size_t header_size, struct nlattr **table,
                   int max)
{
    if (nlmsg_datalen(message) < (int)header_size)
        return FALSE;
    return nla_parse(table, max, nlmsg_attrdata(message, (int)header_size),
                     nlmsg_attrlen(message, (int)header_size), NULL) >= 0;
}
