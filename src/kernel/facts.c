/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel knows of this machine. */
#include "kernel/facts.h"

#include "base/error.h"
#include "base/i18n.h"

#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    LoomHost *host;
    GHashTable *names; /* of links, by index */
    int ioctl_socket;
} Gatherer;

static char *
format_mac(const struct nlattr *attribute)
{
    const guint8 *bytes = nla_data(attribute);

    return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3],
                           bytes[4], bytes[5]);
}

static gboolean
is_mac(const struct nlattr *attribute)
{
    return attribute && nla_len(attribute) == 6;
}

static gboolean
ask_driver(const Gatherer *gatherer, const char *name, gpointer data)
{
    struct ifreq request = {.ifr_data = data};

    g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
    return ioctl(gatherer->ioctl_socket, SIOCETHTOOL, &request) == 0;
}

static void
set_driver(const Gatherer *gatherer, LoomLink *link)
{
    struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};

    if (!ask_driver(gatherer, link->name, &info))
        return;
    info.driver[sizeof info.driver - 1] = '\0';
    info.bus_info[sizeof info.bus_info - 1] = '\0';
    if (*info.driver)
        LOOM_TRY(link, driver, info.driver);
    LOOM_TRY(link, pci, info.bus_info); /* not every bus is PCI */
}

/* linux/ethtool.h: the first call tells how long the three masks are, the second brings them. */
static void
set_speed(const Gatherer *gatherer, LoomLink *link)
{
    union {
        struct ethtool_link_settings settings;
        guint8 room[sizeof(struct ethtool_link_settings) + 3 * 127 * sizeof(guint32)];
    } answer = {.settings.cmd = ETHTOOL_GLINKSETTINGS};

    if (!ask_driver(gatherer, link->name, &answer) || answer.settings.link_mode_masks_nwords >= 0)
        return;
    answer.settings.link_mode_masks_nwords = -answer.settings.link_mode_masks_nwords;
    if (ask_driver(gatherer, link->name, &answer) &&
        answer.settings.speed != (guint32)SPEED_UNKNOWN && answer.settings.speed)
        LOOM_SET_NUMBER(link, speed, answer.settings.speed);
}

static LoomLinkKind
link_kind(struct nlattr **attributes, const struct ifinfomsg *message)
{
    struct nlattr *info[IFLA_INFO_MAX + 1] = {NULL};
    const char *kind;

    if (attributes[IFLA_LINKINFO])
        nla_parse_nested(info, IFLA_INFO_MAX, attributes[IFLA_LINKINFO], NULL);
    kind = info[IFLA_INFO_KIND] ? nla_get_string(info[IFLA_INFO_KIND]) : NULL;
    if (!kind)
        return message->ifi_type == ARPHRD_ETHER ? LOOM_LINK_PHYSICAL : LOOM_LINK_OTHER;
    if (g_str_equal(kind, "veth"))
        return attributes[IFLA_LINK_NETNSID] ? LOOM_LINK_PHYSICAL : LOOM_LINK_VETH;
    if (g_str_equal(kind, "bond"))
        return LOOM_LINK_BOND;
    return g_str_equal(kind, "bridge") ? LOOM_LINK_BRIDGE : LOOM_LINK_OTHER;
}

