/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports of bridges: VLANs, isolation and limits, over rtnetlink; beside their guards. */
#include "kernel/session.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/vlans.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <string.h>

#define MESSAGE_ROOM (20 * 1024) /* for every second VLAN: 2047 entries of 8 octets */

/* The VLANs of a port. */
typedef struct {
    unsigned pvid;
    LoomVlans untagged, tagged; /* by how their frames leave */
} Vlans;

/* --- reading --------------------------------------------------------------------------------- */

/* linux/if_bridge.h: one VLAN, or the two ends of a range. */
typedef struct {
    Vlans *vlans;
    unsigned begin;
} Range;

static void
add_entry(Range *range, unsigned vlan, unsigned flags)
{
    LoomVlans *set =
        flags & BRIDGE_VLAN_INFO_UNTAGGED ? &range->vlans->untagged : &range->vlans->tagged;

    if (flags & BRIDGE_VLAN_INFO_RANGE_BEGIN) {
        range->begin = vlan;
        return;
    }
    for (unsigned i = flags & BRIDGE_VLAN_INFO_RANGE_END ? range->begin : vlan;
         i <= vlan && vlan <= LOOM_VLAN_MAX; i++)
        loom_vlans_add(set, i);
    if (flags & BRIDGE_VLAN_INFO_PVID)
        range->vlans->pvid = vlan;
}

static void
read_vlans(const struct nlattr *spec, Vlans *vlans)
{
    Range range = {vlans, 0};
    const struct nlattr *item;
    int left;

    nla_for_each_nested(item, spec, left)
    {
        const struct bridge_vlan_info *info = nla_data(item);

        if (nla_type(item) == IFLA_BRIDGE_VLAN_INFO && nla_len(item) >= (int)sizeof *info)
            add_entry(&range, info->vid, info->flags);
    }
}

static void
remove_vlan(LoomVlans *vlans, unsigned vlan)
{
    vlans->bits[vlan / 64] &= ~(G_GUINT64_CONSTANT(1) << vlan % 64);
}

static void
describe(LoomPort *port, const Vlans *vlans)
{
    LoomVlans untagged = vlans->untagged;
    g_autofree char *others = NULL, *text = NULL;

    remove_vlan(&untagged, vlans->pvid);
    if (vlans->pvid)
        LOOM_SET_NUMBER(port, vlan, vlans->pvid);
    text = loom_vlans_format(&vlans->tagged);
    LOOM_SET(port, tagged, *text ? text : NULL);
    others = loom_vlans_format(&untagged);
    LOOM_SET(port, untagged, *others ? others : NULL);
}

/* Else it is no port that we speak of. */
static gboolean
says_something(const LoomPort *port)
{
    return port->vlan || port->tagged || port->untagged || port->isolated;
}

void
loom_kernel_read_port(const struct nlmsghdr *message, gpointer data)
{
    const LoomReading *reading = data;
    const struct ifinfomsg *header = nlmsg_data(message);
    struct nlattr *found[IFLA_MAX + 1] = {NULL}, *port_info[IFLA_BRPORT_MAX + 1] = {NULL};
    const LoomLinkSeen *link;
    LoomPort *port;
    Vlans vlans = {0};

    if (message->nlmsg_type != RTM_NEWLINK ||
        !loom_netlink_parse(message, sizeof *header, found, IFLA_MAX) ||
        header->ifi_family != AF_BRIDGE || !found[IFLA_PROTINFO]) /* a bridge's own */
        return;
    link = loom_reading_find(reading, header->ifi_index);
    if (!link)
        return;
    nla_parse_nested(port_info, IFLA_BRPORT_MAX, found[IFLA_PROTINFO], NULL);
    if (found[IFLA_AF_SPEC])
        read_vlans(found[IFLA_AF_SPEC], &vlans);
    port = loom_record_new(&loom_port_kind);
    LOOM_SET(port, link, link->record->name);
    describe(port, &vlans);
    if (port_info[IFLA_BRPORT_ISOLATED] && nla_get_u8(port_info[IFLA_BRPORT_ISOLATED]))
        LOOM_SET_NUMBER(port, isolated, TRUE);
    if (says_something(port))
        loom_record_add(reading->host, port);
    else
        loom_record_free(port);
}

