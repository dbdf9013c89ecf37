/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts to compare: generated, the same in every run, and read from tests/data/hosts. */
#include "hosts.h"

#include "base/error.h"
#include "base/uuid.h"
#include "test.h"

#include <string.h>

#define GENERATED 44

/* A linear congruential generator: the same hosts everywhere, whatever the C library does. */
typedef struct {
    guint64 state;
} Dice;

static guint
roll(Dice *dice, guint sides)
{
    dice->state = dice->state * G_GUINT64_CONSTANT(6364136223846793005) + 1442695040888963407;
    return (dice->state >> 33) % sides;
}

static const char *
pick(Dice *dice, const char *const *words)
{
    return words[roll(dice, g_strv_length((GStrv)words))];
}

/* What the NICs of these machines can do, and TEXT does of it; the others can nothing. */
static const char *
offloads_of(guint number, gboolean is_on)
{
    static const char *const words[][2] = {
        {"ipsec='no' rss='yes'", "ipsec='yes' rss='yes'"},
        {"rss='no'", "rss='yes'"},
        {"ipsec='no'", "ipsec='yes'"},
    };

    return number < G_N_ELEMENTS(words) ? words[number][is_on] : "";
}

static void
add_nic(Dice *dice, GString *xml, guint number, const char *master, guint mtu)
{
    static const char *const classes[] = {"High bandwidth", "Low bandwidth", "Live migration",
                                          NULL};

    g_string_append_printf(xml,
                           "<link name='eth%u' kind='physical' up='yes' mtu='%u' master='%s' "
                           "linklocal='no' %s/>",
                           number, mtu, master,
                           dice->state >> 40 & 1 ? offloads_of(number, dice->state >> 41 & 1) : "");
    for (size_t i = 0; classes[i]; i++) {
        if (!roll(dice, 2))
            continue;
        g_string_append_printf(xml, "<class link='eth%u' name='%s' priority='%zu' ", number,
                               classes[i], i + 16);
        g_string_append_printf(xml, roll(dice, 2) ? "weight='%u' fair='yes'/>" : "rate='%u000'/>",
                               10 + roll(dice, 3) * 10);
    }
}

static void
add_uplink(Dice *dice, GString *xml, guint number, const char *kind)
{
    static const char *const modes[] = {"active-backup", "balance-xor", "802.3ad", NULL};
    static const char *const tags[] = {"3", "3,20-29", "100", NULL};
    g_autofree char *bridge = g_strdup_printf("vs%u", number);
    g_autofree char *team = g_strdup_printf("vs%u-team", number);
    guint mtu = roll(dice, 2) ? 1500 : 9000;
    gboolean is_team = roll(dice, 3) > 0;
    g_autofree char *uplink = is_team ? g_strdup(team) : g_strdup_printf("eth%u", number * 2);

    if (is_team) {
        g_string_append_printf(xml, "<link name='%s' kind='%s' ours='yes' up='yes' master='%s' ",
                               team, kind, bridge);
        g_string_append_printf(xml, "mode='%s' mtu='%u' linklocal='no' ", pick(dice, modes), mtu);
        if (roll(dice, 2))
            g_string_append_printf(xml, "primary='eth%u' ", number * 2 + roll(dice, 2));
        if (roll(dice, 2))
            g_string_append_printf(xml, "allslavesactive='%s' ", roll(dice, 2) ? "yes" : "no");
        g_string_append(xml, "/>");
    }
    add_nic(dice, xml, number * 2, is_team ? team : bridge, mtu);
    if (is_team && roll(dice, 3))
        add_nic(dice, xml, number * 2 + 1, team, mtu);
    g_string_append_printf(xml, "<port link='%s' vlan='4094' tagged='%s'/>", uplink,
                           pick(dice, tags));
}