static int
on_link(struct nl_msg *message, void *data)
{
    Gatherer *gatherer = data;
    struct ifinfomsg *header = nlmsg_data(nlmsg_hdr(message));
    struct nlattr *attributes[IFLA_MAX + 1] = {NULL};
    LoomLink *link;

    if (nlmsg_hdr(message)->nlmsg_type != RTM_NEWLINK || header->ifi_family != AF_UNSPEC ||
        nlmsg_parse(nlmsg_hdr(message), sizeof *header, attributes, IFLA_MAX, NULL) < 0 ||
        !attributes[IFLA_IFNAME] || header->ifi_flags & IFF_LOOPBACK)
        return NL_OK;
    link = loom_record_new(&loom_link_kind);
    /* a name that nobody would give, but the kernel accepts, is not ours to select */
    if (!loom_record_try(link, 0, nla_get_string(attributes[IFLA_IFNAME]))) {
        loom_record_free(link);
        return NL_OK;
    }
    LOOM_SET_NUMBER(link, kind, link_kind(attributes, header));
    LOOM_SET_NUMBER(link, up, !!(header->ifi_flags & IFF_UP));
    if (attributes[IFLA_MTU])
        LOOM_SET_NUMBER(link, mtu, nla_get_u32(attributes[IFLA_MTU]));
    if (is_mac(attributes[IFLA_ADDRESS])) {
        g_autofree char *mac = format_mac(attributes[IFLA_ADDRESS]);
        LOOM_TRY(link, mac, mac);
    }
    if (is_mac(attributes[IFLA_PERM_ADDRESS])) {
        g_autofree char *mac = format_mac(attributes[IFLA_PERM_ADDRESS]);
        LOOM_TRY(link, permanentmac, mac);
    }
    if (link->kind == LOOM_LINK_PHYSICAL) {
        set_driver(gatherer, link);
        set_speed(gatherer, link);
    }
    loom_record_add(gatherer->host, link);
    g_hash_table_insert(gatherer->names, GINT_TO_POINTER(header->ifi_index), link->name);
    return NL_OK;
}

static char *
format_address(int family, const struct nlattr *attribute)
{
    char text[INET6_ADDRSTRLEN];

    if (nla_len(attribute) != (family == AF_INET ? 4 : 16))
        return NULL;
    return g_strdup(inet_ntop(family, nla_data(attribute), text, sizeof text));
}

static int
on_address(struct nl_msg *message, void *data)
{
    Gatherer *gatherer = data;
    struct ifaddrmsg *header = nlmsg_data(nlmsg_hdr(message));
    struct nlattr *attributes[IFA_MAX + 1] = {NULL};
    const struct nlattr *given;
    const char *name;
    LoomAddress *address;

    if (nlmsg_hdr(message)->nlmsg_type != RTM_NEWADDR ||
        nlmsg_parse(nlmsg_hdr(message), sizeof *header, attributes, IFA_MAX, NULL) < 0)
        return NL_OK;
    name = g_hash_table_lookup(gatherer->names, GINT_TO_POINTER((int)header->ifa_index));
    given = attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
    if (!name || !given)
        return NL_OK;

    g_autofree char *text = format_address(header->ifa_family, given);
    if (!text)
        return NL_OK;
    address = loom_record_new(&loom_address_kind);
    LOOM_SET(address, link, name);
    LOOM_SET(address, address, text);
    LOOM_SET_NUMBER(address, prefix, header->ifa_prefixlen);
    /* what has a lifetime was learnt: by DHCP, or for IPv6 mostly from routers */
    LOOM_SET(address, origin,
             header->ifa_flags & IFA_F_PERMANENT ? "static"
             : header->ifa_family == AF_INET     ? "dhcp"
                                                 : "ra");
    loom_record_add(gatherer->host, address);
    return NL_OK;
}

static const char *
format_protocol(unsigned protocol)
{
    switch (protocol) {
    case RTPROT_KERNEL:
        return "kernel";
    case RTPROT_BOOT:
        return "boot";
    case RTPROT_STATIC:
        return "static";
    case RTPROT_RA:
        return "ra";
    case RTPROT_DHCP:
        return "dhcp";
    default:
        return "other";
    }
}

