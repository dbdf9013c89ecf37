/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Probes: their targets found, asked together, and the first answer taken. */
#include "apply/probe.h"

#include "apply/question.h"
#include "base/error.h"
#include "base/i18n.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <string.h>

enum {
    ASK_AGAIN = 250, /* milliseconds */
    SETTLE = 10,     /* seconds */
    SETTLE_STP = 30,
    SETTLE_LACP = 30,
};

/* --- targets --------------------------------------------------------------------------------- */

static gboolean
is_default(const LoomRoute *route, GSocketFamily family)
{
    return route->gateway && (!LOOM_HAS(route, table) || route->table == RT_TABLE_MAIN) &&
           g_str_equal(route->destination, family == G_SOCKET_FAMILY_IPV4 ? "0.0.0.0/0" : "::/0");
}

/* The gateway that HOST has for the link (NULL: any); NULL: it has none. */
static const LoomRoute *
find_default(const LoomHost *host, const char *link, GSocketFamily family)
{
    const LoomRoute *found = NULL;

    for (guint i = 0; i < host->routes->len; i++) {
        const LoomRoute *route = host->routes->pdata[i];

        if (is_default(route, family) && (!link || g_str_equal(route->link, link)) &&
            (!found || route->metric < found->metric))
            found = route;
    }
    return found;
}

typedef struct {
    char *link; /* to ask by; NULL: as the routes say */
    GArray *inets;
} Targets;

static void
targets_clear(Targets *targets)
{
    g_free(targets->link);
    g_array_unref(targets->inets);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Targets, targets_clear)

/* A host's addresses are any text. */
static gboolean
add_inet(Targets *targets, const char *text)
{
    LoomInet inet = {.family = strchr(text, ':') ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4};

    if (inet_pton(inet.family, text, inet.bytes) != 1)
        return FALSE;
    g_array_append_val(targets->inets, inet);
    return TRUE;
}

/* A gateway is asked by its own link: a link-local address means nothing on another. */
static void
set_link(Targets *targets, const char *link)
{
    g_free(targets->link);
    targets->link = g_strdup(link);
}

static gboolean
add_hosts_gateway(Targets *targets, const LoomHost *host, GSocketFamily family)
{
    const LoomRoute *route = find_default(host, targets->link, family);

    if (!route || !add_inet(targets, route->gateway))
        return FALSE;
    set_link(targets, route->link);
    return TRUE;
}

static gboolean
add_kernels_gateway(Targets *targets, GSocketFamily family)
{
    unsigned link = targets->link ? if_nametoindex(targets->link) : 0;
    char name[IFNAMSIZ];
    LoomInet gateway;

    if ((targets->link && !link) || !loom_way_find_gateway(family, &link, &gateway) ||
        !if_indextoname(link, name))
        return FALSE;
    g_array_append_val(targets->inets, gateway);
    set_link(targets, name);
    return TRUE;
}

/*
 * Whether LINK has an address and, as PROBE leaves open, no gateway came with it. That the address
 * came says that somebody is there.
 */
static gboolean
is_moot(const LoomHostProbe *probe)
{
    struct ifaddrs *all, *one;

    if (!probe->optional || !probe->link || getifaddrs(&all) < 0)
        return FALSE;
    for (one = all; one; one = one->ifa_next)
        if (g_str_equal(one->ifa_name, probe->link) && one->ifa_addr &&
            (one->ifa_addr->sa_family == AF_INET ||
             (one->ifa_addr->sa_family == AF_INET6 &&
              !IN6_IS_ADDR_LINKLOCAL(&((struct sockaddr_in6 *)one->ifa_addr)->sin6_addr))))
            break;
    freeifaddrs(all);
    return one != NULL;
}

/* Why there is nobody to ask. */
static void
set_unknown(const Targets *targets, const LoomHostProbe *probe, GError **error)
{
    if (g_str_equal(probe->target, "peer"))
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("no other host is known to ask"));
    else if (!g_str_equal(probe->target, "gateway"))
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID, _("'%s' is not an address"),
                    probe->target);
    else if (targets->link)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                    _("no default route leads through link '%s': see what gives it "
                      "one"),
                    targets->link);
    else
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("there is no default route"));
}

