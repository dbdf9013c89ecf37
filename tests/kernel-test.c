/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel/: the tables both ways, what messages of the kernel say, and what is taken out of a
 * target. */
#include "hosts.h"
#include "test.h"

#include "kernel/kernel.h"
#include "kernel/session.h"
#include "kernel/words.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <string.h>

/* --- tables ---------------------------------------------------------------------------------- */

/* Puts what FROM has at ROW on the wire and reads it into TO. */
static void
carry(const LoomWireRow *row, const LoomLink *from, LoomLink *to)
{
    struct ifinfomsg header = {0};
    g_autoptr(LoomMessage) message = loom_netlink_message(RTM_NEWLINK, 0, &header, sizeof header);
    struct nlattr *found[MAX(IFLA_BOND_MAX, IFLA_BR_MAX) + 1] = {NULL};

    assert_true(loom_wire_put(message, row, from));
    assert_true(
        loom_netlink_parse(nlmsg_hdr(message), sizeof header, found, G_N_ELEMENTS(found) - 1));
    assert_non_null(found[row->type]);
    loom_wire_read(found[row->type], row, to);
}

static void
assert_carried(const LoomWireRow *row, const char *value)
{
    const LoomAttribute *attribute = loom_wire_attribute(&loom_link_kind, row->offset);
    LoomLink *from = loom_record_new(&loom_link_kind), *to = loom_record_new(&loom_link_kind);
    g_autofree char *after = NULL;

    loom_record_set(from, row->offset, value);
    carry(row, from, to);
    after = loom_record_get(to, attribute);
    if (!loom_record_has(to, row->offset) || g_strcmp0(after, value) != 0)
        fail_msg("%s='%s' came back as '%s'", attribute->name, value, after);
    loom_record_free(from);
    loom_record_free(to);
}

static const char *
sample(const LoomWireRow *row)
{
    switch (row->form) {
    case LOOM_WIRE_MAC:
        return "0a:00:00:00:00:01";
    case LOOM_WIRE_INDEX:
        return "lo";
    case LOOM_WIRE_IPV4S:
        return "192.0.2.1 192.0.2.2";
    case LOOM_WIRE_IPV6S:
        return "2001:db8::1 2001:db8::2";
    default:
        return loom_wire_attribute(&loom_link_kind, row->offset)->type == &loom_type_yes_no ? "yes"
                                                                                            : "7";
    }
}

static void
test_rows(void **state G_GNUC_UNUSED)
{
    static const LoomLinkKind kinds[] = {LOOM_LINK_BOND, LOOM_LINK_BRIDGE};

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        size_t count;
        const LoomWireRow *rows = loom_link_rows(kinds[i], &count);

        for (size_t k = 0; k < count; k++) {
            if (!rows[k].words)
                assert_carried(&rows[k], sample(&rows[k]));
            for (size_t word = 0; rows[k].words && rows[k].words[word]; word++)
                assert_carried(&rows[k], rows[k].words[word]);
        }
    }
}

/* Every attribute of a bond or bridge that a fabric can state reaches the kernel. */
static void
test_rows_are_complete(void **state G_GNUC_UNUSED)
{
    size_t first =
        loom_wire_attribute(&loom_link_kind, offsetof(LoomLink, mode)) - loom_link_kind.attributes;
    size_t last = loom_wire_attribute(&loom_link_kind, offsetof(LoomLink, defaultpvid)) -
                  loom_link_kind.attributes;
    size_t bond, bridge;

    loom_link_rows(LOOM_LINK_BOND, &bond);
    loom_link_rows(LOOM_LINK_BRIDGE, &bridge);
    assert_int_equal(bond + bridge, last - first + 1);
}

static const LoomWireRow *
bond_row(int type)
{
    size_t count;
    const LoomWireRow *rows = loom_link_rows(LOOM_LINK_BOND, &count);

    while (rows->type != type)
        rows++;
    return rows;
}

static void
test_no_such_value(void **state G_GNUC_UNUSED)
{
    struct ifinfomsg header = {0};
    g_autoptr(LoomMessage) message = loom_netlink_message(RTM_NEWLINK, 0, &header, sizeof header);
    LoomLink *link = loom_record_new(&loom_link_kind);

    LOOM_SET(link, mode, "802.3AD");
    LOOM_SET(link, primary, "nobody-has-this");
    LOOM_SET(link, arpiptarget, "192.0.2.1 2001:db8::1");
    assert_false(loom_wire_put(message, bond_row(IFLA_BOND_MODE), link));
    assert_false(loom_wire_put(message, bond_row(IFLA_BOND_PRIMARY), link));
    assert_false(loom_wire_put(message, bond_row(IFLA_BOND_ARP_IP_TARGET), link));
    assert_int_equal(nlmsg_attrlen(nlmsg_hdr(message), sizeof header), 0);
    loom_record_free(link);
}

