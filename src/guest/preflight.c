/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said of a guest's vNICs before it moves. */
#include "guest/preflight.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/vlans.h"
#include "guest/equivalent.h"
#include "guest/portgroup.h"
#include "guest/preshare.h"

#include <inttypes.h>

const char *
loom_verdict_format(LoomVerdict verdict)
{
    static const char *const words[] = {"ok", "warning", "error"};

    return words[verdict];
}

static void
check_free(gpointer data)
{
    LoomCheck *check = data;

    g_free(check->text);
    g_free(check->advice);
    g_free(check);
}

GPtrArray *
loom_checks_new(void)
{
    return g_ptr_array_new_with_free_func(check_free);
}

void
loom_checks_add(GPtrArray *checks, LoomVerdict verdict, const char *subject, const char *advice,
                const char *format, ...)
{
    LoomCheck *check = g_new0(LoomCheck, 1);
    va_list arguments;

    check->verdict = verdict;
    check->subject = subject;
    check->advice = g_strdup(advice);
    va_start(arguments, format);
    check->text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(checks, check);
}

LoomVerdict
loom_checks_get_worst(const GPtrArray *checks)
{
    LoomVerdict worst = LOOM_VERDICT_OK;

    for (guint i = 0; i < checks->len; i++)
        worst = MAX(worst, ((const LoomCheck *)checks->pdata[i])->verdict);
    return worst;
}

/* --- one vNIC --------------------------------------------------------------------------------- */

typedef struct {
    const LoomPreflight *preflight;
    const LoomGuestVnic *vnic;
    const LoomNetwork *from, *to;
    GPtrArray *checks;
} Way;

static void
check_runs(const Way *way)
{
    g_autofree char *advice = g_strdup_printf(_("run there: virsh net-start '%s'"), way->to->name);

    if (LOOM_HAS(way->to, active) && !way->to->active)
        loom_checks_add(way->checks, LOOM_VERDICT_ERROR, "network", advice,
                        _("vNIC %s: network '%s' at %s does not run"), way->vnic->mac,
                        way->to->name, way->preflight->destination);
    else
        loom_checks_add(way->checks, LOOM_VERDICT_OK, "network", NULL,
                        _("vNIC %s: VM network '%s' is network '%s' on bridge '%s' at %s"),
                        way->vnic->mac, way->from->vmnetwork, way->to->name,
                        way->to->bridge ? way->to->bridge : "?", way->preflight->destination);
}

/* The portgroup at the destination; NULL: none, which was said. */
static const LoomPortgroup *
check_portgroup(const Way *way)
{
    const LoomPortgroup *from = loom_portgroup_find(way->from, way->vnic->portgroup);
    const LoomPortgroup *to = loom_portgroup_find(way->to, way->vnic->portgroup);
    const char *advice = _("give the logical switch the portgroup in the fabric, and run there: "
                           "virt-loom apply");

    if (!to && way->vnic->portgroup)
        loom_checks_add(way->checks, LOOM_VERDICT_ERROR, "portgroup", advice,
                        _("vNIC %s: network '%s' at %s has no portgroup '%s'"), way->vnic->mac,
                        way->to->name, way->preflight->destination, way->vnic->portgroup);
    else if (!to)
        loom_checks_add(way->checks, LOOM_VERDICT_ERROR, "portgroup",
                        _("name a portgroup in the guest's XML"),
                        _("vNIC %s names no portgroup, and network '%s' at %s has no default one"),
                        way->vnic->mac, way->to->name, way->preflight->destination);
    else if (from && !g_str_equal(from->name, to->name))
        loom_checks_add(way->checks, LOOM_VERDICT_WARNING, "portgroup",
                        _("name a portgroup in the guest's XML"),
                        _("vNIC %s names no portgroup: it has the default '%s' here, and gets '%s' "
                          "at %s"),
                        way->vnic->mac, from->name, to->name, way->preflight->destination);
    else
        loom_checks_add(way->checks, LOOM_VERDICT_OK, "portgroup", NULL,
                        _("vNIC %s: portgroup '%s' is at %s"), way->vnic->mac, to->name,
                        way->preflight->destination);
    return to;
}

