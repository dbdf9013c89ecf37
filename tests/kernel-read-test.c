/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel/: what the kernel tells of what hangs on a link. */
#include "hosts.h"
#include "test.h"

#include "kernel/session.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_bridge.h>
#include <linux/neighbour.h>
#include <string.h>

typedef struct {
    LoomHost *host;
    GHashTable *links, *held;
    LoomLinkSeen link; /* eth7, of index 7 */
    LoomReading reading;
} Fixture;

static int
set_up(void **state)
{
    Fixture *fixture = g_new0(Fixture, 1);
    struct ifinfomsg header = {
        .ifi_type = ARPHRD_ETHER, .ifi_index = 7, .ifi_flags = IFF_UP | IFF_LOWER_UP};
    g_autoptr(LoomMessage) message = loom_netlink_message(RTM_NEWLINK, 0, &header, sizeof header);

    nla_put_string(message, IFLA_IFNAME, "eth7");
    fixture->host = loom_host_new();
    fixture->links = g_hash_table_new(NULL, NULL);
    fixture->held = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    assert_true(loom_link_parse(nlmsg_hdr(message), &fixture->link));
    g_hash_table_insert(fixture->links, GINT_TO_POINTER(7), &fixture->link);
    fixture->reading = (LoomReading){fixture->host, fixture->links, fixture->held};
    *state = fixture;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *fixture = *state;

    loom_link_seen_clear(&fixture->link);
    loom_host_free(fixture->host);
    g_hash_table_unref(fixture->links);
    g_hash_table_unref(fixture->held);
    g_free(fixture);
    return 0;
}

/* What the host has of KIND, as one line each; and then it has none. */
static void
assert_read(Fixture *fixture, const LoomKind *kind, const char *xml)
{
    GPtrArray *list = loom_host_list(fixture->host, kind);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < list->len; i++)
        loom_record_format(list->pdata[i], 0, text);
    assert_string_equal(text->str, xml);
    g_ptr_array_set_size(list, 0);
}

static void
read_address(Fixture *fixture, const char *address, guint32 flags, int protocol)
{
    struct ifaddrmsg header = {.ifa_family = strchr(address, ':') ? AF_INET6 : AF_INET,
                               .ifa_prefixlen = 64,
                               .ifa_index = 7};
    g_autoptr(LoomMessage) message = loom_netlink_message(RTM_NEWADDR, 0, &header, sizeof header);

    loom_wire_put_address(message, IFA_ADDRESS, address);
    nla_put_u32(message, IFA_FLAGS, flags);
    if (protocol)
        nla_put_u8(message, IFA_PROTO, (guint8)protocol);
    loom_kernel_read_address(nlmsg_hdr(message), &fixture->reading);
}

static void
test_addresses(void **state)
{
    static const struct {
        const char *address;
        guint32 flags;
        int protocol;
        const char *origin; /* NULL: not there */
    } cases[] = {
        {"2001:db8::1", IFA_F_PERMANENT, 0, "static"},
        {"2001:db8::2", 0, IFAPROT_KERNEL_RA, "ra"},
        {"2001:db8::3", IFA_F_MANAGETEMPADDR, 0, "ra"},
        {"fe80::1", IFA_F_PERMANENT, IFAPROT_KERNEL_LL, "kernel"},
        {"fe80::2", IFA_F_PERMANENT, 0, "kernel"},
        {"fe80::3", IFA_F_PERMANENT, 99, "static"},
        {"2001:db8::4", IFA_F_PERMANENT | IFA_F_TENTATIVE, 0, NULL},
        {"2001:db8::5", IFA_F_PERMANENT | IFA_F_TENTATIVE | IFA_F_OPTIMISTIC, 0, "static"},
        {"2001:db8::6", IFA_F_PERMANENT | IFA_F_DADFAILED, 0, NULL},
    };
    Fixture *fixture = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const LoomAddress *address;

        read_address(fixture, cases[i].address, cases[i].flags, cases[i].protocol);
        assert_int_equal(fixture->host->addresses->len, cases[i].origin != NULL);
        if (!cases[i].origin)
            continue;
        address = fixture->host->addresses->pdata[0];
        assert_string_equal(address->address, cases[i].address);
        assert_string_equal(address->origin, cases[i].origin);
        g_ptr_array_set_size(fixture->host->addresses, 0);
    }
    /* held is what is not known to be somebody else's */
    assert_true(g_hash_table_contains(fixture->held, "2001:db8::4"));
    assert_false(g_hash_table_contains(fixture->held, "2001:db8::6"));
    /* without a carrier nobody can be asked */
    fixture->link.is_running = FALSE;
    read_address(fixture, "2001:db8::4", IFA_F_PERMANENT | IFA_F_TENTATIVE, 0);
    assert_int_equal(fixture->host->addresses->len, 1);
}

static void
put_vlan(LoomMessage *message, unsigned vlan, unsigned flags)
{
    struct bridge_vlan_info info = {.flags = (guint16)flags, .vid = (guint16)vlan};

    nla_put(message, IFLA_BRIDGE_VLAN_INFO, sizeof info, &info);
}