static void
test_modes(void **state G_GNUC_UNUSED)
{
    LoomLink *link = loom_record_new(&loom_link_kind);

    LOOM_SET(link, mode, "active-backup");
    assert_false(loom_link_row_applies(bond_row(IFLA_BOND_AD_LACP_RATE), link));
    assert_true(loom_link_row_applies(bond_row(IFLA_BOND_PRIMARY), link));
    assert_true(loom_link_row_applies(bond_row(IFLA_BOND_MIIMON), link));
    LOOM_SET(link, mode, "802.3ad");
    assert_true(loom_link_row_applies(bond_row(IFLA_BOND_AD_LACP_RATE), link));
    assert_false(loom_link_row_applies(bond_row(IFLA_BOND_ARP_INTERVAL), link));
    loom_record_free(link);
}

static void
test_words(void **state G_GNUC_UNUSED)
{
    static const LoomWord *const lists[] = {loom_word_scopes, loom_word_protocols,
                                            loom_word_route_types};
    guint8 number = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        for (unsigned k = 0; k < 256; k++) {
            g_autofree char *word = loom_word_format(lists[i], k);

            assert_true(loom_word_parse(lists[i], word, &number));
            assert_int_equal(number, k);
        }
    assert_false(loom_word_parse(loom_word_scopes, "256", &number));
    assert_false(loom_word_parse(loom_word_scopes, "everywhere", &number));
    assert_false(loom_word_parse(loom_word_scopes, "", &number));
}

/* --- messages of the kernel ------------------------------------------------------------------ */

static LoomMessage *
link_message(const char *name, int index, unsigned flags, const char *kind)
{
    struct ifinfomsg header = {.ifi_type = ARPHRD_ETHER, .ifi_index = index, .ifi_flags = flags};
    LoomMessage *message = loom_netlink_message(RTM_NEWLINK, 0, &header, sizeof header);
    struct nlattr *info;

    nla_put_string(message, IFLA_IFNAME, name);
    nla_put_u32(message, IFLA_MTU, 1500);
    loom_wire_put_mac(message, IFLA_ADDRESS, "0a:00:00:00:00:01");
    if (!kind)
        return message;
    info = nla_nest_start(message, IFLA_LINKINFO);
    nla_put_string(message, IFLA_INFO_KIND, kind);
    nla_nest_end(message, info);
    return message;
}

static void
test_link_kinds(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *word;
        gboolean leads_out, ours;
        LoomLinkKind kind;
    } cases[] = {
        {NULL, FALSE, FALSE, LOOM_LINK_PHYSICAL},  {"veth", FALSE, FALSE, LOOM_LINK_VETH},
        {"veth", TRUE, FALSE, LOOM_LINK_PHYSICAL}, {"veth", TRUE, TRUE, LOOM_LINK_VETH},
        {"bond", FALSE, TRUE, LOOM_LINK_BOND},     {"bridge", FALSE, FALSE, LOOM_LINK_BRIDGE},
        {"vlan", FALSE, FALSE, LOOM_LINK_OTHER},   {"macvtap", FALSE, FALSE, LOOM_LINK_OTHER},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(LoomMessage) message = link_message("x0", 7, IFF_UP, cases[i].word);
        g_auto(LoomLinkSeen) seen = {0};

        nla_put_u32(message, IFLA_LINK, 3);
        nla_put_u32(message, IFLA_GROUP, cases[i].ours ? LOOM_KERNEL_GROUP : 0);
        if (cases[i].leads_out)
            nla_put_u32(message, IFLA_LINK_NETNSID, 0);
        assert_true(loom_link_parse(nlmsg_hdr(message), &seen));
        assert_int_equal(seen.record->kind, cases[i].kind);
        assert_int_equal(seen.record->ours, cases[i].ours);
        assert_int_equal(seen.index, 7);
        assert_int_equal(seen.other, cases[i].leads_out ? 0 : 3);
        loom_link_set_names(&seen, "m0", "o0");
        assert_string_equal(seen.record->master, "m0");
        assert_int_equal(seen.record->parent != NULL, cases[i].kind == LOOM_LINK_OTHER);
        assert_int_equal(seen.record->peer != NULL, cases[i].kind == LOOM_LINK_VETH);
    }
}

