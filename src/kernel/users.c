/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who would notice a change: established TCP sessions, as sock_diag(7) tells of them. */
#include "kernel/session.h"

#include "base/i18n.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

typedef struct {
    LoomHost *host;
    GHashTable *addresses; /* those that the host was observed to have */
    GHashTable *sessions;  /* LoomSessions by key */
} Counting;

/* An IPv4 session on a socket of IPv6 is told of as ::ffff:a.b.c.d. */
static char *
format_source(const struct inet_diag_msg *message)
{
    static const guint8 mapped[12] = {[10] = 0xff, [11] = 0xff};
    const guint8 *octets = (const guint8 *)message->id.idiag_src;
    gboolean is_mapped =
        message->idiag_family == AF_INET6 && memcmp(octets, mapped, sizeof mapped) == 0;
    char text[INET6_ADDRSTRLEN];

    return g_strdup(inet_ntop(is_mapped ? AF_INET : message->idiag_family,
                              octets + (is_mapped ? sizeof mapped : 0), text, sizeof text));
}

static void
on_session(const struct nlmsghdr *message, gpointer data)
{
    const struct inet_diag_msg *session = nlmsg_data(message);
    const Counting *counting = data;
    LoomSessions *sessions;

    if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY || nlmsg_datalen(message) < (int)sizeof *session)
        return;
    g_autofree char *address = format_source(session);
    g_autofree char *key =
        g_strdup_printf("%s/%u", address ? address : "", ntohs(session->id.idiag_sport));
    if (!address || !g_hash_table_contains(counting->addresses, address))
        return;
    sessions = g_hash_table_lookup(counting->sessions, key);
    if (!sessions) {
        sessions = loom_record_new(&loom_sessions_kind);
        LOOM_SET(sessions, address, address);
        LOOM_SET_NUMBER(sessions, port, ntohs(session->id.idiag_sport));
        loom_record_add(counting->host, sessions);
        g_hash_table_insert(counting->sessions, g_steal_pointer(&key), sessions);
    }
    LOOM_SET_NUMBER(sessions, count, sessions->count + 1);
}

static gboolean
count_family(LoomNetlink *netlink, guint8 family, Counting *counting, GError **error)
{
    struct inet_diag_req_v2 which = {.sdiag_family = family,
                                     .sdiag_protocol = IPPROTO_TCP,
                                     .idiag_states = 1 << TCP_ESTABLISHED};
    g_autoptr(LoomMessage) request =
        loom_netlink_message(SOCK_DIAG_BY_FAMILY, 0, &which, sizeof which);
    int number = loom_netlink_dump(netlink, request, on_session, counting);

    if (number)
        loom_netlink_set_error(netlink, error, number, _("Cannot read this machine's sessions"));
    return !number;
}

gboolean
loom_kernel_observe_users(LoomBackend *backend G_GNUC_UNUSED, LoomHost *into, GError **error)
{
    g_autoptr(LoomNetlink) netlink = loom_netlink_open(NETLINK_SOCK_DIAG, error);
    g_autoptr(GHashTable) addresses = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) sessions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Counting counting = {into, addresses, sessions};

    if (!netlink)
        return FALSE;
    for (guint i = 0; i < into->addresses->len; i++)
        g_hash_table_add(addresses, ((LoomAddress *)into->addresses->pdata[i])->address);
    return count_family(netlink, AF_INET, &counting, error) &&
           count_family(netlink, AF_INET6, &counting, error);
}