static void
test_port(void **state)
{
    Fixture *fixture = *state;
    struct ifinfomsg header = {.ifi_family = AF_BRIDGE, .ifi_index = 7};
    g_autoptr(LoomMessage) message = loom_netlink_message(RTM_NEWLINK, 0, &header, sizeof header);
    struct nlattr *nest = nla_nest_start(message, IFLA_PROTINFO);

    nla_put_u8(message, IFLA_BRPORT_ISOLATED, 1);
    nla_nest_end(message, nest);
    nest = nla_nest_start(message, IFLA_AF_SPEC);
    put_vlan(message, 1, 0);
    put_vlan(message, 5, BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED);
    put_vlan(message, 10, BRIDGE_VLAN_INFO_RANGE_BEGIN);
    put_vlan(message, 20, BRIDGE_VLAN_INFO_RANGE_END);
    put_vlan(message, 30, BRIDGE_VLAN_INFO_UNTAGGED); /* neither tagged nor the pvid: it shows */
    nla_nest_end(message, nest);
    loom_kernel_read_port(nlmsg_hdr(message), &fixture->reading);
    assert_read(fixture, &loom_port_kind,
                "<port link='eth7' vlan='5' tagged='1,10-20' untagged='30' isolated='yes'/>\n");
}

/* A port that passes nothing is none that anybody speaks of; a bridge's own entry is none at all.
 */
static void
test_no_port(void **state)
{
    Fixture *fixture = *state;
    struct ifinfomsg header = {.ifi_family = AF_BRIDGE, .ifi_index = 7};
    g_autoptr(LoomMessage) empty = loom_netlink_message(RTM_NEWLINK, 0, &header, sizeof header);
    g_autoptr(LoomMessage) own = loom_netlink_message(RTM_NEWLINK, 0, &header, sizeof header);
    struct nlattr *nest = nla_nest_start(empty, IFLA_PROTINFO);

    nla_put_u8(empty, IFLA_BRPORT_ISOLATED, 0);
    nla_nest_end(empty, nest);
    nest = nla_nest_start(own, IFLA_AF_SPEC);
    put_vlan(own, 1, BRIDGE_VLAN_INFO_PVID);
    nla_nest_end(own, nest);
    loom_kernel_read_port(nlmsg_hdr(empty), &fixture->reading);
    loom_kernel_read_port(nlmsg_hdr(own), &fixture->reading);
    assert_read(fixture, &loom_port_kind, "");
}

static LoomMessage *
route_message(int family, int protocol, int type)
{
    struct rtmsg header = {.rtm_family = (guint8)family,
                           .rtm_dst_len = family == AF_INET ? 8 : 32,
                           .rtm_protocol = (guint8)protocol,
                           .rtm_type = (guint8)type,
                           .rtm_table = RT_TABLE_MAIN};
    LoomMessage *message = loom_netlink_message(RTM_NEWROUTE, 0, &header, sizeof header);

    loom_wire_put_address(message, RTA_DST, family == AF_INET ? "10.0.0.0" : "2001:db8::");
    nla_put_u32(message, RTA_OIF, 7);
    return message;
}

static void
test_routes(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(LoomMessage) kernels = route_message(AF_INET, RTPROT_KERNEL, RTN_UNICAST);
    g_autoptr(LoomMessage) usual = route_message(AF_INET6, 99, RTN_UNICAST);
    g_autoptr(LoomMessage) object = route_message(AF_INET, RTPROT_DHCP, RTN_LOCAL);
    struct nlattr *metrics = nla_nest_start(object, RTA_METRICS);

    nla_put_u32(object, RTAX_MTU, 1400);
    nla_put_u32(object, RTAX_WINDOW, 1000);
    nla_nest_end(object, metrics);
    nla_put_u32(object, RTA_NH_ID, 5);
    nla_put_u32(usual, RTA_PRIORITY, 1024);
    loom_kernel_read_route(nlmsg_hdr(kernels), &fixture->reading);
    assert_read(fixture, &loom_route_kind, "");
    loom_kernel_read_route(nlmsg_hdr(usual), &fixture->reading);
    assert_read(fixture, &loom_route_kind,
                "<route link='eth7' destination='2001:db8::/32' table='254' protocol='99' "
                "onlink='no'/>\n");
    loom_kernel_read_route(nlmsg_hdr(object), &fixture->reading);
    assert_read(fixture, &loom_route_kind,
                "<route link='eth7' destination='10.0.0.0/8' table='254' protocol='dhcp' "
                "scope='global' onlink='no' mtu='1400' "
                "unsaid='metrics, a nexthop object, type local'/>\n");
}

static void
test_neighbours(void **state)
{
    static const guint16 states[] = {NUD_REACHABLE, NUD_STALE, NUD_NOARP, NUD_PERMANENT};
    Fixture *fixture = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
        struct ndmsg header = {.ndm_family = AF_INET, .ndm_ifindex = 7, .ndm_state = states[i]};
        g_autoptr(LoomMessage) message =
            loom_netlink_message(RTM_NEWNEIGH, 0, &header, sizeof header);

        loom_wire_put_address(message, NDA_DST, "192.0.2.1");
        loom_wire_put_mac(message, NDA_LLADDR, "0a:00:00:00:00:07");
        loom_kernel_read_neighbour(nlmsg_hdr(message), &fixture->reading);
    }
    assert_read(fixture, &loom_neighbour_kind,
                "<neighbour link='eth7' address='192.0.2.1' mac='0a:00:00:00:00:07'/>\n");
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_addresses), CASE(test_port),       CASE(test_no_port),
        CASE(test_routes),    CASE(test_neighbours),
    };

    return cmocka_run_group_tests_name("kernel-read", tests, NULL, NULL);
}
