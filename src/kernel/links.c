/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Links: created, changed in place, deleted. */
#include "kernel/change.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/veth.h>

#define IPV6_MTU_MIN 1280 /* RFC 8200: below, there is no IPv6 on a link */

static const LoomWireRow mac_row = LOOM_WIRE(LoomLink, IFLA_ADDRESS, mac, MAC);
static const LoomWireRow mtu_row = LOOM_WIRE(LoomLink, IFLA_MTU, mtu, U32);
static const LoomWireRow master_row = LOOM_WIRE(LoomLink, IFLA_MASTER, master, INDEX);

/* --- what links.c and bonds.c share ---------------------------------------------------------- */

guint64
loom_link_change_pending(const LoomLinkChange *change)
{
    return loom_record_differs(change->now.record, change->to) & change->asked;
}

gboolean
loom_link_change_refresh(LoomLinkChange *change, GError **error)
{
    LoomLinkSeen now = {0};
    GError *failure = NULL;

    if (!loom_kernel_find_link(change->kernel, change->to->name, &now, &failure) || !now.record) {
        loom_link_seen_clear(&now);
        if (!failure)
            return loom_kernel_refuse_missing(error, change->to->name);
        g_propagate_error(error, failure);
        return FALSE;
    }
    loom_link_seen_clear(&change->now);
    change->now = now;
    return TRUE;
}

LoomMessage *
loom_link_message(int index)
{
    struct ifinfomsg header = {.ifi_family = AF_UNSPEC, .ifi_index = index};

    return loom_netlink_message(RTM_NEWLINK, 0, &header, sizeof header);
}

LoomMessage *
loom_link_message_flags(int index, unsigned flags)
{
    struct ifinfomsg header = {
        .ifi_family = AF_UNSPEC, .ifi_index = index, .ifi_flags = flags, .ifi_change = IFF_UP};

    return loom_netlink_message(RTM_NEWLINK, 0, &header, sizeof header);
}

static gboolean
refuse(const LoomLinkChange *change, int number, GError **error)
{
    loom_netlink_set_error(change->kernel->netlink, error, number,
                           _("The kernel refused a change of link '%s'"), change->to->name);
    return FALSE;
}

gboolean
loom_link_change_send(const LoomLinkChange *change, LoomMessage *message, GError **error)
{
    int number = loom_netlink_run_one(change->kernel->netlink, message);

    return !number || refuse(change, number, error);
}

gboolean
loom_link_change_set_master(const LoomLinkChange *change, int index, int master, GError **error)
{
    g_autoptr(LoomMessage) message = loom_link_message(index);

    nla_put_u32(message, IFLA_MASTER, (guint32)master);
    return loom_link_change_send(change, message, error);
}

/* --- making what is there agree -------------------------------------------------------------- */

static gboolean
differs(guint64 pending, size_t offset)
{
    return (pending & loom_wire_bit(&loom_link_kind, offset)) != 0;
}
#define DIFFERS(pending, field) differs(pending, offsetof(LoomLink, field))

/* A router takes no advertisements unless it is told twice. */
static gboolean
set_autoconf(const LoomKernel *kernel, const LoomLink *to, GError **error)
{
    int accepts = 0;

    if (!kernel->has_ipv6 && !to->autoconf)
        return TRUE;
    if (to->autoconf)
        accepts = loom_kernel_read_sysctl("ipv6", to->name, "forwarding") > 0 ? 2 : 1;
    return loom_kernel_write_sysctl("ipv6", to->name, "accept_ra", accepts, error) &&
           loom_kernel_write_sysctl("ipv6", to->name, "autoconf", to->autoconf, error);
}

/* How links that have one make their link-local address here. */
static int
usual_mode(void)
{
    int mode = loom_kernel_read_sysctl("ipv6", "default", "addr_gen_mode");

    return mode > 0 && mode != IN6_ADDR_GEN_MODE_NONE ? mode : IN6_ADDR_GEN_MODE_EUI64;
}

static LoomMessage *
linklocal_message(int index, int mode)
{
    LoomMessage *message = loom_link_message(index);
    struct nlattr *spec = nla_nest_start(message, IFLA_AF_SPEC);
    struct nlattr *family = nla_nest_start(message, AF_INET6);

    nla_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, (guint8)mode);
    nla_nest_end(message, family);
    nla_nest_end(message, spec);
    return message;
}