static gboolean
find_targets(Targets *targets, const LoomHostProbe *probe, const LoomHost *host, GError **error)
{
    gboolean found = FALSE;

    if (g_str_equal(probe->target, "gateway"))
        found = add_hosts_gateway(targets, host, G_SOCKET_FAMILY_IPV4) ||
                add_hosts_gateway(targets, host, G_SOCKET_FAMILY_IPV6) ||
                add_kernels_gateway(targets, G_SOCKET_FAMILY_IPV4) ||
                add_kernels_gateway(targets, G_SOCKET_FAMILY_IPV6);
    else if (g_str_equal(probe->target, "peer"))
        for (guint i = 0; probe->peers && probe->peers[i]; i++)
            found |= add_inet(targets, probe->peers[i]);
    else
        found = add_inet(targets, probe->target);
    if (!found)
        set_unknown(targets, probe, error);
    return found;
}

/* --- asking ---------------------------------------------------------------------------------- */

/* Why the target of a question has not answered, and what to look at. */
static void
set_silent(const LoomQuestion *question, LoomHeard heard, guint milliseconds, GError **error)
{
    g_autofree char *target = loom_inet_format(&question->target);
    g_autofree char *gateway =
        question->way.gateway.family ? loom_inet_format(&question->way.gateway) : NULL;

    if (heard == LOOM_HEARD_REFUSAL)
        g_set_error(
            error, LOOM_ERROR, LOOM_ERROR_FAILED,
            _("%s refuses TCP connections to port %u from link '%s': see what listens there"),
            target, question->port, question->link);
    else if (question->port)
        g_set_error(
            error, LOOM_ERROR, LOOM_ERROR_FAILED,
            _("%s took no TCP connection to port %u from link '%s' within %u ms: see whether "
              "it is up, its firewall, and the way back"),
            target, question->port, question->link, milliseconds);
    else if (gateway)
        g_set_error(
            error, LOOM_ERROR, LOOM_ERROR_FAILED,
            _("%s did not answer %s from link '%s' by way of %s within %u ms: see whether the "
              "gateway is the right one, and what it drops"),
            target, _(question->evidence->sent), question->link, gateway, milliseconds);
    else
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                    _("%s did not answer %s on link '%s' within %u ms: see whether it is up, and "
                      "whether the physical switch passes the VLAN"),
                    target, _(question->evidence->sent), question->link, milliseconds);
}

typedef struct {
    GPtrArray *questions; /* of LoomQuestion */
    GError *error;        /* why the last of the targets did not answer */
} Asking;