/* One VLAN's, or one range's, part of an answer to RTM_GETVLAN. */
static void
add_vlan_entry(const struct nlattr *entry, Vlans *vlans)
{
    struct nlattr *found[BRIDGE_VLANDB_ENTRY_MAX + 1] = {NULL};
    const struct bridge_vlan_info *info;
    Range range = {vlans, 0};

    if (nla_type(entry) != BRIDGE_VLANDB_ENTRY ||
        nla_parse_nested(found, BRIDGE_VLANDB_ENTRY_MAX, (struct nlattr *)entry, NULL) < 0 ||
        !found[BRIDGE_VLANDB_ENTRY_INFO] ||
        nla_len(found[BRIDGE_VLANDB_ENTRY_INFO]) < (int)sizeof *info)
        return;
    info = nla_data(found[BRIDGE_VLANDB_ENTRY_INFO]);
    if (found[BRIDGE_VLANDB_ENTRY_RANGE]) {
        range.begin = info->vid;
        add_entry(&range, nla_get_u16(found[BRIDGE_VLANDB_ENTRY_RANGE]),
                  info->flags | BRIDGE_VLAN_INFO_RANGE_END);
    } else {
        add_entry(&range, info->vid, info->flags);
    }
}

static void
on_vlans(const struct nlmsghdr *message, gpointer data)
{
    const struct nlattr *item;
    int left;

    if (message->nlmsg_type != RTM_NEWVLAN ||
        nlmsg_datalen(message) < (int)sizeof(struct br_vlan_msg))
        return;
    nla_for_each_attr(item, nlmsg_attrdata(message, sizeof(struct br_vlan_msg)),
                      nlmsg_attrlen(message, sizeof(struct br_vlan_msg)), left)
        add_vlan_entry(item, data);
}

/* Those of one port, without a look at all others; 0 or an errno. A kernel that cannot filter VLANs
 * has none. */
static int
ask_vlans(LoomKernel *kernel, int index, Vlans *vlans)
{
    struct br_vlan_msg header = {.family = AF_BRIDGE, .ifindex = (guint32)index};
    g_autoptr(LoomMessage) request = loom_netlink_message(RTM_GETVLAN, 0, &header, sizeof header);
    int number = loom_netlink_dump(kernel->netlink, request, on_vlans, vlans);

    return number == EOPNOTSUPP ? 0 : number;
}

gboolean
loom_kernel_find_port(LoomKernel *kernel, const LoomLinkSeen *link, LoomHost *into, GError **error)
{
    LoomPort *port;
    Vlans vlans = {0};
    int number = ask_vlans(kernel, link->index, &vlans);

    if (number == ENODEV || number == EINVAL) /* it has just gone, or left its bridge */
        return TRUE;
    if (number) {
        loom_netlink_set_error(kernel->netlink, error, number,
                               _("Cannot read the VLANs of port '%s'"), link->record->name);
        return FALSE;
    }
    port = loom_record_new(&loom_port_kind);
    LOOM_SET(port, link, link->record->name);
    describe(port, &vlans);
    if (link->is_isolated)
        LOOM_SET_NUMBER(port, isolated, TRUE);
    if (says_something(port))
        loom_record_add(into, port);
    else
        loom_record_free(port);
    return TRUE;
}

/* --- steps ----------------------------------------------------------------------------------- */

/* The members of A that are not in B. */
static LoomVlans
without(const LoomVlans *a, const LoomVlans *b)
{
    LoomVlans result;

    for (size_t i = 0; i < G_N_ELEMENTS(result.bits); i++)
        result.bits[i] = a->bits[i] & ~b->bits[i];
    return result;
}

static gboolean
want(const LoomPort *port, Vlans *vlans)
{
    if (port && ((port->tagged && !loom_vlans_parse(port->tagged, &vlans->tagged)) ||
                 (port->untagged && !loom_vlans_parse(port->untagged, &vlans->untagged))))
        return FALSE;
    if (port && port->vlan && port->vlan <= LOOM_VLAN_MAX) {
        vlans->pvid = (unsigned)port->vlan;
        if (!loom_vlans_has(&vlans->tagged, vlans->pvid))
            loom_vlans_add(&vlans->untagged, vlans->pvid);
    }
    vlans->tagged = without(&vlans->tagged, &vlans->untagged);
    return TRUE;
}

