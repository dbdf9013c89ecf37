/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses: read from and written to rtnetlink. */
#include "kernel/session.h"

#include "base/error.h"
#include "base/i18n.h"
#include "kernel/words.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/if_addr.h>
#include <string.h>

/* --- reading --------------------------------------------------------------------------------- */

static gboolean
is_linklocal(const char *text)
{
    return g_str_has_prefix(text, "fe80:");
}

/* Who gave it: what has a lifetime was learnt; the kernel says of its own that it made them. */
static const char *
origin_of(const struct ifaddrmsg *header, guint32 flags, int protocol, const char *text)
{
    if (header->ifa_family == AF_INET)
        return flags & IFA_F_PERMANENT ? "static" : "dhcp";
    if (protocol == IFAPROT_KERNEL_RA || flags & (IFA_F_MANAGETEMPADDR | IFA_F_TEMPORARY))
        return "ra";
    if (protocol == IFAPROT_KERNEL_LL ||
        (protocol < 0 && flags & IFA_F_PERMANENT && is_linklocal(text)))
        return "kernel";
    if (flags & IFA_F_PERMANENT)
        return "static";
    return header->ifa_prefixlen == 128 ? "dhcp" : "ra"; /* DHCPv6 hands out single addresses */
}

/* Not there until nobody else turned out to have it; without a carrier nobody can be asked. */
static gboolean
is_there(guint32 flags, const LoomLinkSeen *link)
{
    return !(flags & IFA_F_DADFAILED) &&
           (!(flags & IFA_F_TENTATIVE) || flags & IFA_F_OPTIMISTIC || !link->is_running);
}

static void
read_ipv4(LoomAddress *address, const struct ifaddrmsg *header, struct nlattr **found)
{
    const char *label = found[IFA_LABEL] ? nla_get_string(found[IFA_LABEL]) : address->link;
    g_autofree char *broadcast = loom_wire_format_address(AF_INET, found[IFA_BROADCAST]);
    g_autofree char *scope = loom_word_format(loom_word_scopes, header->ifa_scope);

    if (!g_str_equal(label, address->link)) /* else it is the kernel's default */
        LOOM_TRY(address, label, label);
    LOOM_SET(address, broadcast, broadcast);
    LOOM_SET(address, scope, scope);
}

/* How long it is good for, in seconds; 0: for ever. */
static guint32
lifetime_of(struct nlattr **found)
{
    const struct ifa_cacheinfo *times =
        found[IFA_CACHEINFO] && nla_len(found[IFA_CACHEINFO]) >= (int)sizeof *times
            ? nla_data(found[IFA_CACHEINFO])
            : NULL;

    return times && times->ifa_valid != G_MAXUINT32 ? times->ifa_valid : 0;
}

static LoomAddress *
read_address(const struct ifaddrmsg *header, struct nlattr **found, guint32 flags,
             const LoomLinkSeen *link, const char *text)
{
    g_autofree char *peer = found[IFA_LOCAL] && found[IFA_ADDRESS]
                                ? loom_wire_format_address(header->ifa_family, found[IFA_ADDRESS])
                                : NULL;
    int protocol = found[IFA_PROTO] ? nla_get_u8(found[IFA_PROTO]) : -1;
    LoomAddress *address = loom_record_new(&loom_address_kind);

    LOOM_SET(address, link, link->record->name);
    LOOM_SET(address, address, text);
    LOOM_SET_NUMBER(address, prefix, header->ifa_prefixlen);
    LOOM_SET(address, origin, origin_of(header, flags, protocol, text));
    if (g_strcmp0(peer, text) != 0)
        LOOM_SET(address, peer, peer);
    if (header->ifa_family == AF_INET)
        read_ipv4(address, header, found);
    LOOM_SET_NUMBER(address, noprefixroute, !!(flags & IFA_F_NOPREFIXROUTE));
    LOOM_SET_NUMBER(address, metric,
                    found[IFA_RT_PRIORITY] ? nla_get_u32(found[IFA_RT_PRIORITY]) : 0);
    return address;
}