/* 0: not known. */
static guint64
mtu_of(const LoomHost *host, const LoomNetwork *network, const LoomPort *pattern)
{
    const LoomLink *bridge =
        host && network->bridge ? loom_host_find(host, &loom_link_kind, network->bridge) : NULL;

    return pattern && pattern->mtu ? pattern->mtu : bridge ? bridge->mtu : 0;
}

/* The port by which the switch of NETWORK leaves HOST; NULL: none is compiled. */
static const LoomPort *
find_uplink(const LoomHost *host, const LoomNetwork *network)
{
    for (guint i = 0; i < host->ports->len; i++) {
        const LoomPort *port = host->ports->pdata[i];
        const LoomLink *link =
            port->link ? loom_host_find(host, &loom_link_kind, port->link) : NULL;

        if (link && g_strcmp0(link->master, network->bridge) == 0 &&
            (link->kind == LOOM_LINK_PHYSICAL || link->kind == LOOM_LINK_BOND))
            return port;
    }
    return NULL;
}

/* The smaller of what LIMIT was and the MTU of that link as it is there, where that is known. */
static guint64
limit_mtu(const Way *way, const char *name, guint64 limit)
{
    const LoomLink *link = name ? loom_host_find(way->preflight->to, &loom_link_kind, name) : NULL;

    return link && link->mtu ? MIN(link->mtu, limit) : limit;
}

/* A switch whose links are not what the fabric says: as somebody has made them, or before apply. */
static void
check_real_mtu(const Way *way, guint64 here, guint64 there)
{
    const LoomPort *uplink =
        way->to->bridge ? find_uplink(way->preflight->to_meant, way->to) : NULL;
    guint64 real =
        limit_mtu(way, uplink ? uplink->link : NULL, limit_mtu(way, way->to->bridge, there));

    if (real < here)
        loom_checks_add(way->checks, LOOM_VERDICT_ERROR, "mtu", _("run there: virt-loom apply"),
                        _("vNIC %s: its MTU here is %" PRIu64
                          ", and the links of network '%s' at %s pass %" PRIu64
                          ", although the fabric has %" PRIu64 ": longer packets would be lost"),
                        way->vnic->mac, here, way->to->name, way->preflight->destination, real,
                        there);
    else
        loom_checks_add(way->checks, LOOM_VERDICT_OK, "mtu", NULL,
                        _("vNIC %s: packets of %" PRIu64 " octets pass at %s"), way->vnic->mac,
                        here, way->preflight->destination);
}

static void
check_mtu(const Way *way, const LoomPort *from, const LoomPort *to)
{
    guint64 here = mtu_of(way->preflight->from_meant, way->from, from);
    guint64 there = mtu_of(way->preflight->to_meant, way->to, to);

    if (!here || !there)
        return;
    if (there < here)
        loom_checks_add(way->checks, LOOM_VERDICT_ERROR, "mtu",
                        _("give the logical switch there the same mtu in the fabric, or the guest "
                          "a smaller one"),
                        _("vNIC %s: its MTU here is %" PRIu64
                          ", and network '%s' at %s passes %" PRIu64
                          " only: longer packets would be lost"),
                        way->vnic->mac, here, way->to->name, way->preflight->destination, there);
    else
        check_real_mtu(way, here, there);
}

/* Whether all VLANs of PORT leave by UPLINK. */
static gboolean
is_carried(const LoomPort *port, const LoomPort *uplink, unsigned *missing)
{
    LoomVlans wanted = {0}, carried = {0};

    if (port->tagged)
        loom_vlans_parse(port->tagged, &wanted);
    if (port->vlan)
        loom_vlans_add(&wanted, port->vlan);
    if (uplink->tagged)
        loom_vlans_parse(uplink->tagged, &carried);
    if (uplink->vlan)
        loom_vlans_add(&carried, uplink->vlan);
    for (*missing = loom_vlans_next(&wanted, 1); *missing;
         *missing = loom_vlans_next(&wanted, *missing + 1))
        if (!loom_vlans_has(&carried, *missing))
            return FALSE;
    return TRUE;
}