/* Who is up gets the address at once only through the sysctl. */
static gboolean
set_linklocal(const LoomLinkChange *change, GError **error)
{
    g_autoptr(LoomMessage) message = NULL;
    int mode = change->to->linklocal ? usual_mode() : IN6_ADDR_GEN_MODE_NONE;

    if (change->to->mtu && change->to->mtu < IPV6_MTU_MIN && !change->to->linklocal)
        return TRUE;
    if (change->to->linklocal && change->now.is_up)
        return loom_kernel_write_sysctl("ipv6", change->to->name, "addr_gen_mode", mode, error);
    message = linklocal_message(change->now.index, mode);
    return loom_link_change_send(change, message, error);
}

static void
put_strictarp(LoomMessage *message, gboolean strictarp)
{
    struct nlattr *spec = nla_nest_start(message, IFLA_AF_SPEC);
    struct nlattr *family = nla_nest_start(message, AF_INET);
    struct nlattr *conf = nla_nest_start(message, IFLA_INET_CONF);

    nla_put_u32(message, IPV4_DEVCONF_ARP_IGNORE, strictarp ? LOOM_ARP_IGNORE : 0);
    nla_put_u32(message, IPV4_DEVCONF_ARP_ANNOUNCE, strictarp ? LOOM_ARP_ANNOUNCE : 0);
    nla_nest_end(message, conf);
    nla_nest_end(message, family);
    nla_nest_end(message, spec);
}

static void
put_bridge(LoomMessage *message, const LoomLink *to, guint64 pending)
{
    size_t count;
    const LoomWireRow *rows = loom_link_rows(LOOM_LINK_BRIDGE, &count);
    struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO), *data;

    nla_put_string(message, IFLA_INFO_KIND, "bridge");
    data = nla_nest_start(message, IFLA_INFO_DATA);
    for (size_t i = 0; i < count; i++)
        if (differs(pending, rows[i].offset))
            loom_wire_put(message, &rows[i], to);
    nla_nest_end(message, data);
    nla_nest_end(message, info);
}

/* In one message: the kernel takes MAC, MTU and master before it takes the link up. NULL: the
 * master is not there. */
static LoomMessage *
make_message(const LoomLinkChange *change, guint64 pending)
{
    unsigned flags = change->up ? IFF_UP : 0;
    g_autoptr(LoomMessage) message = change->now.is_up == change->up
                                         ? loom_link_message(change->now.index)
                                         : loom_link_message_flags(change->now.index, flags);

    if (change->to->kind == LOOM_LINK_BRIDGE)
        put_bridge(message, change->to, pending);
    if (DIFFERS(pending, mac))
        loom_wire_put(message, &mac_row, change->to);
    if (DIFFERS(pending, mtu))
        loom_wire_put(message, &mtu_row, change->to);
    if (DIFFERS(pending, strictarp))
        put_strictarp(message, change->to->strictarp);
    if (DIFFERS(pending, master) && !loom_wire_put(message, &master_row, change->to))
        return NULL;
    return g_steal_pointer(&message);
}

/* Some drivers take another MAC only while the link is down. */
static int
send_down(LoomLinkChange *change, guint64 pending)
{
    g_autoptr(LoomMessage) down = loom_link_message_flags(change->now.index, 0);
    int number = loom_netlink_run_one(change->kernel->netlink, down);

    if (number)
        return number;
    change->now.is_up = FALSE;
    g_autoptr(LoomMessage) message = make_message(change, pending);
    return loom_netlink_run_one(change->kernel->netlink, message);
}

