/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel/: the backend on the running kernel, each case in a network namespace of its own. */
#include "kernel-fixture.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SETTLE_WAIT (50 * 1000) /* microseconds */

/* --- cases ----------------------------------------------------------------------------------- */

#define TEAM(attributes)                                                                           \
    "<host name='a'><link name='t0' kind='bond' ours='yes' up='yes' mac='0a:00:00:00:00:01' "      \
    "mode='active-backup' " attributes "/>"                                                        \
    "<link name='eth0' kind='physical' up='yes' master='t0'/>"                                     \
    "<link name='eth1' kind='physical' up='yes' master='t0'/></host>"

/* The team's MAC is its own, whoever comes and goes, and the NICs get theirs back. */
static void
test_team_mac(void **state)
{
    LoomBackend *backend = *state;
    g_autoptr(GError) error = NULL;

    reach_xml(backend, TEAM(""));
    reach_xml(backend, "<host name='a'><link name='t0' kind='bond' ours='yes' up='yes' "
                       "mac='0a:00:00:00:00:01' mode='balance-xor'/>"
                       "<link name='eth0' kind='physical'/><link name='eth1' kind='physical'/>"
                       "</host>");
    g_autoptr(LoomHost) all = facts();
    assert_string_equal(((LoomLink *)find(all, &loom_link_kind, "t0"))->mac, "0a:00:00:00:00:01");
    assert_string_equal(((LoomLink *)find(all, &loom_link_kind, "eth0"))->mac, "02:00:00:00:00:10");
    assert_string_equal(((LoomLink *)find(all, &loom_link_kind, "eth1"))->mac, "02:00:00:00:00:11");
}

/* In a team the driver's stand-in has no permanent MAC any more, but the bond knows it. */
static void
test_permanent_mac(void **state)
{
    LoomBackend *backend = *state;
    g_autoptr(GError) error = NULL;

    reach_xml(backend, TEAM(""));
    g_autoptr(LoomHost) all = facts();
    const LoomLink *nic = find(all, &loom_link_kind, "eth1");
    assert_null(nic->mac);
    assert_string_equal(nic->permanentmac, "02:00:00:00:00:11");
    assert_string_equal(nic->master, "t0");
}

/* Options change while NICs are in the team; only where the kernel insists they leave it. */
static void
test_team_options(void **state)
{
    static const char *const attributes[] = {
        TEAM("miimon='100' updelay='200' downdelay='300'"),
        TEAM("miimon='50' updelay='200' downdelay='300'"),
        TEAM("miimon='0' arpinterval='500' arpiptarget='192.0.2.1' arpvalidate='active'"),
        TEAM("miimon='100' arpinterval='0' primary='eth1' failovermac='none'"),
        TEAM("miimon='100' primary='eth0' primaryreselect='failure' numpeernotif='5'"),
        TEAM("miimon='100' resendigmp='7' allslavesactive='yes' minlinks='2' missedmax='4'"),
    };
    LoomBackend *backend = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++)
        assert_true(reach_xml(backend, attributes[i]) > 0);
}

/* The words mean what iproute2 means by them: ours and its numbers are the same. */
static void
test_team_words(void **state)
{
    static const struct {
        const char *attribute, *key;
        const char *words[8];
        const char *rest;
    } cases[] = {
        {"mode",
         "mode",
         {"balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb",
          "balance-alb"},
         ""},
        {"hashpolicy",
         "xmit_hash_policy",
         {"layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"},
         "mode='balance-xor'"},
        {"lacprate", "ad_lacp_rate", {"slow", "fast"}, "mode='802.3ad'"},
        {"adselect", "ad_select", {"stable", "bandwidth", "count"}, "mode='802.3ad'"},
        {"primaryreselect",
         "primary_reselect",
         {"always", "better", "failure"},
         "mode='active-backup'"},
        {"failovermac", "fail_over_mac", {"none", "active", "follow"}, "mode='active-backup'"},
        {"arpvalidate",
         "arp_validate",
         {"active", "backup", "all", "filter", "filter_active", "filter_backup"},
         "mode='active-backup'"},
        {"arpalltargets", "arp_all_targets", {"any", "all"}, "mode='active-backup'"},
    };
    LoomBackend *backend = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        for (size_t k = 0; cases[i].words[k]; k++) {
            g_autofree char *xml = g_strdup_printf(
                "<host name='a'><link name='t0' kind='bond' ours='yes' up='no' %s %s='%s'/></host>",
                cases[i].rest, cases[i].attribute, cases[i].words[k]);
            g_autofree char *wanted =
                g_strdup_printf("\"%s\":\"%s\"", cases[i].key, cases[i].words[k]);
            g_autofree char *told = NULL;

            reach_xml(backend, xml);
            told = show("t0");
            if (!strstr(told, wanted))
                fail_msg("%s is not in: %s", wanted, told);
        }
}

