/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel/: what of a target is not for this backend, or not for this kernel. */
#include "hosts.h"
#include "test.h"

#include "kernel/session.h"

#include <linux/ethtool.h>
#include <string.h>

/* Reduces XML and holds it against WANTED; the findings' words, or none. */
static void
assert_reduced(const char *xml, const char *wanted, const char *finding)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomBackend) backend = loom_kernel_new(&error);
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomHost) target = loom_test_host(xml);
    g_autoptr(LoomHost) expected = loom_test_host(wanted);
    g_autofree char *after = NULL, *text = loom_host_format(expected);
    size_t warnings;

    assert_no_error(error);
    backend->reduce(backend, target, report);
    after = loom_host_format(target);
    assert_string_equal(after, text);
    /* what this kernel lacks is an error, and depends on where the test runs */
    warnings = loom_report_count(report, LOOM_SEVERITY_WARNING);
    assert_int_equal(warnings, finding ? 1 : 0);
    if (finding && !strstr(loom_report_get(report, 0)->message, finding))
        fail_msg("%s", loom_report_get(report, 0)->message);
}

static void
test_ports(void **state G_GNUC_UNUSED)
{
    assert_reduced("<host name='a'>"
                   "<port link='p' vlan='5' tagged='6' isolated='yes' mtu='1400' pvlan='isolated' "
                   "secondary='7' macguard='yes' dhcpguard='yes' routerguard='yes' "
                   "priorityreset='yes' addressguard='leased' class='c' priority='16' max='1' "
                   "maxin='2' onfailure='warn' vmnetwork='N'/>"
                   "<port network='N' portgroup='P' vlan='5'/>"
                   "<class link='p' name='c' priority='16' weight='3'/></host>",
                   "<host name='a'><port link='p' vlan='5' tagged='6' isolated='yes' "
                   "macguard='yes' dhcpguard='yes' routerguard='yes' priorityreset='yes' "
                   "addressguard='leased' class='c' priority='16' onfailure='warn' "
                   "vmnetwork='N'/>"
                   "<class link='p' name='c' priority='16' weight='3'/></host>",
                   NULL);
}

/* Only what has no VLAN in its tag can lose it, and a file that says so of a trunk is not believed.
 */
static void
test_pops(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *port, *reduced;
        gboolean may;
    } cases[] = {
        {"vlan='5' priorityreset='yes'", "vlan='5' priorityreset='yes'", TRUE},
        {"vlan='5' tagged='5' priorityreset='yes'", "vlan='5' tagged='5' priorityreset='yes'",
         TRUE},
        {"vlan='5' tagged='5-6' priorityreset='yes' prioritypop='yes'",
         "vlan='5' tagged='5-6' priorityreset='yes'", FALSE},
        {"tagged='6' priorityreset='yes'", "tagged='6' priorityreset='yes'", FALSE},
        {"vlan='5' prioritypop='yes'", "vlan='5'", FALSE},
    };
    const gboolean can = loom_kernel_has_module("sch_ingress") &&
                         loom_kernel_has_module("cls_flower") && loom_kernel_has_module("act_vlan");

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *given =
            g_strdup_printf("<host name='a'><port link='p' %s/></host>", cases[i].port);
        g_autofree char *wanted =
            g_strdup_printf("<host name='a'><port link='p' %s%s/></host>", cases[i].reduced,
                            cases[i].may && can ? " prioritypop='yes'" : "");

        assert_reduced(given, wanted, NULL);
    }
}

/* Taps are libvirt's to limit, and uplinks have no limit. */
static void
test_limits(void **state G_GNUC_UNUSED)
{
    assert_reduced("<host name='a'><link name='m' kind='veth' ours='yes' peer='m-p'/>"
                   "<link name='m-p' kind='veth' ours='yes' peer='m'/>"
                   "<port link='m-p' vlan='5' max='1' maxin='2'/>"
                   "<port link='vnet0' vlan='5' max='1' maxin='2'/></host>",
                   "<host name='a'><link name='m' kind='veth' ours='yes' peer='m-p'/>"
                   "<link name='m-p' kind='veth' ours='yes' peer='m'/>"
                   "<port link='m-p' vlan='5' max='1' maxin='2'/>"
                   "<port link='vnet0' vlan='5'/></host>",
                   NULL);
}

static void
test_metrics(void **state G_GNUC_UNUSED)
{
    assert_reduced("<host name='a'><route link='p' destination='::/0' metric='1024'/>"
                   "<route link='p' destination='10.0.0.0/8' metric='0'/>"
                   "<route link='p' destination='11.0.0.0/8' metric='1024'/></host>",
                   "<host name='a'><route link='p' destination='::/0'/>"
                   "<route link='p' destination='10.0.0.0/8'/>"
                   "<route link='p' destination='11.0.0.0/8' metric='1024'/></host>",
                   NULL);
}