static LoomVlans
both(const LoomVlans *a, const LoomVlans *b)
{
    LoomVlans result;

    for (size_t i = 0; i < G_N_ELEMENTS(result.bits); i++)
        result.bits[i] = a->bits[i] | b->bits[i];
    return result;
}

static LoomVlans
intersection(const LoomVlans *a, const LoomVlans *b)
{
    LoomVlans result;

    for (size_t i = 0; i < G_N_ELEMENTS(result.bits); i++)
        result.bits[i] = a->bits[i] & b->bits[i];
    return result;
}

/* Tells how the frames of VLAN leave. */
static unsigned
exit_of(const Vlans *vlans, unsigned vlan)
{
    return loom_vlans_has(&vlans->untagged, vlan) ? BRIDGE_VLAN_INFO_UNTAGGED : 0;
}

static void
put_entry(LoomMessage *message, unsigned vlan, unsigned flags)
{
    struct bridge_vlan_info info = {.flags = (guint16)flags, .vid = (guint16)vlan};

    nla_put(message, IFLA_BRIDGE_VLAN_INFO, sizeof info, &info);
}

static void
put_ranges(LoomMessage *message, const LoomVlans *vlans, unsigned flags)
{
    for (unsigned first = loom_vlans_next(vlans, 1), last; first;
         first = loom_vlans_next(vlans, last + 1)) {
        for (last = first; last < LOOM_VLAN_MAX && loom_vlans_has(vlans, last + 1);)
            last++;
        if (first == last) {
            put_entry(message, first, flags);
        } else {
            put_entry(message, first, flags | BRIDGE_VLAN_INFO_RANGE_BEGIN);
            put_entry(message, last, flags | BRIDGE_VLAN_INFO_RANGE_END);
        }
    }
}

static LoomMessage *
start_message(int type, int index)
{
    struct ifinfomsg header = {.ifi_family = AF_BRIDGE, .ifi_index = index};
    LoomMessage *message = nlmsg_alloc_size(MESSAGE_ROOM);

    if (!message || !nlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, type, 0, 0) ||
        nlmsg_append(message, &header, sizeof header, NLMSG_ALIGNTO) < 0)
        g_error("out of memory for a message to the kernel");
    nlmsg_hdr(message)->nlmsg_flags = NLM_F_REQUEST;
    return message;
}

/* Sets isolation, and adds what IS lacks of WANTED, as it should leave. */
static LoomMessage *
adding_message(int index, gboolean isolated, const Vlans *is, const Vlans *wanted)
{
    LoomMessage *message = start_message(RTM_SETLINK, index);
    LoomVlans tagged = without(&wanted->tagged, &is->tagged);
    LoomVlans untagged = without(&wanted->untagged, &is->untagged);
    struct nlattr *nest = nla_nest_start(message, IFLA_PROTINFO);

    nla_put_u8(message, IFLA_BRPORT_ISOLATED, (guint8)isolated);
    nla_nest_end(message, nest);
    nest = nla_nest_start(message, IFLA_AF_SPEC);
    if (is->pvid && is->pvid != wanted->pvid) /* no longer the pvid */
        loom_vlans_add(loom_vlans_has(&wanted->tagged, is->pvid) ? &tagged : &untagged, is->pvid);
    untagged = intersection(&untagged, &wanted->untagged);
    remove_vlan(&untagged, wanted->pvid);
    remove_vlan(&tagged, wanted->pvid);
    put_ranges(message, &tagged, 0);
    put_ranges(message, &untagged, BRIDGE_VLAN_INFO_UNTAGGED);
    if (wanted->pvid &&
        (is->pvid != wanted->pvid || exit_of(is, wanted->pvid) != exit_of(wanted, wanted->pvid)))
        put_entry(message, wanted->pvid, BRIDGE_VLAN_INFO_PVID | exit_of(wanted, wanted->pvid));
    nla_nest_end(message, nest);
    return message;
}