static void
asking_clear(Asking *asking)
{
    g_ptr_array_unref(asking->questions);
    g_clear_error(&asking->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Asking, asking_clear)

static void
start(Asking *asking, const Targets *targets, guint16 port)
{
    for (guint i = 0; i < targets->inets->len; i++) {
        const LoomInet *inet = &g_array_index(targets->inets, LoomInet, i);
        g_autoptr(GError) error = NULL;
        LoomQuestion *question = loom_question_new(inet, port, targets->link, &error);

        if (question) {
            g_ptr_array_add(asking->questions, question);
            continue;
        }
        g_clear_error(&asking->error);
        asking->error = g_steal_pointer(&error);
    }
}

/* Waits until something may be heard, at most so long. */
static GArray *
wait_for(const Asking *asking, gint64 microseconds)
{
    GArray *polls = g_array_new(FALSE, TRUE, sizeof(struct pollfd));

    for (guint i = 0; i < asking->questions->len; i++) {
        const LoomQuestion *question = asking->questions->pdata[i];
        struct pollfd one = {.fd = question->fd, .events = question->evidence->events};

        g_array_append_val(polls, one);
    }
    /* rounded up: the time is over when this returns for it */
    poll((struct pollfd *)polls->data, polls->len, (microseconds + 999) / 1000);
    return polls;
}

/* TRUE: one has answered. Those that never will are dropped. */
static gboolean
hear(Asking *asking, const GArray *polls, guint milliseconds)
{
    for (guint i = polls->len; i-- > 0;) {
        LoomQuestion *question = asking->questions->pdata[i];
        LoomHeard heard;

        if (!g_array_index(polls, struct pollfd, i).revents)
            continue;
        heard = question->evidence->hear(question);
        if (heard == LOOM_HEARD_ANSWER)
            return TRUE;
        if (heard == LOOM_HEARD_NOTHING && question->evidence->repeats)
            continue;
        g_clear_error(&asking->error);
        set_silent(question, heard, milliseconds, &asking->error);
        g_ptr_array_remove_index(asking->questions, i);
    }
    return FALSE;
}

static gboolean
ask_all(Asking *asking, guint milliseconds)
{
    gint64 now = g_get_monotonic_time();
    const gint64 end = now + milliseconds * G_GINT64_CONSTANT(1000);
    gint64 again = now + ASK_AGAIN * 1000;

    while (asking->questions->len && now < end) {
        g_autoptr(GArray) polls = wait_for(asking, MIN(again, end) - now);

        if (hear(asking, polls, milliseconds))
            return TRUE;
        now = g_get_monotonic_time();
        if (now < again)
            continue;
        again = now + ASK_AGAIN * 1000;
        for (guint i = 0; i < asking->questions->len; i++) {
            LoomQuestion *question = asking->questions->pdata[i];

            /* what cannot be sent now, may be the next time: it counts as lost */
            if (question->evidence->repeats)
                (void)question->evidence->ask(question);
        }
    }
    return FALSE;
}

static void
set_failed(const LoomHostProbe *probe, guint targets, const GError *why, GError **error)
{
    g_autofree char *name = probe->role
                                ? g_strdup_printf(_("%s of role '%s'"), probe->target, probe->role)
                                : g_strdup(probe->target);

    if (targets > 1)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                    _("Probe of %s: none of %u hosts has answered, and one has to be up; %s"), name,
                    targets, why->message);
    else
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("Probe of %s: %s"), name, why->message);
}

gboolean
loom_probe_run(const LoomHostProbe *probe, const LoomHost *host, guint milliseconds,
               gpointer data G_GNUC_UNUSED, GError **error)
{
    g_auto(Targets) targets = {g_strdup(probe->link), g_array_new(FALSE, FALSE, sizeof(LoomInet))};
    g_auto(Asking)
        asking = {g_ptr_array_new_with_free_func((GDestroyNotify)loom_question_free), NULL};

    if (find_targets(&targets, probe, host, &asking.error)) {
        start(&asking, &targets, probe->tcp);
        if (ask_all(&asking, milliseconds))
            return TRUE;
    } else if (is_moot(probe)) {
        return TRUE;
    }
    if (asking.questions->len) {
        g_clear_error(&asking.error);
        set_silent(asking.questions->pdata[0], LOOM_HEARD_NOTHING, milliseconds, &asking.error);
    }
    set_failed(probe, targets.inets->len, asking.error, error);
    return FALSE;
}

/* --- settling -------------------------------------------------------------------------------- */

/* The links that packets of LINK pass, itself included: its port, that one's bridge, its uplinks.
 */
static gboolean
is_on_way(const LoomHost *host, const LoomLink *link, const char *from)
{
    const LoomLink *vnic = from ? loom_host_find(host, &loom_link_kind, from) : NULL;
    const LoomLink *port =
        vnic && vnic->peer ? loom_host_find(host, &loom_link_kind, vnic->peer) : vnic;
    const char *bridge = port && port->master ? port->master : from;

    return !from || g_str_equal(link->name, from) || g_strcmp0(link->name, bridge) == 0 ||
           g_strcmp0(link->master, bridge) == 0;
}

guint
loom_probe_get_settle(const LoomHostProbe *probe, const LoomHost *host)
{
    gboolean has_stp = FALSE, has_lacp = FALSE;

    if (LOOM_HAS(probe, settle))
        return probe->settle;
    for (guint i = 0; i < host->links->len; i++) {
        const LoomLink *link = host->links->pdata[i];

        if (!is_on_way(host, link, probe->link))
            continue;
        has_stp |= link->kind == LOOM_LINK_BRIDGE && link->stp;
        has_lacp |= link->kind == LOOM_LINK_BOND && g_strcmp0(link->mode, "802.3ad") == 0;
    }
    return SETTLE + (has_stp ? SETTLE_STP : 0) + (has_lacp ? SETTLE_LACP : 0);
}