void
loom_kernel_read_address(const struct nlmsghdr *message, gpointer data)
{
    const LoomReading *reading = data;
    const struct ifaddrmsg *header = nlmsg_data(message);
    struct nlattr *found[IFA_MAX + 1] = {NULL};
    const LoomLinkSeen *link;
    guint32 flags;

    if (message->nlmsg_type != RTM_NEWADDR ||
        !loom_netlink_parse(message, sizeof *header, found, IFA_MAX))
        return;
    g_autofree char *text = loom_wire_format_address(
        header->ifa_family, found[IFA_LOCAL] ? found[IFA_LOCAL] : found[IFA_ADDRESS]);
    flags = found[IFA_FLAGS] ? nla_get_u32(found[IFA_FLAGS]) : header->ifa_flags;
    link = loom_reading_find(reading, (int)header->ifa_index);
    if (text && reading->held && !(flags & IFA_F_DADFAILED))
        g_hash_table_insert(reading->held, g_strdup(text), GUINT_TO_POINTER(lifetime_of(found)));
    if (flags & IFA_F_NOPREFIXROUTE)
        ((LoomReading *)data)->has_noprefixroute = TRUE;
    if (text && link && is_there(flags, link))
        loom_record_add(reading->host, read_address(header, found, flags, link, text));
}

/* --- steps ----------------------------------------------------------------------------------- */

static LoomMessage *
make_message(int type, int flags, const LoomAddress *address, int index, guint32 address_flags)
{
    struct ifaddrmsg header = {
        .ifa_family = strchr(address->address, ':') ? AF_INET6 : AF_INET,
        .ifa_prefixlen = (guint8)address->prefix,
        .ifa_index = (guint32)index,
    };
    LoomMessage *message;

    if (address->scope)
        loom_word_parse(loom_word_scopes, address->scope, &header.ifa_scope);
    message = loom_netlink_message(type, flags, &header, sizeof header);
    loom_wire_put_address(message, IFA_LOCAL, address->address);
    loom_wire_put_address(message, IFA_ADDRESS, address->peer ? address->peer : address->address);
    if (type == RTM_DELADDR)
        return message;
    if (address->broadcast)
        loom_wire_put_address(message, IFA_BROADCAST, address->broadcast);
    if (address->label)
        nla_put_string(message, IFA_LABEL, address->label);
    if (address->metric)
        nla_put_u32(message, IFA_RT_PRIORITY, (guint32)address->metric);
    if (address->noprefixroute)
        address_flags |= IFA_F_NOPREFIXROUTE;
    nla_put_u32(message, IFA_FLAGS, address_flags);
    return message;
}

/* What a DHCP client had, another goes on with, for as long as the lease has left. */
static void
put_lifetime(LoomKernel *kernel, LoomMessage *message, const LoomAddress *address)
{
    guint32 left = g_strcmp0(address->origin, "dhcp") == 0
                       ? GPOINTER_TO_UINT(g_hash_table_lookup(kernel->held, address->address))
                       : 0;
    const struct ifa_cacheinfo times = {.ifa_prefered = left, .ifa_valid = left};

    if (left)
        nla_put(message, IFA_CACHEINFO, sizeof times, &times);
}

static gboolean
put(LoomKernel *kernel, const LoomAddress *address, int index, GError **error)
{
    gboolean is_held = g_hash_table_contains(kernel->held, address->address);
    g_autoptr(LoomMessage) message = make_message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE,
                                                  address, index, is_held ? IFA_F_NODAD : 0);
    int number;

    put_lifetime(kernel, message, address);
    number = loom_netlink_run_one(kernel->netlink, message);
    if (number) {
        loom_netlink_set_error(kernel->netlink, error, number,
                               _("The kernel refused the address %s/%" PRIu64 " on link '%s'"),
                               address->address, address->prefix, address->link);
        return FALSE;
    }
    if (is_held) /* a new one can wait until all is done, and others' answers are in */
        loom_kernel_announce(kernel, address->link, address->address);
    return TRUE;
}