/* The kernel remembers a primary where none is in the team, or its mode has none. */
static void
test_forgotten_primary(void **state)
{
    LoomBackend *backend = *state;
    g_autoptr(GError) error = NULL;

    reach_xml(backend, TEAM("primary='eth0'"));
    reach_xml(backend, "<host name='a'><link name='t0' kind='bond' ours='yes' up='yes' "
                       "mac='0a:00:00:00:00:01' mode='active-backup'/>"
                       "<link name='eth1' kind='physical' up='yes' master='t0'/></host>");
    reach_xml(backend, TEAM(""));
    reach_xml(backend, TEAM("primary='eth1'"));
    reach_xml(backend, "<host name='a'><link name='t0' kind='bond' ours='yes' up='yes' "
                       "mac='0a:00:00:00:00:01' mode='802.3ad'/>"
                       "<link name='eth1' kind='physical' up='yes' master='t0'/></host>");
    reach_xml(backend, TEAM(""));
}

/* A bridge's MTU is what it was told, whatever comes into it. */
static void
test_bridge_mtu(void **state)
{
    LoomBackend *backend = *state;
    g_autoptr(GError) error = NULL;

    reach_xml(backend, "<host name='a'><link name='b0' kind='bridge' ours='yes' up='yes' "
                       "mtu='1500'/></host>");
    ip("link set theirs0 mtu 9000");
    ip("link set theirs0 master b0");
    g_autoptr(LoomHost) all = facts();
    assert_int_equal(((LoomLink *)find(all, &loom_link_kind, "b0"))->mtu, 1500);
}

static void
test_linklocal_and_autoconf(void **state)
{
#define BRIDGE(attributes)                                                                         \
    "<host name='a'><link name='b0' kind='bridge' ours='yes' up='yes' "                            \
    "mac='0a:00:00:00:00:05' " attributes                                                          \
    "/><link name='theirs1' kind='veth' master='b0'/></host>"
    LoomBackend *backend = *state;
    g_autoptr(GError) error = NULL;

    ip("link set theirs1 nomaster");
    reach_xml(backend, BRIDGE("linklocal='no' autoconf='no'"));
    g_usleep(SETTLE_WAIT);
    g_autoptr(LoomHost) without = facts();
    assert_null(loom_host_find(without, &loom_address_kind, "b0/fe80::800:ff:fe00:5/64"));
    reach_xml(backend, BRIDGE("linklocal='yes' autoconf='yes'"));
    g_usleep(SETTLE_WAIT);
    g_autoptr(LoomHost) with = facts();
    const LoomAddress *address = find(with, &loom_address_kind, "b0/fe80::800:ff:fe00:5/64");
    assert_string_equal(address->origin, "kernel");
    /* a router takes advertisements only where it is told so twice */
    write_sysctl("/proc/sys/net/ipv6/conf/b0/forwarding", "1");
    assert_int_equal(reach_xml(backend, BRIDGE("linklocal='yes' autoconf='yes'")), 1);
}

/* A secondary address stays when the first of its subnet goes, whatever the sysctl says. */
static void
test_secondary(void **state)
{
    LoomBackend *backend = *state;

    write_sysctl("/proc/sys/net/ipv4/conf/eth0/promote_secondaries", "0");
    ip("link set eth0 up");
    ip("address add 192.0.2.1/24 dev eth0");
    ip("address add 192.0.2.2/24 dev eth0");
    reach_xml(backend, "<host name='a'><link name='eth0' kind='physical' up='yes'/>"
                       "<address link='eth0' address='192.0.2.2' prefix='24'/></host>");
    g_autofree char *value = NULL;
    assert_true(g_file_get_contents("/proc/sys/net/ipv4/conf/eth0/promote_secondaries", &value,
                                    NULL, NULL));
    assert_string_equal(value, "0\n");
}