/* Takes away what is not wanted; NULL: nothing. */
static LoomMessage *
removing_message(int index, const Vlans *is, const Vlans *wanted)
{
    LoomVlans had = both(&is->tagged, &is->untagged);
    LoomVlans stay = both(&wanted->tagged, &wanted->untagged);
    LoomVlans gone = without(&had, &stay);
    LoomMessage *message;
    struct nlattr *nest;

    if (loom_vlans_is_empty(&gone))
        return NULL;
    message = start_message(RTM_DELLINK, index);
    nest = nla_nest_start(message, IFLA_AF_SPEC);
    put_ranges(message, &gone, 0);
    nla_nest_end(message, nest);
    return message;
}

static void
free_message(gpointer message)
{
    nlmsg_free(message);
}

/* PORT NULL: it is to be as the kernel makes one in a bridge without a default pvid. */
static int
set_port(LoomKernel *kernel, int index, const LoomPort *port)
{
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(free_message);
    Vlans is = {0}, wanted = {0};
    LoomMessage *removing;
    int number;

    if (!want(port, &wanted))
        return EINVAL;
    number = ask_vlans(kernel, index, &is);
    if (number)
        return number;
    g_ptr_array_add(messages, adding_message(index, port && port->isolated, &is, &wanted));
    removing = removing_message(index, &is, &wanted);
    if (removing)
        g_ptr_array_add(messages, removing);
    return loom_netlink_run(kernel->netlink, messages);
}

/* A tap's MTU is the port's affair: the link is libvirt's. */
static int
set_mtu(LoomKernel *kernel, int index, const LoomPort *port)
{
    struct ifinfomsg header = {.ifi_family = AF_UNSPEC, .ifi_index = index};
    g_autoptr(LoomMessage) message = loom_netlink_message(RTM_NEWLINK, 0, &header, sizeof header);

    if (!LOOM_HAS(port, mtu))
        return 0;
    nla_put_u32(message, IFLA_MTU, (guint32)port->mtu);
    return loom_netlink_run_one(kernel->netlink, message);
}

static gboolean
fail(LoomKernel *kernel, GError **error, int number, const char *link)
{
    loom_netlink_set_error(kernel->netlink, error, number,
                           _("The kernel refused the VLANs, isolation or MTU of port '%s'"), link);
    return FALSE;
}

/* Nothing passes it then, but its guards stay. Who left the bridge is no port any more. */
static gboolean
close_port(LoomKernel *kernel, const char *link, GError **error)
{
    int index = loom_kernel_find_index(kernel, link), number, popped;

    if (!index)
        return TRUE;
    if (!loom_kernel_limit_port(kernel, link, 0, 0, error))
        return FALSE;
    popped = loom_kernel_set_pop(kernel, index, FALSE);
    number = set_port(kernel, index, NULL);
    number = number ? number : popped;
    return !number || number == EINVAL || number == ENODEV || number == EOPNOTSUPP ||
           fail(kernel, error, number, link);
}

gboolean
loom_kernel_close_ports(LoomBackend *backend, const GPtrArray *links, GError **error)
{
    LoomKernel *kernel = (LoomKernel *)backend;

    for (guint i = 0; i < links->len; i++)
        if (!close_port(kernel, links->pdata[i], error))
            return FALSE;
    return loom_kernel_remove_guards(kernel, links, error);
}

/* Guarded before anything passes. */
static gboolean
open_port(LoomKernel *kernel, const LoomPort *port, GError **error)
{
    int index = loom_kernel_find_index(kernel, port->link), number;

    if (!index)
        return loom_kernel_refuse_missing(error, port->link);
    if (!loom_kernel_set_guards(kernel, port, error) ||
        !loom_kernel_limit_port(kernel, port->link, port->max, port->maxin, error))
        return FALSE;
    /* what it could not do, the next look finds */
    (void)loom_kernel_set_pop(kernel, index, port->prioritypop);
    number = set_mtu(kernel, index, port);
    if (!number)
        number = set_port(kernel, index, port);
    return !number || fail(kernel, error, number, port->link);
}

gboolean
loom_kernel_run_port(LoomKernel *kernel, const LoomStep *step, GError **error)
{
    const LoomPort *port = (const LoomPort *)(step->to ? step->to : step->from);
    g_autoptr(GPtrArray) links = NULL;

    if (!port->link) /* a pattern: the hooks' */
        return TRUE;
    if (step->to)
        return open_port(kernel, port, error);
    links = g_ptr_array_new();
    g_ptr_array_add(links, port->link);
    return loom_kernel_close_ports(&kernel->backend, links, error);
}