static void
put_slave(LoomMessage *message)
{
    struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO), *data;

    nla_put_string(message, IFLA_INFO_SLAVE_KIND, "bond");
    data = nla_nest_start(message, IFLA_INFO_SLAVE_DATA);
    loom_wire_put_mac(message, IFLA_BOND_SLAVE_PERM_HWADDR, "0a:00:00:00:00:99");
    nla_nest_end(message, data);
    nla_nest_end(message, info);
}

static void
test_nic_in_bond(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomMessage) message = link_message("eth7", 7, 0, NULL);
    g_auto(LoomLinkSeen) seen = {0};
    struct nlattr *names = nla_nest_start(message, IFLA_PROP_LIST);

    nla_put_string(message, IFLA_ALT_IFNAME, "enp7s0");
    nla_put_string(message, IFLA_ALT_IFNAME, "enx0a0000000099");
    nla_nest_end(message, names);
    put_slave(message);
    assert_true(loom_link_parse(nlmsg_hdr(message), &seen));
    assert_string_equal(seen.record->permanentmac, "0a:00:00:00:00:99");
    assert_null(seen.record->mac); /* the bond's affair */
    assert_false(seen.record->up);
    g_autofree char *all = g_strjoinv(" ", seen.record->altnames);
    assert_string_equal(all, "enp7s0 enx0a0000000099");
}

static void
put_ipv6(LoomMessage *message, int mode, int accept, int forwards)
{
    gint32 conf[DEVCONF_ADDR_GEN_MODE + 1] = {[DEVCONF_AUTOCONF] = 1,
                                              [DEVCONF_ACCEPT_RA] = accept,
                                              [DEVCONF_FORWARDING] = forwards,
                                              [DEVCONF_ADDR_GEN_MODE] = mode};
    struct nlattr *spec = nla_nest_start(message, IFLA_AF_SPEC);
    struct nlattr *family = nla_nest_start(message, AF_INET6);

    nla_put(message, IFLA_INET6_CONF, sizeof conf, conf);
    nla_nest_end(message, family);
    nla_nest_end(message, spec);
}

static void
test_ipv6(void **state G_GNUC_UNUSED)
{
    static const struct {
        int mode, accept, forwards;
        gboolean linklocal, autoconf;
    } cases[] = {
        {IN6_ADDR_GEN_MODE_EUI64, 1, 0, TRUE, TRUE},
        {IN6_ADDR_GEN_MODE_NONE, 0, 0, FALSE, FALSE},
        {IN6_ADDR_GEN_MODE_NONE, 1, 1, FALSE, FALSE},
        {IN6_ADDR_GEN_MODE_RANDOM, 2, 1, TRUE, TRUE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(LoomMessage) message = link_message("eth7", 7, 0, NULL);
        g_auto(LoomLinkSeen) seen = {0};

        put_ipv6(message, cases[i].mode, cases[i].accept, cases[i].forwards);
        assert_true(loom_link_parse(nlmsg_hdr(message), &seen));
        assert_int_equal(seen.record->linklocal, cases[i].linklocal);
        assert_int_equal(seen.record->autoconf, cases[i].autoconf);
    }
}

static void
test_no_link(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomMessage) loopback = link_message("lo", 1, IFF_LOOPBACK, NULL);
    g_autoptr(LoomMessage) odd = link_message("a b", 2, 0, NULL);
    struct ifaddrmsg header = {0};
    g_autoptr(LoomMessage) other = loom_netlink_message(RTM_NEWADDR, 0, &header, sizeof header);
    g_auto(LoomLinkSeen) seen = {0};

    assert_false(loom_link_parse(nlmsg_hdr(other), &seen));
    assert_true(loom_link_parse(nlmsg_hdr(loopback), &seen));
    assert_null(seen.record);
    assert_true(loom_link_parse(nlmsg_hdr(odd), &seen));
    assert_null(seen.record); /* nobody would give such a name, and the kernel takes it */
    nlmsg_hdr(odd)->nlmsg_len = NLMSG_HDRLEN + 2;
    assert_false(loom_link_parse(nlmsg_hdr(odd), &seen));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),          cmocka_unit_test(test_rows_are_complete),
        cmocka_unit_test(test_no_such_value), cmocka_unit_test(test_modes),
        cmocka_unit_test(test_words),         cmocka_unit_test(test_link_kinds),
        cmocka_unit_test(test_nic_in_bond),   cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_no_link),
    };

    return cmocka_run_group_tests_name("kernel", tests, NULL, NULL);
}