static void
add_addresses(Dice *dice, GString *xml, const char *link, guint number)
{
    static const char *const metrics[] = {"", "metric='100'", "metric='200'", NULL};
    guint has = roll(dice, 4);

    if (has & 1) {
        g_string_append_printf(xml, "<address link='%s' address='10.%u.0.%u' prefix='24'/>", link,
                               number, 1 + roll(dice, 2));
        g_string_append_printf(xml,
                               "<route link='%s' destination='10.2%u.0.0/16' gateway='10.%u.0.254' "
                               "%s/>",
                               link, number, number, pick(dice, metrics));
        if (!number)
            g_string_append_printf(
                xml, "<route link='%s' destination='0.0.0.0/0' gateway='10.0.0.25%u' %s/>", link,
                roll(dice, 2), pick(dice, metrics));
    }
    if (has & 2) {
        guint own = 1 + roll(dice, 2);

        g_string_append_printf(xml, "<address link='%s' address='fd00:%u::%u' prefix='64'/>", link,
                               number, own);
        g_string_append_printf(xml,
                               "<route link='%s' destination='fd0%u::/32' source='fd00:%u::%u'/>",
                               link, number + 1, number, own);
    }
    if (roll(dice, 3) == 0)
        g_string_append_printf(
            xml, "<neighbour link='%s' address='10.%u.0.99' mac='52:54:00:00:00:0%u'/>", link,
            number, 1 + roll(dice, 2));
    if (!has && roll(dice, 2))
        g_string_append_printf(xml, "<dhcp link='%s' %s/>", link,
                               roll(dice, 2) ? "identity='ff0a0b0c0d'" : "");
}

/* One host vNIC, in some hosts on the other switch or of the other kind. */
static void
add_vnic(Dice *dice, GString *xml, guint number, const char *bridge, gboolean is_veth)
{
    static const char *const roles[] = {"management", "storage", NULL};
    g_autofree char *name = g_strdup_printf("vnic%u", number);

    if (is_veth) {
        g_string_append_printf(
            xml, "<link name='%s' kind='veth' ours='yes' up='yes' peer='%s-p' role='%s'/>", name,
            name, pick(dice, roles));
        g_string_append_printf(
            xml, "<link name='%s-p' kind='veth' ours='yes' up='yes' peer='%s' master='%s'/>", name,
            name, bridge);
    } else {
        g_string_append_printf(
            xml, "<link name='%s' kind='ovs-internal' ours='yes' up='yes' master='%s'/>", name,
            bridge);
    }
    add_addresses(dice, xml, name, number);
    g_string_append_printf(xml, "<port link='%s%s' vlan='%u' ", name, is_veth ? "-p" : "",
                           10 + roll(dice, 3));
    if (roll(dice, 2))
        g_string_append_printf(xml, "max='%u' ", 100 * (1 + roll(dice, 2)));
    if (roll(dice, 2))
        g_string_append(xml, "isolated='yes' ");
    g_string_append(xml, "/>");
}

static void
add_networks(Dice *dice, GString *xml, const char *bridge, guint number)
{
    static const char *const names[] = {"Cernet Network", "Red", "Blue <&> 'Green'"};
    static const char *const groups[] = {"Public", "Fast", "Slow"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *text = g_strdup_printf("%s %u", names[i], number);
        g_autofree char *name = g_markup_escape_text(text, -1);
        g_autofree char *identity = g_strdup_printf("%s %u", text, roll(dice, 4) / 3);
        g_autofree char *uuid = loom_uuid_from_name(identity);

        if (!roll(dice, 3))
            continue;
        g_string_append_printf(xml,
                               "<network name='%s' uuid='%s' ours='yes' bridge='%s' active='yes' "
                               "autostart='%s' persistent='yes' fabric='test'>",
                               name, uuid, bridge, roll(dice, 4) ? "yes" : "no");
        for (size_t k = 0; k < G_N_ELEMENTS(groups); k++) {
            if (k && !roll(dice, 2))
                continue;
            g_string_append_printf(xml, "<portgroup name='%s' default='%s'", groups[k],
                                   k ? "no" : "yes");
            if (roll(dice, 2))
                g_string_append_printf(xml, " outaverage='%u'", 125 * (1 + roll(dice, 2)));
            g_string_append(xml, "/>");
        }
        g_string_append(xml, "</network>");
        g_string_append_printf(xml, "<port network='%s' portgroup='Public' vlan='%u'/>", name,
                               3 + roll(dice, 2));
    }
}