/* What of an address only a new one can change leaves the routes through it. */
static void
test_address_made_again(void **state)
{
    LoomBackend *backend = *state;

    ip("link set eth0 up");
    ip("address add 192.0.2.1/24 dev eth0");
    ip("route add 10.5.0.0/16 via 192.0.2.9");
    assert_int_equal(
        reach_xml(backend,
                  "<host name='a'><link name='eth0' kind='physical' up='yes'/>"
                  "<address link='eth0' address='192.0.2.1' prefix='24' label='eth0:x'/>"
                  "<route link='eth0' destination='10.5.0.0/16' gateway='192.0.2.9'/></host>"),
        1);
}

/* An address that this host has elsewhere need not be asked for: it is there at once. */
static void
test_moved_address(void **state)
{
    LoomBackend *backend = *state;
    g_autoptr(GError) error = NULL;
    LoomStep step = {.verb = LOOM_STEP_CREATE, .kind = &loom_address_kind};
    g_autoptr(LoomHost) target =
        loom_test_host("<host name='a'><link name='eth0' kind='physical' up='yes'/>"
                       "<link name='eth1' kind='physical' up='yes'/>"
                       "<address link='eth0' address='2001:db8::1' prefix='64'/>"
                       "<address link='eth1' address='2001:db8::1' prefix='64'/>"
                       "<address link='eth1' address='2001:db8::2' prefix='64'/></host>");

    write_sysctl("/proc/sys/net/ipv6/conf/eth1/accept_dad", "1");
    ip("link set eth0 up");
    ip("link set eth1 up");
    ip("address add 2001:db8::1/64 dev eth0");
    loom_host_free(observe(backend, target));
    for (guint i = 1; i < 3; i++) {
        step.to = target->addresses->pdata[i];
        assert_true(backend->run_step(backend, &step, &error));
    }
    g_autoptr(LoomHost) now = observe(backend, target);
    find(now, &loom_address_kind, "eth1/2001:db8::1/64");
    assert_null(loom_host_find(now, &loom_address_kind, "eth1/2001:db8::2/64"));
    assert_reached(backend, target, "asked for");
}

/* A port gets what is wanted and keeps nothing else; a VLAN moves from untagged to tagged. */
static void
test_port_vlans(void **state)
{
#define PORT(attributes)                                                                           \
    "<host name='a'><link name='b0' kind='bridge' ours='yes' up='yes' vlanfiltering='yes' "        \
    "defaultpvid='0'/><link name='eth0' kind='physical' up='yes' master='b0'/>"                    \
    "<port link='eth0' " attributes "/></host>"
    static const char *const wanted[] = {
        PORT("vlan='10'"),      PORT("vlan='20' tagged='10'"), PORT("tagged='10,20'"),
        PORT("vlan='10'"),      PORT("tagged='1-4094'"),       PORT("vlan='4094' tagged='1-4093'"),
        PORT("isolated='yes'"), PORT("tagged='1,3,5,7'"),      PORT("tagged='2,4,6,8' vlan='1'"),
    };
    LoomBackend *backend = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        assert_true(reach_xml(backend, wanted[i]) > 0);
    /* every second VLAN: as many entries as there can be */
    g_autoptr(GString) xml = g_string_new("2");
    for (unsigned i = 4; i <= 4094; i += 2)
        g_string_append_printf(xml, ",%u", i);
    g_autofree char *all = g_strdup_printf(PORT("tagged='%s'"), xml->str);
    assert_int_equal(reach_xml(backend, all), 1);
}

/* What sits on a NIC of ours, and in whom, is seen: the plan refuses over it. */
static void
test_uppers(void **state)
{
    LoomBackend *backend = *state;
    g_autoptr(LoomHost) target =
        loom_test_host("<host name='a'><link name='eth4' kind='physical' up='yes'/></host>");

    ip("link add link eth4 name tap9 type macvtap mode bridge");
    ip("link add link eth4.5 name eth4.5.6 type vlan id 6");
    ip("link set eth4.5 master br-admin");
    g_autoptr(LoomHost) now = observe(backend, target);
    assert_int_equal(now->links->len, 4);
    assert_string_equal(((LoomLink *)find(now, &loom_link_kind, "eth4.5"))->parent, "eth4");
    assert_string_equal(((LoomLink *)find(now, &loom_link_kind, "eth4.5"))->master, "br-admin");
    assert_string_equal(((LoomLink *)find(now, &loom_link_kind, "eth4.5.6"))->parent, "eth4.5");
    assert_string_equal(((LoomLink *)find(now, &loom_link_kind, "tap9"))->parent, "eth4");
    find(now, &loom_address_kind, "eth4.5/203.0.113.129/25");
}