static void
test_openvswitch(void **state G_GNUC_UNUSED)
{
    assert_reduced("<host name='a'><link name='b' kind='ovs-bridge' ours='yes'/>"
                   "<link name='t' kind='ovs-bond' ours='yes' master='b'/>"
                   "<link name='eth0' kind='physical' master='t'/>"
                   "<link name='eth1' kind='physical' up='yes'/>"
                   "<link name='m' kind='ovs-internal' ours='yes' master='b'/>"
                   "<link name='v' kind='veth' ours='yes' peer='v-p'/>"
                   "<link name='v-p' kind='veth' ours='yes' peer='v' master='b'/>"
                   "<address link='m' address='192.0.2.1' prefix='24'/>"
                   "<address link='v' address='192.0.2.2' prefix='24'/>"
                   "<address link='eth1' address='192.0.2.3' prefix='24'/>"
                   "<route link='m' destination='0.0.0.0/0' gateway='192.0.2.9'/>"
                   "<port link='m' vlan='3'/><dhcp link='m'/>"
                   "<network name='N' uuid='0c5ee9b0-7a3c-5b86-8a30-1a8f4f6f0001' bridge='b' "
                   "ours='yes'/></host>",
                   "<host name='a'><link name='eth1' kind='physical' up='yes'/>"
                   "<address link='eth1' address='192.0.2.3' prefix='24'/>"
                   "<network name='N' uuid='0c5ee9b0-7a3c-5b86-8a30-1a8f4f6f0001' bridge='b' "
                   "ours='yes'/></host>",
                   "Open vSwitch bridge 'b'");
}

static void
test_bond_option(void **state G_GNUC_UNUSED)
{
    assert_reduced("<host name='a'><link name='t' kind='bond' ours='yes' mode='active-backup' "
                   "lacprate='fast' miimon='100'/></host>",
                   "<host name='a'><link name='t' kind='bond' ours='yes' mode='active-backup' "
                   "miimon='100'/></host>",
                   "team 't' has no 'lacprate' in mode active-backup");
}

/* The loopback is no NIC, but has a driver, in every namespace, and neither feature. */
static void
test_features(void **state G_GNUC_UNUSED)
{
    assert_reduced("<host name='a'><link name='lo' kind='physical' up='yes' rss='yes'/></host>",
                   "<host name='a'><link name='lo' kind='physical' up='yes'/></host>",
                   "NICs without 'rx-hashing' do without what rss='yes' in a port profile asks "
                   "for: lo");
    assert_reduced("<host name='a'><link name='lo' kind='physical' ipsec='yes' rss='no'/></host>",
                   "<host name='a'><link name='lo' kind='physical'/></host>",
                   "NICs without 'esp-hw-offload' do without");
    assert_reduced("<host name='a'><link name='lo' kind='physical' ipsec='no' rss='no'/>"
                   "<link name='no-such-nic' kind='physical' ipsec='yes' rss='yes'/></host>",
                   "<host name='a'><link name='lo' kind='physical'/>"
                   "<link name='no-such-nic' kind='physical'/></host>",
                   NULL);
}

#define IPSEC_BIT 33
#define RSS_BIT   5

/* One block for 32 features; BIT is in the one that it says, in all masks of which MASK has a bit.
 */
static void
answer_feature(struct ethtool_gfeatures *answer, unsigned bit, unsigned mask)
{
    struct ethtool_get_features_block *block = &answer->features[bit / 32];

    block->available |= (mask & 1) << bit % 32;
    block->requested |= (mask >> 1 & 1) << bit % 32;
    block->active |= (mask >> 2 & 1) << bit % 32;
    block->never_changed |= (mask >> 3 & 1) << bit % 32;
}

/* Every way in which a driver may answer; the other feature is off and can be changed. */
static void
test_answers(void **state G_GNUC_UNUSED)
{
    enum { CAN = 1, ASKED = 2, ON = 4, NEVER = 8 };
    static const LoomKernel kernel = {.features = {IPSEC_BIT, RSS_BIT}};

    for (unsigned mask = 0; mask < 16; mask++) {
        const gboolean can_change = (mask & (CAN | NEVER)) == CAN;
        g_autofree struct ethtool_gfeatures *answer =
            g_malloc0(sizeof *answer + 2 * sizeof *answer->features);
        LoomLink *link = loom_record_new(&loom_link_kind);

        answer->size = 2;
        answer_feature(answer, IPSEC_BIT, mask);
        answer_feature(answer, RSS_BIT, CAN);
        loom_kernel_tell_features(&kernel, answer, link);
        assert_int_equal(LOOM_HAS(link, ipsec), can_change || mask & ON);
        assert_int_equal(link->ipsec, mask & ON || (can_change && mask & ASKED));
        assert_int_equal(LOOM_HAS(link, withheld), can_change && (mask & (ASKED | ON)) == ASKED);
        if (link->withheld)
            assert_string_equal(link->withheld[0], "ipsec");
        assert_true(LOOM_HAS(link, rss));
        assert_false(link->rss);
        loom_record_free(link);
    }
}

/* A kernel that knows no such feature, or answers with fewer than it knows. */
static void
test_no_answer(void **state G_GNUC_UNUSED)
{
    static const LoomKernel kernel = {.features = {IPSEC_BIT, -1}};
    g_autofree struct ethtool_gfeatures *answer =
        g_malloc0(sizeof *answer + sizeof *answer->features);
    LoomLink *link = loom_record_new(&loom_link_kind);

    answer->size = 1;
    answer->features[0].available = answer->features[0].active = ~0u;
    loom_kernel_tell_features(&kernel, answer, link);
    assert_false(LOOM_HAS(link, ipsec));
    assert_false(LOOM_HAS(link, rss));
    loom_record_free(link);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ports),       cmocka_unit_test(test_pops),
        cmocka_unit_test(test_limits),      cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_openvswitch), cmocka_unit_test(test_bond_option),
        cmocka_unit_test(test_features),    cmocka_unit_test(test_answers),
        cmocka_unit_test(test_no_answer),
    };

    return cmocka_run_group_tests_name("kernel-reduce", tests, NULL, NULL);
}