static char *
generate(guint index)
{
    Dice dice = {index + 1};
    GString *xml = g_string_new("<host name='generated' fabric='test'>");

    for (guint number = 0; number < 2; number++) {
        gboolean is_ovs = roll(&dice, 5) == 0;
        g_autofree char *bridge = g_strdup_printf("vs%u", number);

        if (roll(&dice, 5) == 0)
            continue;
        g_string_append_printf(xml, "<link name='%s' kind='%s' ours='yes' up='yes' mtu='%u' %s/>",
                               bridge, is_ovs ? "ovs-bridge" : "bridge",
                               1500 + 7500 * roll(&dice, 2),
                               is_ovs ? "" : "vlanfiltering='yes' defaultpvid='0'");
        if (roll(&dice, 5))
            add_uplink(&dice, xml, number, is_ovs ? "ovs-bond" : "bond");
        if (roll(&dice, 4))
            add_vnic(&dice, xml, roll(&dice, 6) ? number : number + 2, bridge,
                     !is_ovs || roll(&dice, 2));
        add_networks(&dice, xml, bridge, number);
    }
    g_string_append(xml, "</host>");
    return g_string_free(xml, FALSE);
}

/* What stands on a machine before virt-loom comes, in some variants. */
static char *
generate_bare(guint index)
{
    static const char *const foreign[] = {
        "",
        /* addresses on NICs, by hand and by others; a bridge and a network of the administrator */
        "<link name='br-admin' kind='bridge' up='yes'/>"
        "<link name='tap9' kind='other' up='yes' master='br-admin'/>"
        "<address link='eth0' address='192.0.2.7' prefix='24' origin='static'/>"
        "<address link='eth0' address='2001:db8::7' prefix='64' origin='static'/>"
        "<address link='eth0' address='2001:db8::7777' prefix='64' origin='ra'/>"
        "<address link='eth4' address='198.51.100.7' prefix='24' origin='dhcp'/>"
        "<address link='br-admin' address='203.0.113.1' prefix='24'/>"
        "<manager link='eth0' name='systemd-networkd'/><manager link='eth4' name='dhclient'/>"
        "<neighbour link='eth4' address='198.51.100.9' mac='52:54:00:00:00:09'/>"
        "<route link='eth0' destination='::/0' gateway='fe80::1' metric='1024' protocol='ra'/>"
        "<route link='eth0' destination='2001:db8:1::/48' gateway='2001:db8::1'/>"
        "<route link='eth4' destination='10.99.0.0/16' gateway='198.51.100.1' metric='50'/>"
        "<network name='default' uuid='b5d3d0a5-0c44-4d20-8bd0-3a6d4a3a8d5f' bridge='virbr0' "
        "active='yes'><portgroup name='theirs' inaverage='1'/></network>",
        /* what a target wants is somebody else's */
        "<link name='vs1' kind='bridge' up='yes'/>"
        "<address link='vs1' address='192.0.2.9' prefix='24'/>"
        "<network name='Red 0' uuid='5e8ad0ad-6f7c-4d62-a1f3-2f1d0c5b0d2a' bridge='br9'/>",
        /* the NIC that a target wants is in somebody else's bridge, with a guest */
        "<link name='br-admin' kind='bridge' up='yes'/>"
        "<link name='vnet7' kind='other' up='yes' master='br-admin'/>",
        /* on the NIC that a target wants sits somebody else's VLAN */
        "<link name='eth2.7' kind='other' up='yes' parent='eth2'/>"
        "<address link='eth2.7' address='192.0.2.77' prefix='24'/>"
        "<route link='eth2.7' destination='10.77.0.0/16' gateway='192.0.2.78'/>",
    };
    gboolean is_taken = index % 8 == 3;
    GString *xml = g_string_new("<host name='generated'>");

    for (guint i = 0; i < 5; i++)
        g_string_append_printf(
            xml, "<link name='eth%u' kind='physical' up='yes' speed='10000' %s%s/>", i,
            offloads_of(i, FALSE), i == 2 && is_taken ? " master='br-admin'" : "");
    g_string_append(xml, foreign[is_taken          ? 3
                                 : index % 8 == 6  ? 2
                                 : index % 16 == 8 ? 4
                                                   : index % 2]);
    g_string_append(xml, "</host>");
    return g_string_free(xml, FALSE);
}