/* A container in a bridge of ours is no NIC that the fabric forgot: it stays there. */
static void
test_container(void **state)
{
    LoomBackend *backend = *state;
    g_autoptr(LoomHost) target = loom_test_host(
        "<host name='a'><link name='br0' kind='bridge' ours='yes' up='yes'/></host>");
    reach(backend, target, ONCE, "a bridge");
    g_autoptr(GSubprocess) container = start_container("br0");
    g_autoptr(LoomHost) now = observe(backend, target);
    assert_int_equal(((LoomLink *)find(now, &loom_link_kind, "c0"))->kind, LOOM_LINK_OTHER);
    assert_reached(backend, target, "a container came");
    g_subprocess_force_exit(container);
}

/* What has no words is told, so that nobody disturbs it unknowing. */
static void
test_unsaid(void **state)
{
    LoomBackend *backend = *state;
    g_autoptr(LoomHost) target =
        loom_test_host("<host name='a'><link name='eth4' kind='physical' up='yes'/></host>");

    ip("address add 192.0.2.1/24 dev eth4");
    ip("route add 10.1.0.0/16 nexthop via 192.0.2.2 nexthop via 203.0.113.2");
    ip("route add 10.2.0.0/16 via 192.0.2.2 window 1000");
    ip("route add broadcast 10.3.0.0/16 dev eth4");
    g_autoptr(LoomHost) now = observe(backend, target);
    assert_string_equal(
        ((LoomRoute *)find(now, &loom_route_kind, "eth4/10.1.0.0/16/192.0.2.2/0/254"))->unsaid,
        "several nexthops");
    assert_string_equal(
        ((LoomRoute *)find(now, &loom_route_kind, "eth4/10.2.0.0/16/192.0.2.2/0/254"))->unsaid,
        "metrics");
    assert_string_equal(
        ((LoomRoute *)find(now, &loom_route_kind, "eth4/10.3.0.0/16//0/255"))->unsaid,
        "type broadcast");
}

static void
assert_refused(LoomBackend *backend, const LoomStep *step, int code, const char *words)
{
    g_autoptr(GError) error = NULL;

    assert_false(backend->run_step(backend, step, &error));
    assert_non_null(error);
    assert_int_equal(error->code, code);
    if (!strstr(error->message, words))
        fail_msg("'%s' is not in: %s", words, error->message);
}

/* Not made, not changed, not deleted: what is somebody else's; and the kernel's words come along.
 */
static void
test_refusals(void **state)
{
    LoomBackend *backend = *state;
    g_autofree char *theirs = read_foreign();
    g_autoptr(LoomHost) host = loom_test_host(
        "<host name='a'><link name='br-admin' kind='bridge' ours='yes' up='yes'/>"
        "<link name='nowhere' kind='bridge' ours='yes' master='gone'/>"
        "<link name='v' kind='veth' ours='yes' peer='theirs0'/>"
        "<address link='gone' address='192.0.2.1' prefix='24'/>"
        "<route link='theirs0' destination='10.0.0.0/8' gateway='198.51.100.1'/></host>");

    for (guint i = 0; i < host->links->len; i++) {
        LoomStep create = {
            .verb = LOOM_STEP_CREATE, .kind = &loom_link_kind, .to = host->links->pdata[i]};
        assert_refused(
            backend, &create, i == 1 ? LOOM_ERROR_NOT_FOUND : LOOM_ERROR_CONFLICT,
            ((const LoomLink *)host->links->pdata[i])->ours && i == 1 ? "gone" : "not virt-loom's");
    }
    LoomStep drop = {.verb = LOOM_STEP_DELETE,
                     .kind = &loom_link_kind,
                     .key = (char *)"br-admin",
                     .from = host->links->pdata[0]};
    assert_refused(backend, &drop, LOOM_ERROR_CONFLICT, "not virt-loom's");
    LoomStep address = {
        .verb = LOOM_STEP_CREATE, .kind = &loom_address_kind, .to = host->addresses->pdata[0]};
    assert_refused(backend, &address, LOOM_ERROR_NOT_FOUND, "'gone'");
    LoomStep route = {
        .verb = LOOM_STEP_CREATE, .kind = &loom_route_kind, .to = host->routes->pdata[0]};
    assert_refused(backend, &route, LOOM_ERROR_FAILED, "Nexthop has invalid gateway");
    g_autofree char *after = read_foreign();
    assert_string_equal(after, theirs);
}