static void
check_vlan(const Way *way, const LoomPort *to)
{
    const LoomPort *uplink =
        to && way->to->bridge ? find_uplink(way->preflight->to_meant, way->to) : NULL;
    unsigned missing;

    if (!uplink)
        return;
    if (!is_carried(to, uplink, &missing))
        loom_checks_add(way->checks, LOOM_VERDICT_ERROR, "vlan",
                        _("add the network site to the uplink port profile in the fabric, and run "
                          "there: virt-loom apply"),
                        _("vNIC %s: the uplink '%s' at %s does not carry VLAN %u"), way->vnic->mac,
                        uplink->link, way->preflight->destination, missing);
    else if (to->vlan)
        loom_checks_add(way->checks, LOOM_VERDICT_OK, "vlan", NULL,
                        _("vNIC %s: the uplink '%s' at %s carries its VLAN %" PRIu64),
                        way->vnic->mac, uplink->link, way->preflight->destination, to->vlan);
    else
        loom_checks_add(way->checks, LOOM_VERDICT_OK, "vlan", NULL,
                        _("vNIC %s: the uplink '%s' at %s carries its traffic"), way->vnic->mac,
                        uplink->link, way->preflight->destination);
}

static const LoomNetwork *
find_ours(const LoomHost *host, const char *name)
{
    const LoomNetwork *network = loom_host_find(host, &loom_network_kind, name);

    return network && network->ours ? network : NULL;
}

/* What its port at the destination is made of; NULL: that is not known. */
static const LoomPort *
check_vnic(const LoomPreflight *preflight, const LoomGuestVnic *vnic, GPtrArray *checks)
{
    g_autoptr(GError) error = NULL;
    Way way = {preflight, vnic, NULL, NULL, checks};
    const LoomPortgroup *from, *to;
    const LoomPort *there;

    way.from = vnic->network ? find_ours(preflight->from, vnic->network) : NULL;
    if (!way.from) {
        loom_checks_add(checks, LOOM_VERDICT_WARNING, "network",
                        _("see that the other host has the same for it"),
                        _("vNIC %s is on no network of virt-loom's: it is not looked at"),
                        vnic->mac);
        return NULL;
    }
    way.to = loom_network_choose(preflight->to->networks, vnic->network, way.from->logicalswitch,
                                 vnic->portgroup, &error);
    if (!way.to) {
        loom_checks_add(checks, LOOM_VERDICT_ERROR, "network",
                        error->code == LOOM_ERROR_CONFLICT
                            ? _("name a portgroup in the guest's XML that only one of them has")
                            : _("give the host's group a site of it in the fabric, and run there: "
                                "virt-loom apply"),
                        _("vNIC %s on network '%s' cannot move to %s: %s"), vnic->mac,
                        vnic->network, preflight->destination, error->message);
        return NULL;
    }
    check_runs(&way);
    from = loom_portgroup_find(way.from, vnic->portgroup);
    to = check_portgroup(&way);
    if (!to || !preflight->to_meant)
        return NULL;
    there = loom_portgroup_find_pattern(preflight->to_meant, way.to->name, to->name);
    check_mtu(&way,
              loom_portgroup_find_pattern(preflight->from_meant, way.from->name,
                                          from ? from->name : NULL),
              there);
    check_vlan(&way, there);
    return there;
}

void
loom_preflight_check_vnics(const LoomPreflight *preflight, const LoomGuest *guest,
                           GPtrArray *checks)
{
    g_autoptr(GPtrArray) patterns = g_ptr_array_new();

    for (guint i = 0; i < guest->vnics->len; i++) {
        const LoomGuestVnic *vnic = &g_array_index(guest->vnics, LoomGuestVnic, i);
        const LoomPort *there = check_vnic(preflight, vnic, checks);

        if (!there || !preflight->there)
            continue;
        loom_preflight_check_share(preflight, guest, vnic, there, patterns, checks);
        g_ptr_array_add(patterns, (gpointer)there);
    }
}