LoomHost *
loom_test_host(const char *xml)
{
    g_autoptr(GError) error = NULL;
    LoomHost *host = loom_host_parse(xml, strlen(xml), "test", &error);

    assert_no_error(error);
    return host;
}

char *
loom_test_reach(LoomMemory *memory, const LoomHost *target)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomHost) now = loom_host_new();
    g_autoptr(LoomPlan) plan = NULL;
    g_autoptr(GError) error = NULL;

    memory->backend.observe(&memory->backend, target, now, NULL);
    plan = loom_plan_compare(now, target, loom_memory_kinds, report);
    if (loom_report_count(report, LOOM_SEVERITY_ERROR))
        return g_strdup("conflict");
    for (guint i = 0; i < plan->steps->len; i++)
        if (!memory->backend.run_step(&memory->backend, plan->steps->pdata[i], &error)) {
            g_autofree char *line = loom_step_describe(plan->steps->pdata[i]);
            return g_strdup_printf("%s: %s", line, error->message);
        }
    return NULL;
}

/* As virt-loom compiles it: with the digest of each network. */
static void
set_hashes(LoomHost *host)
{
    for (guint i = 0; i < host->networks->len; i++) {
        LoomNetwork *network = host->networks->pdata[i];
        g_autofree char *digest = NULL;

        if (!network->ours)
            continue;
        digest = loom_record_digest(network);
        LOOM_SET(network, hash, digest);
    }
}

/* INDEX decides what else is on the machine; where the target is refused there, it stays bare. */
static void
add_host(GPtrArray *hosts, const char *name, const char *xml, guint index)
{
    LoomTestHost *host = g_new0(LoomTestHost, 1);
    g_autofree char *bare = generate_bare(index);
    g_autoptr(LoomHost) before = loom_test_host(bare);
    g_autoptr(LoomMemory) memory = loom_memory_new(before);
    g_autofree char *fault = NULL;

    host->name = g_strdup(name);
    host->target = loom_test_host(xml);
    set_hashes(host->target);
    fault = loom_test_reach(memory, host->target);
    if (fault && !g_str_equal(fault, "conflict"))
        fail_msg("%s cannot be made: %s", name, fault);
    host->machine = loom_record_copy(memory->host);
    g_ptr_array_add(hosts, host);
}

static void
host_free(gpointer data)
{
    LoomTestHost *host = data;

    g_free(host->name);
    loom_host_free(host->target);
    loom_host_free(host->machine);
    g_free(host);
}

static int
name_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *
loom_test_list_directory(const char *path)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) entries = g_dir_open(path, 0, NULL);
    const char *name;

    while (entries && (name = g_dir_read_name(entries)))
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, name_compare);
    return names;
}

static void
add_files(GPtrArray *hosts)
{
    g_autofree char *directory = loom_test_path("tests/data/hosts");
    g_autoptr(GPtrArray) names = loom_test_list_directory(directory);

    assert_true(names->len > 0);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(directory, names->pdata[i], NULL);
        g_autofree char *text = NULL;

        assert_true(g_file_get_contents(path, &text, NULL, NULL));
        add_host(hosts, names->pdata[i], text, i);
    }
}

GPtrArray *
loom_test_hosts(void)
{
    GPtrArray *hosts = g_ptr_array_new_with_free_func(host_free);

    add_files(hosts);
    for (guint i = 0; i < GENERATED; i++) {
        g_autofree char *xml = generate(i);
        g_autofree char *name = g_strdup_printf("generated-%u", i);

        add_host(hosts, name, xml, i);
    }
    return hosts;
}