static void
add_route(const Gatherer *gatherer, const struct rtmsg *header, struct nlattr **attributes,
          const char *name)
{
    g_autofree char *to = attributes[RTA_DST]
                              ? format_address(header->rtm_family, attributes[RTA_DST])
                              : g_strdup(header->rtm_family == AF_INET ? "0.0.0.0" : "::");
    g_autofree char *destination = g_strdup_printf("%s/%u", to, header->rtm_dst_len);
    g_autofree char *gateway = attributes[RTA_GATEWAY]
                                   ? format_address(header->rtm_family, attributes[RTA_GATEWAY])
                                   : NULL;
    g_autofree char *source = attributes[RTA_PREFSRC]
                                  ? format_address(header->rtm_family, attributes[RTA_PREFSRC])
                                  : NULL;
    LoomRoute *route = loom_record_new(&loom_route_kind);

    LOOM_SET(route, link, name);
    LOOM_SET(route, destination, destination);
    LOOM_SET(route, gateway, gateway);
    LOOM_SET(route, source, source);
    LOOM_SET(route, protocol, format_protocol(header->rtm_protocol));
    if (attributes[RTA_PRIORITY])
        LOOM_SET_NUMBER(route, metric, nla_get_u32(attributes[RTA_PRIORITY]));
    if (attributes[RTA_TABLE])
        LOOM_SET_NUMBER(route, table, nla_get_u32(attributes[RTA_TABLE]));
    loom_record_add(gatherer->host, route);
}

static int
on_route(struct nl_msg *message, void *data)
{
    Gatherer *gatherer = data;
    struct rtmsg *header = nlmsg_data(nlmsg_hdr(message));
    struct nlattr *attributes[RTA_MAX + 1] = {NULL};
    const char *name;

    if (nlmsg_hdr(message)->nlmsg_type != RTM_NEWROUTE || header->rtm_type != RTN_UNICAST ||
        header->rtm_flags & RTM_F_CLONED ||
        nlmsg_parse(nlmsg_hdr(message), sizeof *header, attributes, RTA_MAX, NULL) < 0 ||
        !attributes[RTA_OIF])
        return NL_OK;
    name = g_hash_table_lookup(gatherer->names,
                               GINT_TO_POINTER((int)nla_get_u32(attributes[RTA_OIF])));
    /* the kernel makes its own again with the address */
    if (name && header->rtm_protocol != RTPROT_KERNEL)
        add_route(gatherer, header, attributes, name);
    return NL_OK;
}

static gboolean
dump(struct nl_sock *socket, int type, nl_recvmsg_msg_cb_t handler, Gatherer *gatherer,
     GError **error)
{
    struct nl_cb *callbacks = nl_cb_alloc(NL_CB_DEFAULT);
    struct rtgenmsg family = {.rtgen_family = AF_UNSPEC};
    int result;

    nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, handler, gatherer);
    result = nl_send_simple(socket, type, NLM_F_DUMP, &family, sizeof family);
    if (result >= 0)
        result = nl_recvmsgs(socket, callbacks);
    nl_cb_put(callbacks);
    if (result >= 0)
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("Cannot read this machine's links: %s"),
                nl_geterror(result));
    return FALSE;
}

static gboolean
gather(Gatherer *gatherer, struct nl_sock *socket, GError **error)
{
    int result = nl_connect(socket, NETLINK_ROUTE);

    if (result < 0) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("Cannot speak with the kernel: %s"),
                    nl_geterror(result));
        return FALSE;
    }
    return dump(socket, RTM_GETLINK, on_link, gatherer, error) &&
           dump(socket, RTM_GETADDR, on_address, gatherer, error) &&
           dump(socket, RTM_GETROUTE, on_route, gatherer, error);
}

LoomHost *
loom_kernel_gather_facts(const char *name, GError **error)
{
    g_autoptr(LoomHost) host = loom_host_new();
    g_autoptr(GHashTable) names = g_hash_table_new(NULL, NULL);
    Gatherer gatherer = {host, names, socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    struct nl_sock *netlink = nl_socket_alloc();
    gboolean done = gather(&gatherer, netlink, error);

    nl_socket_free(netlink);
    if (gatherer.ioctl_socket >= 0)
        close(gatherer.ioctl_socket);
    if (!done)
        return NULL;
    LOOM_SET(host, name, name);
    loom_host_sort(host);
    return g_steal_pointer(&host);
}