/* --- what others learn ----------------------------------------------------------------------- */

/* A socket that hears what comes out of LINK. */
static int
listen_on(const char *link)
{
    struct timeval patience = {.tv_sec = 5};
    struct sockaddr_ll where = {.sll_family = AF_PACKET,
                                .sll_protocol = htons(ETH_P_ALL),
                                .sll_ifindex = (int)if_nametoindex(link)};
    int heard = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

    assert_true(heard >= 0);
    assert_int_equal(bind(heard, (struct sockaddr *)&where, sizeof where), 0);
    setsockopt(heard, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return heard;
}

/* Waits for the frame of these octets, in hexadecimal; blanks are for readers. */
static void
assert_heard(int heard, const char *wanted)
{
    guint8 frame[2048], octets[2048];
    ssize_t length = 0, got;

    for (; *wanted; wanted++)
        if (*wanted != ' ') {
            octets[length++] =
                (guint8)(g_ascii_xdigit_value(wanted[0]) << 4 | g_ascii_xdigit_value(wanted[1]));
            wanted++;
        }
    while ((got = recv(heard, frame, sizeof frame, 0)) > 0)
        if (got == length && memcmp(frame, octets, (size_t)length) == 0)
            return;
    fail_msg("it was not announced");
}

/* Where addresses are is told: by ARP and by a neighbour advertisement, checksum included. */
static void
test_announced(void **state)
{
#define PAIR(addresses)                                                                            \
    "<host name='a'><link name='m0' kind='veth' ours='yes' up='yes' mac='0a:00:00:00:00:05' "      \
    "peer='m0-p'/><link name='m0-p' kind='veth' ours='yes' up='yes' peer='m0'/>" addresses         \
    "</host>"
    static const char arp[] = "ffffffffffff 0a0000000005 0806 0001 0800 06 04 0001"
                              "0a0000000005 c0000201 000000000000 c0000201";
    static const char advertisement[] =
        "333300000001 0a0000000005 86dd 60000000 0020 3a ff"
        "20010db8000000000000000000000001 ff020000000000000000000000000001"
        "88 00 f126 20000000 20010db8000000000000000000000001 02 01 0a0000000005";
    LoomBackend *backend = *state;
    int heard;

    reach_xml(backend, PAIR(""));
    heard = listen_on("m0-p");
    reach_xml(backend, PAIR("<address link='m0' address='192.0.2.1' prefix='24'/>"
                            "<address link='m0' address='2001:db8::1' prefix='64'/>"));
    assert_heard(heard, arp);
    assert_heard(heard, advertisement);
    close(heard);
}

/* Who is connected to an address, by the port that he is connected to. */
static void
test_sessions(void **state)
{
    LoomBackend *backend = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) target =
        loom_test_host("<host name='a'><link name='theirs0' kind='veth'/></host>");
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(7007)};
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), clients[2];

    ip("address add 192.0.2.1/24 dev theirs0");
    inet_pton(AF_INET, "192.0.2.1", &where.sin_addr);
    assert_int_equal(bind(server, (struct sockaddr *)&where, sizeof where), 0);
    assert_int_equal(listen(server, 2), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(clients); i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(clients[i], (struct sockaddr *)&where, sizeof where), 0);
    }
    g_autoptr(LoomHost) now = observe(backend, target);
    assert_true(backend->observe_users(backend, now, &error));
    assert_int_equal(((LoomSessions *)find(now, &loom_sessions_kind, "192.0.2.1/7007"))->count, 2);
    for (size_t i = 0; i < G_N_ELEMENTS(clients); i++)
        close(clients[i]);
    close(server);
}

/* With a word: only the cases whose names it matches. */
int
main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_team_mac),
        CASE(test_permanent_mac),
        CASE(test_team_options),
        CASE(test_team_words),
        CASE(test_forgotten_primary),
        CASE(test_bridge_mtu),
        CASE(test_linklocal_and_autoconf),
        CASE(test_secondary),
        CASE(test_address_made_again),
        CASE(test_moved_address),
        CASE(test_port_vlans),
        CASE(test_uppers),
        CASE(test_container),
        CASE(test_unsaid),
        CASE(test_refusals),
        CASE(test_announced),
        CASE(test_sessions),
        CASE(test_limits),
        CASE(test_features),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("kernel-live", tests, NULL, NULL);
}