static gboolean
delete_message(LoomKernel *kernel, const LoomAddress *address, int index, GError **error)
{
    g_autoptr(LoomMessage) message = make_message(RTM_DELADDR, 0, address, index, 0);
    int number = loom_netlink_run_one(kernel->netlink, message);

    if (!number || number == EADDRNOTAVAIL || number == ENODEV)
        return TRUE;
    loom_netlink_set_error(kernel->netlink, error, number,
                           _("The kernel did not delete the address %s/%" PRIu64 " on link '%s'"),
                           address->address, address->prefix, address->link);
    return FALSE;
}

/* Unless told to promote another, the kernel deletes with a subnet's first address all in it. */
static gboolean
delete_address(LoomKernel *kernel, const LoomAddress *address, int index, GError **error)
{
    static const char option[] = "promote_secondaries";
    gboolean is_ipv6 = strchr(address->address, ':') != NULL, done;

    if (is_ipv6 || loom_kernel_read_sysctl("ipv4", address->link, option) != 0)
        return delete_message(kernel, address, index, error);
    if (!loom_kernel_write_sysctl("ipv4", address->link, option, 1, error))
        return FALSE;
    done = delete_message(kernel, address, index, error);
    return loom_kernel_write_sysctl("ipv4", address->link, option, 0, done ? error : NULL) && done;
}

/* The routes of a link as they are, to be sent again. */
typedef struct {
    guint32 index;
    GPtrArray *messages;
} Routes;

static void
keep_route(const struct nlmsghdr *message, gpointer data)
{
    const struct rtmsg *header = nlmsg_data(message);
    struct nlattr *found[RTA_MAX + 1] = {NULL};
    Routes *routes = data;

    if (message->nlmsg_type != RTM_NEWROUTE ||
        !loom_netlink_parse(message, sizeof *header, found, RTA_MAX) || !found[RTA_OIF] ||
        nla_get_u32(found[RTA_OIF]) != routes->index || header->rtm_protocol == RTPROT_KERNEL ||
        header->rtm_protocol == RTPROT_RA || header->rtm_family != AF_INET)
        return;
    LoomMessage *copy = nlmsg_convert((struct nlmsghdr *)message);
    nlmsg_hdr(copy)->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE;
    g_ptr_array_add(routes->messages, copy);
}

static void
free_message(gpointer message)
{
    nlmsg_free(message);
}

/* What the kernel changes only by making it again; the routes that it drops meanwhile come back. */
static gboolean
make_again(LoomKernel *kernel, const LoomStep *step, int index, GError **error)
{
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(free_message);
    struct rtmsg any = {.rtm_family = AF_INET};
    g_autoptr(LoomMessage) request = loom_netlink_message(RTM_GETROUTE, 0, &any, sizeof any);
    Routes routes = {(guint32)index, messages};
    int number = loom_netlink_dump(kernel->netlink, request, keep_route, &routes);

    if (number) {
        loom_netlink_set_error(kernel->netlink, error, number,
                               _("Cannot read the routes of this machine"));
        return FALSE;
    }
    if (!delete_address(kernel, (const LoomAddress *)step->from, index, error) ||
        !put(kernel, (const LoomAddress *)step->to, index, error))
        return FALSE;
    for (guint i = 0; i < messages->len; i++) /* what cannot come back shows when it is observed */
        loom_netlink_run_one(kernel->netlink, messages->pdata[i]);
    return TRUE;
}

gboolean
loom_kernel_run_address(LoomKernel *kernel, const LoomStep *step, GError **error)
{
    const LoomAddress *address = (const LoomAddress *)(step->to ? step->to : step->from);
    int index = loom_kernel_find_index(kernel, address->link);
    guint64 live = LOOM_BIT(loom_address_kind, LoomAddress, metric);
    guint8 octets[16];

    if (!index)
        return step->verb == LOOM_STEP_DELETE || loom_kernel_refuse_missing(error, address->link);
    if (!loom_wire_parse_address(address->address, octets)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID, _("'%s' on link '%s' is no address"),
                    address->address, address->link);
        return FALSE;
    }
    if (step->verb == LOOM_STEP_DELETE)
        return delete_address(kernel, address, index, error);
    if (step->verb == LOOM_STEP_CHANGE && !strchr(address->address, ':') && step->changed & ~live)
        return make_again(kernel, step, index, error);
    return put(kernel, address, index, error);
}