static gboolean
agree(LoomLinkChange *change, GError **error)
{
    guint64 pending = loom_link_change_pending(change);
    int number;

    if (DIFFERS(pending, linklocal) && !set_linklocal(change, error))
        return FALSE;
    if (DIFFERS(pending, autoconf) && !set_autoconf(change->kernel, change->to, error))
        return FALSE;
    if (change->to->kind == LOOM_LINK_PHYSICAL &&
        !loom_kernel_set_features(change->kernel, change->now.record, change->to, pending, error))
        return FALSE;
    if (change->to->kind == LOOM_LINK_BOND && !loom_link_change_bond(change, error))
        return FALSE;
    if (change->to->kind == LOOM_LINK_PHYSICAL && DIFFERS(pending, master) &&
        !loom_link_change_team(change, error))
        return FALSE;
    pending = loom_link_change_pending(change);
    if (!pending && change->now.is_up == change->up)
        return TRUE;
    g_autoptr(LoomMessage) message = make_message(change, pending);
    if (!message)
        return loom_kernel_refuse_missing(error, change->to->master);
    number = loom_netlink_run_one(change->kernel->netlink, message);
    if (number == EBUSY && DIFFERS(pending, mac) && change->now.is_up)
        number = send_down(change, pending);
    return !number || refuse(change, number, error);
}

/* --- create ---------------------------------------------------------------------------------- */

static void
put_peer(LoomMessage *message, const LoomLink *to)
{
    struct ifinfomsg header = {.ifi_family = AF_UNSPEC};
    struct nlattr *data = nla_nest_start(message, IFLA_INFO_DATA);
    struct nlattr *peer = nla_nest_start(message, VETH_INFO_PEER);

    nlmsg_append(message, &header, sizeof header, NLMSG_ALIGNTO);
    nla_put_string(message, IFLA_IFNAME, to->peer);
    nla_put_u32(message, IFLA_GROUP, LOOM_KERNEL_GROUP);
    nla_nest_end(message, peer);
    nla_nest_end(message, data);
}

/*
 * A bridge follows the MTU of what is in it, unless it was told one. It counts as told only what
 * changes it: so it begins with another.
 */
static guint32
first_mtu(const LoomLink *to)
{
    if (to->kind != LOOM_LINK_BRIDGE)
        return (guint32)to->mtu;
    return (guint32)(to->mtu == 65535 ? to->mtu - 1 : to->mtu + 1);
}

static LoomMessage *
creating_message(const LoomLink *to)
{
    struct ifinfomsg header = {.ifi_family = AF_UNSPEC};
    LoomMessage *message =
        loom_netlink_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof header);
    struct nlattr *info;

    nla_put_string(message, IFLA_IFNAME, to->name);
    nla_put_u32(message, IFLA_GROUP, LOOM_KERNEL_GROUP);
    if (to->mac)
        loom_wire_put(message, &mac_row, to);
    if (LOOM_HAS(to, mtu))
        nla_put_u32(message, IFLA_MTU, first_mtu(to));
    info = nla_nest_start(message, IFLA_LINKINFO);
    nla_put_string(message, IFLA_INFO_KIND, loom_link_kind_word(to->kind));
    if (to->kind == LOOM_LINK_VETH && to->peer)
        put_peer(message, to);
    nla_nest_end(message, info);
    return message;
}

/* As the kernel makes a veth, so that nobody needs to ask. */
static LoomLinkSeen
fresh_veth(const LoomKernel *kernel, const char *name, const char *peer)
{
    LoomLinkSeen seen = {.record = loom_record_new(&loom_link_kind),
                         .index = loom_kernel_find_index(kernel, name)};

    LOOM_SET(seen.record, name, name);
    LOOM_SET_NUMBER(seen.record, kind, LOOM_LINK_VETH);
    LOOM_SET_NUMBER(seen.record, ours, TRUE);
    LOOM_SET_NUMBER(seen.record, up, FALSE);
    LOOM_SET_NUMBER(seen.record, autoconf, kernel->links_take_autoconf);
    LOOM_SET_NUMBER(seen.record, linklocal, kernel->links_take_linklocal);
    LOOM_SET_NUMBER(seen.record, strictarp, FALSE);
    LOOM_SET(seen.record, peer, peer);
    return seen;
}

static gboolean
refuse_foreign(const LoomLink *to, GError **error)
{
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                _("Link '%s' or the other end of it exists, and is not virt-loom's or of another "
                  "kind"),
                to->name);
    return FALSE;
}

