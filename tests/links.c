/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes of a machine when its links are made, changed and deleted. */
#include "links.h"

#include "base/mac.h"
#include "base/vlans.h"

#include <string.h>

void
loom_machine_complete_link(LoomLink *link)
{
    g_autofree char *mac = loom_mac_from_name(link->name);
    const struct {
        int kind; /* -1: any */
        size_t offset;
        const char *value;
    } defaults[] = {
        {-1, offsetof(LoomLink, mac), mac},
        {-1, offsetof(LoomLink, mtu), "1500"},
        {-1, offsetof(LoomLink, up), "no"},
        {-1, offsetof(LoomLink, autoconf), "no"},
        {-1, offsetof(LoomLink, linklocal), "yes"},
        {LOOM_LINK_VETH, offsetof(LoomLink, strictarp), "no"},
        {LOOM_LINK_BOND, offsetof(LoomLink, mode), "balance-rr"},
        {LOOM_LINK_BOND, offsetof(LoomLink, hashpolicy), "layer2"},
        {LOOM_LINK_BOND, offsetof(LoomLink, lacprate), "slow"},
        {LOOM_LINK_BOND, offsetof(LoomLink, miimon), "0"},
        {LOOM_LINK_BOND, offsetof(LoomLink, minlinks), "0"},
        {LOOM_LINK_BOND, offsetof(LoomLink, allslavesactive), "no"},
        {LOOM_LINK_OVS_BOND, offsetof(LoomLink, allslavesactive), "no"},
        {LOOM_LINK_BRIDGE, offsetof(LoomLink, vlanfiltering), "no"},
        {LOOM_LINK_BRIDGE, offsetof(LoomLink, stp), "no"},
        {LOOM_LINK_BRIDGE, offsetof(LoomLink, multicastsnooping), "yes"},
        {LOOM_LINK_BRIDGE, offsetof(LoomLink, defaultpvid), "1"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(defaults); i++)
        if ((defaults[i].kind < 0 || defaults[i].kind == link->kind) &&
            !loom_record_has(link, defaults[i].offset))
            loom_record_set(link, defaults[i].offset, defaults[i].value);
}

static void
drop(LoomHost *host, const LoomKind *kind, const char *link,
     gboolean (*wanted)(gconstpointer record))
{
    GPtrArray *list = loom_host_list(host, kind);

    for (guint i = list->len; i-- > 0;)
        if (g_strcmp0(loom_machine_link_of(list->pdata[i]), link) == 0 &&
            (!wanted || wanted(list->pdata[i])))
            g_ptr_array_remove_index(list, i);
}

static gboolean
is_ipv6(gconstpointer record)
{
    return strchr(((const LoomAddress *)record)->address, ':') != NULL;
}

/* With a link go down the VLANs on it. */
static void
go_down(LoomHost *host, const LoomLink *link)
{
    if (!link->up)
        return;
    drop(host, &loom_address_kind, link->name, is_ipv6);
    drop(host, &loom_route_kind, link->name, NULL);
    drop(host, &loom_neighbour_kind, link->name, NULL);
    for (guint i = 0; i < host->links->len; i++) {
        const LoomLink *upper = host->links->pdata[i];

        if (g_strcmp0(upper->parent, link->name) == 0)
            go_down(host, upper);
    }
}

static gboolean
is_bond(const LoomHost *host, const char *name)
{
    const LoomLink *link = loom_machine_find_link(host, name);

    return link && link->kind == LOOM_LINK_BOND;
}

/* What keeps LINK from any master, or NULL. */
static const char *
find_hindrance(const LoomHost *host, const LoomLink *link)
{
    for (guint i = 0; i < host->links->len; i++) {
        const LoomLink *upper = host->links->pdata[i];

        if (g_strcmp0(upper->parent, link->name) == 0)
            return upper->name;
    }
    for (guint i = 0; i < host->managers->len; i++) {
        const LoomManager *manager = host->managers->pdata[i];

        if (g_str_equal(manager->link, link->name))
            return manager->name;
    }
    return NULL;
}

/* A NIC is down before a bond says that it does not take it. */
static gboolean
set_master(LoomHost *host, LoomLink *link, const char *master, GError **error)
{
    const LoomLink *bond = loom_machine_find_link(host, master);
    const char *hindrance = master ? find_hindrance(host, link) : NULL;
    g_autofree char *mtu = NULL;

    if (g_strcmp0(link->master, master) == 0)
        return TRUE;
    if (is_bond(host, link->master) || is_bond(host, master))
        go_down(host, link);
    if (hindrance)
        return loom_machine_refuse(error, "link %s: %s has it", link->name, hindrance);
    drop(host, &loom_port_kind, link->name, NULL);
    LOOM_SET(link, master, master);
    if (!is_bond(host, master))
        return TRUE;
    mtu = g_strdup_printf("%" G_GUINT64_FORMAT, bond->mtu);
    LOOM_SET(link, mtu, mtu);
    return TRUE;
}

/* A bond changes its mode while nobody is in it, so those are taken out and put back. */
static void
set_mode(LoomHost *host, LoomLink *bond, const char *mode)
{
    if (g_strcmp0(bond->mode, mode) == 0)
        return;
    go_down(host, bond);
    for (guint i = 0; i < host->links->len; i++)
        if (g_strcmp0(((LoomLink *)host->links->pdata[i])->master, bond->name) == 0)
            go_down(host, host->links->pdata[i]);
    LOOM_SET(bond, mode, mode);
}

static void
set_mtu(LoomHost *host, LoomLink *link, const char *mtu)
{
    LOOM_SET(link, mtu, mtu);
    for (guint i = 0; link->kind == LOOM_LINK_BOND && i < host->links->len; i++) {
        LoomLink *member = host->links->pdata[i];

        if (g_strcmp0(member->master, link->name) == 0)
            LOOM_SET(member, mtu, mtu);
    }
}

/* What a NIC has not got, nobody can set. */
static gboolean
has_offload(const LoomLink *link, size_t offset)
{
    return (offset != offsetof(LoomLink, ipsec) && offset != offsetof(LoomLink, rss)) ||
           loom_record_has(link, offset);
}

/* Gives LINK one attribute of TO, or takes it away where TO lacks it. */
static gboolean
set_attribute(LoomHost *host, LoomLink *link, const LoomLink *to, size_t index, GError **error)
{
    const LoomAttribute *attribute = &loom_link_kind.attributes[index];
    gboolean is_stated = to->record.present >> index & 1;
    g_autofree char *value = is_stated ? loom_record_get(to, attribute) : NULL;

    if (!has_offload(link, attribute->offset))
        return loom_machine_refuse(error, "link %s has no %s", link->name, attribute->name);
    if (attribute->offset == offsetof(LoomLink, master))
        return set_master(host, link, value, error);
    if (attribute->offset == offsetof(LoomLink, mode)) {
        set_mode(host, link, value);
        return TRUE;
    }
    if (attribute->offset == offsetof(LoomLink, mtu)) {
        set_mtu(host, link, value);
        return TRUE;
    }
    if ((attribute->offset == offsetof(LoomLink, up) && !to->up) ||
        (attribute->cost == LOOM_COST_DOWN &&
         !attribute->type->equal(G_STRUCT_MEMBER_P(link, attribute->offset),
                                 G_STRUCT_MEMBER_P(to, attribute->offset))))
        go_down(host, link);
    loom_record_set(link, attribute->offset, value);
    return TRUE;
}

/* Those in MASK, the master first: the kernel changes others in its wake. It is up after that. */
static gboolean
set_attributes(LoomHost *host, LoomLink *link, const LoomLink *to, guint64 mask, GError **error)
{
    for (int is_other = 0; is_other < 2; is_other++)
        for (size_t i = 0; i < loom_link_kind.attribute_count; i++)
            if (mask >> i & 1 &&
                (loom_link_kind.attributes[i].offset != offsetof(LoomLink, master)) == is_other &&
                !set_attribute(host, link, to, i, error))
                return FALSE;
    if (LOOM_HAS(to, up))
        LOOM_SET_NUMBER(link, up, to->up);
    return TRUE;
}

static void
add_veth_end(LoomHost *host, const LoomLink *other)
{
    LoomLink *link = loom_record_new(&loom_link_kind);

    LOOM_SET(link, name, other->peer);
    LOOM_SET_NUMBER(link, kind, LOOM_LINK_VETH);
    LOOM_SET_NUMBER(link, ours, other->ours);
    LOOM_SET(link, peer, other->name);
    loom_machine_complete_link(link);
    loom_record_add(host, link);
}

static gboolean
create_link(LoomHost *host, const LoomLink *to, GError **error)
{
    LoomLink *link = loom_machine_find_link(host, to->name);

    if (!to->ours)
        return loom_machine_refuse(error, "link %s is not ours to make", to->name);
    if (to->master && !loom_machine_find_link(host, to->master))
        return loom_machine_refuse(error, "link %s: no master %s", to->name, to->master);
    if (link && (!link->ours || link->kind != to->kind))
        return loom_machine_refuse(error, "link %s exists", to->name);
    if (!link) {
        link = loom_record_new(&loom_link_kind);
        LOOM_SET(link, name, to->name);
        loom_record_add(host, link);
    }
    if (!set_attributes(host, link, to, to->record.present, error))
        return FALSE;
    loom_machine_complete_link(link);
    if (link->peer && !loom_machine_find_link(host, link->peer))
        add_veth_end(host, link);
    return TRUE;
}

static gboolean
change_link(LoomHost *host, const LoomStep *step, GError **error)
{
    const LoomLink *to = (const LoomLink *)step->to;
    LoomLink *link = loom_machine_find_link(host, to->name);

    if (!link)
        return loom_machine_refuse(error, "no link %s", to->name);
    if (link->kind != to->kind)
        return loom_machine_refuse(error, "link %s is of another kind", to->name);
    if (to->master && !loom_machine_find_link(host, to->master))
        return loom_machine_refuse(error, "link %s: no master %s", to->name, to->master);
    return set_attributes(host, link, to, step->changed, error);
}

/* What is in a bond is left down. */
static gboolean
delete_link(LoomHost *host, const char *name, GError **error)
{
    LoomLink *link = loom_machine_find_link(host, name);
    g_autofree char *peer = NULL;

    if (!link)
        return TRUE;
    if (!link->ours)
        return loom_machine_refuse(error, "link %s is foreign", name);
    peer = g_strdup(link->peer);
    for (size_t i = 0; loom_machine_hanging_kinds[i]; i++)
        if (loom_machine_hanging_kinds[i] != &loom_manager_kind &&
            loom_machine_hanging_kinds[i] != &loom_dhcp_kind)
            drop(host, loom_machine_hanging_kinds[i], name, NULL);
    for (guint i = 0; i < host->links->len; i++) {
        LoomLink *member = host->links->pdata[i];

        if (g_strcmp0(member->master, name) != 0)
            continue;
        set_master(host, member, NULL, NULL);
        if (link->kind == LOOM_LINK_BOND)
            LOOM_SET(member, up, "no");
    }
    g_ptr_array_remove(host->links, link);
    return !peer || delete_link(host, peer, error);
}

gboolean
loom_machine_run_link(LoomHost *host, const LoomStep *step, GError **error)
{
    if (step->verb == LOOM_STEP_CREATE)
        return create_link(host, (const LoomLink *)step->to, error);
    if (step->verb == LOOM_STEP_CHANGE)
        return change_link(host, step, error);
    return delete_link(host, step->key, error);
}

static const LoomPort *
find_port(const LoomHost *host, const char *link)
{
    for (guint i = 0; i < host->ports->len; i++)
        if (g_strcmp0(((LoomPort *)host->ports->pdata[i])->link, link) == 0)
            return host->ports->pdata[i];
    return NULL;
}

/* Whether the port of LINK lets frames of that VLAN inside the bridge through. */
static gboolean
has_vlan(const LoomHost *host, const char *link, guint64 vlan)
{
    const LoomPort *port = find_port(host, link);
    LoomVlans tagged;

    return port &&
           (port->vlan == vlan || (port->tagged && loom_vlans_parse(port->tagged, &tagged) &&
                                   loom_vlans_has(&tagged, vlan)));
}

static gboolean
is_up(const LoomLink *link, const char *without)
{
    return link && link->up && g_strcmp0(link->name, without) != 0;
}

/* Whether a NIC of that bond, or LINK itself if it is one, is up. */
static gboolean
is_wired(const LoomHost *host, const LoomLink *link, const char *without)
{
    if (!is_up(link, without))
        return FALSE;
    if (link->kind == LOOM_LINK_PHYSICAL)
        return TRUE;
    for (guint i = 0; link->kind == LOOM_LINK_BOND && i < host->links->len; i++) {
        const LoomLink *member = host->links->pdata[i];

        if (g_strcmp0(member->master, link->name) == 0 && is_up(member, without))
            return TRUE;
    }
    return FALSE;
}

/* Whether the bridge behind the port of LINK, a vNIC's far end, has an uplink for its VLAN. */
static gboolean
has_uplink(const LoomHost *host, const LoomLink *end, const char *without)
{
    const LoomLink *bridge = is_up(end, without) ? loom_machine_find_link(host, end->master) : NULL;
    const LoomPort *port = find_port(host, end ? end->name : NULL);

    for (guint i = 0; port && is_up(bridge, without) && i < host->links->len; i++) {
        const LoomLink *uplink = host->links->pdata[i];

        if (g_strcmp0(uplink->master, bridge->name) == 0 && is_wired(host, uplink, without) &&
            has_vlan(host, uplink->name, port->vlan))
            return TRUE;
    }
    return FALSE;
}

gboolean
loom_machine_answers(const LoomHost *host, const char *address, const char *without)
{
    for (guint i = 0; i < host->addresses->len; i++) {
        const LoomAddress *candidate = host->addresses->pdata[i];
        const LoomLink *link = loom_machine_find_link(host, candidate->link);

        if (!g_str_equal(candidate->address, address) || !is_up(link, without))
            continue;
        if (link->kind == LOOM_LINK_PHYSICAL
                ? !link->master
                : has_uplink(host, loom_machine_find_link(host, link->peer), without))
            return TRUE;
    }
    return FALSE;
}

const char *
loom_machine_find_dead(const LoomHost *host)
{
    for (guint i = 0; i < host->addresses->len; i++) {
        const LoomAddress *address = host->addresses->pdata[i];
        const LoomLink *link = loom_machine_find_link(host, address->link);
        const LoomLink *master = link ? loom_machine_find_link(host, link->master) : NULL;

        if (master && master->ours && link->kind == LOOM_LINK_PHYSICAL &&
            g_strcmp0(address->origin, "kernel") != 0)
            return address->address;
    }
    return NULL;
}