/* What was made just now, or by an earlier run. */
static gboolean
look_at(LoomLinkChange *change, int number, GError **error)
{
    const LoomLink *to = change->to;

    if (!number && to->kind == LOOM_LINK_VETH) {
        change->now = fresh_veth(change->kernel, to->name, to->peer);
        LOOM_SET(change->now.record, mac, to->mac);
        if (LOOM_HAS(to, mtu))
            LOOM_SET_NUMBER(change->now.record, mtu, to->mtu);
        g_hash_table_add(change->kernel->fresh, g_strdup(to->peer));
        loom_kernel_note_made(change->kernel, to->name);
        loom_kernel_note_made(change->kernel, to->peer);
        return TRUE;
    }
    if (!loom_link_change_refresh(change, error)) {
        if (number != EEXIST)
            return FALSE;
        g_clear_error(error);
        return refuse_foreign(to, error);
    }
    return (change->now.record->ours && change->now.record->kind == to->kind) ||
           refuse_foreign(to, error);
}

static gboolean
create(LoomLinkChange *change, GError **error)
{
    const LoomLink *to = change->to;
    int number;

    if (!loom_link_kind_word(to->kind) || (to->kind == LOOM_LINK_VETH && !to->peer)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_UNSUPPORTED,
                    _("virt-loom does not make a link such as '%s'"), to->name);
        return FALSE;
    }
    if (to->kind == LOOM_LINK_VETH && g_hash_table_remove(change->kernel->fresh, to->name)) {
        change->now = fresh_veth(change->kernel, to->name, to->peer);
        return agree(change, error);
    }
    g_autoptr(LoomMessage) message = creating_message(to);
    number = loom_netlink_run_one(change->kernel->netlink, message);
    if (number && number != EEXIST) {
        loom_netlink_set_error(change->kernel->netlink, error, number,
                               _("The kernel did not make link '%s'"), to->name);
        return FALSE;
    }
    return look_at(change, number, error) && agree(change, error);
}

/* --- steps ----------------------------------------------------------------------------------- */

static gboolean
delete_link(LoomKernel *kernel, const char *name, GError **error)
{
    struct ifinfomsg header = {.ifi_family = AF_UNSPEC};
    g_auto(LoomLinkSeen) seen = {0};
    GError *failure = NULL;
    int number;

    g_hash_table_remove(kernel->fresh, name);
    g_hash_table_remove(kernel->unguarded, name);
    if (!loom_kernel_find_link(kernel, name, &seen, &failure)) {
        if (failure)
            g_propagate_error(error, failure);
        return !failure;
    }
    if (!seen.record || !seen.record->ours) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("Link '%s' is not virt-loom's to delete"), name);
        return FALSE;
    }
    header.ifi_index = seen.index;
    g_autoptr(LoomMessage) message = loom_netlink_message(RTM_DELLINK, 0, &header, sizeof header);
    number = loom_netlink_run_one(kernel->netlink, message);
    if (!number || number == ENODEV)
        return TRUE;
    loom_netlink_set_error(kernel->netlink, error, number, _("The kernel did not delete link '%s'"),
                           name);
    return FALSE;
}

/*
 * What is changed may change more: a NIC that leaves a bond is down and has another MTU, a bond's
 * mode sets other options. So all that TO states is made so again; but for the MAC, which a NIC in
 * a bond has from there.
 */
gboolean
loom_kernel_run_link(LoomKernel *kernel, const LoomStep *step, GError **error)
{
    const LoomLink *to = (const LoomLink *)step->to;
    gboolean is_create = step->verb == LOOM_STEP_CREATE, done;
    LoomLinkChange change = {
        .kernel = kernel, .to = to, .asked = is_create ? G_MAXUINT64 : step->changed};

    if (step->verb == LOOM_STEP_DELETE)
        return delete_link(kernel, step->key, error);
    if (is_create) {
        change.up = to->up;
        done = create(&change, error);
    } else {
        g_hash_table_remove(kernel->fresh, to->name);
        change.asked |= to->record.present & ~LOOM_BIT(loom_link_kind, LoomLink, mac);
        done = loom_link_change_refresh(&change, error);
        change.up = LOOM_HAS(to, up) ? to->up : change.now.is_up;
        done = done && agree(&change, error);
    }
    loom_link_seen_clear(&change.now);
    return done;
}
