/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan/: whose a thing is, what is in the way, and the words for it. */
#include "test.h"

#include "hosts.h"
#include "plantext.h"

/* Compares two hosts written in XML; the whole outcome as text. */
static char *
outcome(const char *from_xml, const char *to_xml)
{
    g_autofree char *from_text = g_strdup_printf("<host name='h'>%s</host>", from_xml);
    g_autofree char *to_text = g_strdup_printf("<host name='h'>%s</host>", to_xml);
    g_autoptr(LoomHost) from = loom_test_host(from_text);
    g_autoptr(LoomHost) to = loom_test_host(to_text);
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomPlan) plan = loom_plan_compare(from, to, loom_memory_kinds, report);

    return loom_test_format_plan(plan, report);
}

typedef struct {
    const char *name, *from, *to, *outcome;
} Case;

/* Whose a thing is: DESIGN: nothing foreign is ever deleted or replaced. */
static const Case cases[] = {
    {"a foreign network in the way", "<network name='Red' bridge='br9'/>",
     "<network name='Red' ours='yes' bridge='vs0'/>",
     "error: network 'Red' exists and is not virt-loom's, so it was left alone: remove or rename "
     "it, or give ours another name in the fabric\n"},
    {"a foreign link in the way, with what hangs on it",
     "<link name='vs0' kind='bridge'/><address link='vs0' address='10.0.0.1' prefix='24'/>",
     "<link name='vs0' kind='bridge' ours='yes' up='yes'/><port link='vs0' vlan='1'/>",
     "error: link 'vs0' exists and is not virt-loom's, so it was left alone: remove or rename it, "
     "or give ours another name in the fabric\n"},
    {"a NIC that is not there", "", "<link name='eth7' kind='physical' up='yes'/>",
     "error: link 'eth7' does not exist here, and is not for virt-loom to make\n"},
    {"a NIC that is none", "<link name='eth7' kind='veth' peer='x'/>",
     "<link name='eth7' kind='physical' up='yes'/>",
     "error: link 'eth7' is of another kind than wanted, and is not virt-loom's to replace\n"},
    {"a NIC in a foreign bridge", "<link name='eth0' kind='physical' master='br9'/>",
     "<link name='vs0' kind='bridge' ours='yes'/>"
     "<link name='eth0' kind='physical' master='vs0'/>",
     "error: link 'eth0' is in 'br9', which is not virt-loom's: take it out of there first, such "
     "as by: ip link set dev eth0 nomaster\n"
     "create link 'vs0' (create, live)\n"
     "    name: none -> vs0\n    kind: none -> bridge\n"},
    {"a NIC in a foreign bridge that nobody wants out",
     "<link name='eth0' kind='physical' "
     "master='br9' mtu='1500'/>",
     "<link name='eth0' kind='physical' mtu='1500'/>", ""},
    {"foreign things that nobody names",
     "<link name='br9' kind='bridge'/><address link='br9' address='10.0.0.1' prefix='24'/>"
     "<route link='br9' destination='10.0.0.0/8'/>"
     "<port link='br9' vlan='1'/><network name='default'><portgroup name='x'/></network>",
     "", ""},
    {"classes on a NIC that nobody names",
     "<link name='eth0' kind='physical'/><class link='eth0' priority='16' weight='3'/>", "",
     "delete bandwidth class '16' on 'eth0' (delete, live)\n"
     "    link: eth0 -> none\n    priority: 16 -> none\n    weight: 3 -> none\n"},
    {"a guest's class, and one of a guest that is gone",
     "<link name='eth0' kind='physical'/><class link='eth0' priority='16' weight='3'/>"
     "<class link='eth0' priority='8195' weight='3' port='vnet0'/>"
     "<class link='eth0' priority='8196' weight='3'/>",
     "<link name='eth0' kind='physical'/>"
     "<class link='eth0' name='Low' priority='16' weight='3'/>",
     "delete bandwidth class '8196' on 'eth0' (delete, live)\n"
     "    link: eth0 -> none\n    priority: 8196 -> none\n    weight: 3 -> none\n"},
    {"a guest's class on a NIC that shall have none",
     "<link name='eth0' kind='physical'/>"
     "<class link='eth0' priority='8195' weight='3' port='vnet0'/>",
     "<link name='eth0' kind='physical'/>",
     "delete bandwidth class 'vnet0' on 'eth0' (delete, live)\n"
     "    link: eth0 -> none\n    priority: 8195 -> none\n    weight: 3 -> none\n"},
    {"classes where somebody else shapes", "<link name='eth0' kind='physical' qdisc='tbf 8001:'/>",
     "<link name='eth0' kind='physical'/>"
     "<class link='eth0' priority='2' weight='1' logicalswitch='Net'/>"
     "<class link='eth0' priority='16' weight='3' logicalswitch='Net'/>",
     "error: link 'eth0' has the queueing discipline 'tbf 8001:', which is not virt-loom's and "
     "would make way for guaranteed bandwidth: delete it (tc qdisc del dev eth0 root), or give "
     "logical switch 'Net' minbandwidth='none'\n"},
    {"a network with guests",
     "<network name='Red' ours='yes' guests='11111111-0000-0000-0000-000000000000 "
     "22222222-0000-0000-0000-000000000000'/>",
     "",
     "warning: network 'Red' is no longer wanted, but kept until these guests are gone: "
     "11111111-0000-0000-0000-000000000000, 22222222-0000-0000-0000-000000000000\n"},
    {"a network with guests that would have to be made again",
     "<network name='Red' ours='yes' uuid='00000000-0000-0000-0000-000000000001' "
     "guests='11111111-0000-0000-0000-000000000000'/>",
     "<network name='Red' ours='yes' uuid='00000000-0000-0000-0000-000000000002'/>",
     "error: network 'Red' must be deleted and made again, but is in use by "
     "11111111-0000-0000-0000-000000000000: stop or move them first\n"},
    {"a bridge with a guest's tap in it keeps what hangs on it",
     "<link name='vs0' kind='bridge' ours='yes'/><link name='vnet3' kind='other' master='vs0'/>"
     "<link name='eth0' kind='physical' master='vs0'/>"
     "<address link='vs0' address='10.0.0.1' prefix='24'/><port link='vnet3' vlan='3'/>",
     "", "warning: link 'vs0' is no longer wanted, but kept until this is out of it: vnet3\n"},
    {"a tap in a bridge that stays, and a NIC that nobody wants there",
     "<link name='vs0' kind='bridge' ours='yes'/><link name='vnet3' kind='other' master='vs0'/>"
     "<link name='eth0' kind='physical' up='yes' master='vs0'/><port link='vnet3' vlan='3'/>",
     "<link name='vs0' kind='bridge' ours='yes'/>",
     "change link 'eth0' (change, down)\n    master: vs0 -> none\n"},
    {"addresses of a named NIC: by hand, handed out",
     "<link name='eth0' kind='physical'/>"
     "<address link='eth0' address='10.0.0.1' prefix='24' origin='static'/>"
     "<address link='eth0' address='10.0.0.2' prefix='24' origin='dhcp'/>"
     "<route link='eth0' destination='10.0.0.0/24' protocol='kernel'/>"
     "<route link='eth0' destination='::/0' gateway='fe80::1' protocol='ra'/>",
     "<link name='eth0' kind='physical'/>",
     "delete address '10.0.0.1/24' on 'eth0' (delete, live)\n"
     "    link: eth0 -> none\n    address: 10.0.0.1 -> none\n    prefix: 24 -> none\n"},
    {"addresses of a NIC that goes into a bridge",
     "<link name='vs0' kind='bridge' ours='yes'/><link name='eth0' kind='physical'/>"
     "<address link='eth0' address='10.0.0.2' prefix='24' origin='dhcp'/>",
     "<link name='vs0' kind='bridge' ours='yes'/>"
     "<link name='eth0' kind='physical' master='vs0'/>",
     "delete address '10.0.0.2/24' on 'eth0' (delete, live)\n"
     "    link: eth0 -> none\n    address: 10.0.0.2 -> none\n    prefix: 24 -> none\n"
     "change link 'eth0' (change, live)\n    master: none -> vs0\n"},
    {"what only the kernel can give is waited for", "<link name='eth0' kind='physical'/>",
     "<link name='eth0' kind='physical'/>"
     "<address link='eth0' address='2001:db8::1' prefix='64' origin='ra'/>"
     "<route link='eth0' destination='2001:db8::/64' protocol='kernel'/>",
     ""},
    {"link-local addresses are the kernel's, wherever they are",
     "<link name='vs0' kind='bridge' ours='yes'/><link name='eth0' kind='physical' master='vs0'/>"
     "<address link='eth0' address='fe80::1' prefix='64' origin='kernel'/>"
     "<address link='vs0' address='fe80::2' prefix='64' origin='kernel'/>",
     "<link name='vs0' kind='bridge' ours='yes'/>"
     "<link name='eth0' kind='physical' master='vs0'/>",
     ""},
    {"what a client of ours got goes with it",
     "<link name='v' kind='veth' ours='yes'/><dhcp link='v'/>"
     "<address link='v' address='10.0.0.2' prefix='24' origin='dhcp'/>",
     "<link name='v' kind='veth' ours='yes'/>",
     "delete DHCP client of 'v' (delete, live)\n    link: v -> none\n"
     "delete address '10.0.0.2/24' on 'v' (delete, live)\n"
     "    link: v -> none\n    address: 10.0.0.2 -> none\n    prefix: 24 -> none\n"},
    {"a client has another identity, and gets another address",
     "<link name='v' kind='veth' ours='yes'/><dhcp link='v' identity='01'/>"
     "<address link='v' address='10.0.0.2' prefix='24' origin='dhcp'/>",
     "<link name='v' kind='veth' ours='yes'/><dhcp link='v' identity='02'/>",
     "change DHCP client of 'v' (change, live)\n    identity: 01 -> 02\n"
     "delete address '10.0.0.2/24' on 'v' (delete, live)\n"
     "    link: v -> none\n    address: 10.0.0.2 -> none\n    prefix: 24 -> none\n"},
    {"a client has another identity, and its link is made again",
     "<link name='v' kind='veth' ours='yes' peer='w'/><dhcp link='v' identity='01'/>",
     "<link name='v' kind='ovs-internal' ours='yes'/><dhcp link='v' identity='02'/>",
     "delete DHCP client of 'v' (delete, live)\n    link: v -> none\n    identity: 01 -> none\n"
     "delete link 'v' (delete, replace)\n    name: v -> none\n    kind: veth -> none\n"
     "    peer: w -> none\n"
     "create link 'v' (create, replace)\n    name: none -> v\n    kind: none -> ovs-internal\n"
     "create DHCP client of 'v' (create, live)\n    link: none -> v\n    identity: none -> 02\n"},
    {"a client of a link that goes", "<link name='v' kind='veth' ours='yes'/><dhcp link='v'/>", "",
     "delete DHCP client of 'v' (delete, live)\n    link: v -> none\n"
     "delete link 'v' (delete, live)\n    name: v -> none\n    kind: veth -> none\n"},
    {"a managed NIC that is ours to use",
     "<link name='eth0' kind='physical'/><manager link='eth0' name='NetworkManager' dhcp='yes'/>"
     "<address link='eth0' address='10.0.0.2' prefix='24' origin='dhcp'/>",
     "<link name='eth0' kind='physical'/>",
     "take link 'eth0' over from NetworkManager (delete, live)\n"
     "    link: eth0 -> none\n    name: NetworkManager -> none\n"
     "delete address '10.0.0.2/24' on 'eth0' (delete, live)\n"
     "    link: eth0 -> none\n    address: 10.0.0.2 -> none\n    prefix: 24 -> none\n"},
    {"a manager that does not let go",
     "<link name='eth0' kind='physical'/><manager link='eth0' name='wicked' refusal='it is not "
     "known here; stop it'/><address link='eth0' address='10.0.0.1' prefix='24'/>",
     "<link name='eth0' kind='physical' mtu='9000'/>",
     "error: link 'eth0' cannot be taken over from wicked: it is not known here; stop it\n"},
    {"a manager that does not let go, of a NIC that nobody wants",
     "<manager link='eth0' name='wicked' refusal='x'/>", "", ""},
    {"a link that is not there yet, and who would manage it",
     "<manager link='vs0' name='systemd-networkd'/>", "<link name='vs0' kind='bridge' ours='yes'/>",
     "take link 'vs0' over from systemd-networkd (delete, live)\n"
     "    link: vs0 -> none\n    name: systemd-networkd -> none\n"
     "create link 'vs0' (create, live)\n    name: none -> vs0\n    kind: none -> bridge\n"},
    {"and given back when it is gone", "<link name='vs0' kind='bridge' ours='yes'/>",
     "<manager link='vs0' name='systemd-networkd'/>",
     "delete link 'vs0' (delete, live)\n    name: vs0 -> none\n    kind: bridge -> none\n"
     "give link 'vs0' back to systemd-networkd (create, live)\n"
     "    link: none -> vs0\n    name: none -> systemd-networkd\n"},
    {"a VLAN and a guest's macvtap on a NIC that gets a master",
     "<link name='vs0' kind='bridge' ours='yes'/><link name='eth0' kind='physical' up='yes'/>"
     "<link name='eth0.5' kind='other' parent='eth0'/>"
     "<link name='macvtap0' kind='other' parent='eth0'/>"
     "<guest domain='11111111-0000-0000-0000-000000000000' mac='52:54:00:00:00:01' name='web' "
     "link='macvtap0'/><address link='eth0' address='10.0.0.1' prefix='24'/>",
     "<link name='vs0' kind='bridge' ours='yes'/>"
     "<link name='eth0' kind='physical' master='vs0'/>",
     "error: link 'eth0' would go down or change its master, but this, which is not virt-loom's, "
     "sits on it: eth0.5, macvtap0 (guest 'web'): stop the guests that use it and delete it first, "
     "such as by: ip link delete dev NAME; or leave 'eth0' out of the fabric\n"},
    {"the same on a NIC that only gets another MTU",
     "<link name='eth0' kind='physical' mtu='1500'/>"
     "<link name='eth0.5' kind='other' parent='eth0'/>",
     "<link name='eth0' kind='physical' mtu='9000'/>",
     "change link 'eth0' (change, live)\n    mtu: 1500 -> 9000\n"},
    {"a VLAN of others on a bridge that is no longer wanted",
     "<link name='vs0' kind='bridge' ours='yes'/><link name='vs0.5' kind='other' parent='vs0'/>",
     "", "warning: link 'vs0' is no longer wanted, but kept until this is out of it: vs0.5\n"},
    {"a NIC in a foreign bridge with guests",
     "<link name='eth0' kind='physical' master='br9'/><link name='br9' kind='bridge'/>"
     "<link name='vnet0' kind='other' master='br9'/><link name='vnet1' kind='other' master='br9'/>"
     "<guest domain='11111111-0000-0000-0000-000000000000' mac='52:54:00:00:00:01' name='web' "
     "link='vnet0'/>"
     "<guest domain='11111111-0000-0000-0000-000000000000' mac='52:54:00:00:00:02' link='vnet1'/>",
     "<link name='eth0' kind='physical' master='eth1'/>",
     "error: link 'eth0' is in 'br9', which is not virt-loom's, and so are these guests: web, "
     "11111111-0000-0000-0000-000000000000: move them to another network, and take it out of there "
     "first, such as by: ip link set dev eth0 nomaster\n"},
    {"a route that could not be brought back",
     "<link name='vs0' kind='bridge' ours='yes'/><link name='eth0' kind='physical' up='yes'/>"
     "<route link='eth0' destination='10.9.0.0/16' unsaid='several nexthops'/>",
     "<link name='vs0' kind='bridge' ours='yes'/>"
     "<link name='eth0' kind='physical' master='vs0'/>",
     "error: link 'eth0' would go down or change its master, and lose what could not be brought "
     "back: route '10.9.0.0/16' (several nexthops): delete it first, or leave 'eth0' out of the "
     "fabric\n"},
    {"such a route on a link that would be made again",
     "<link name='v' kind='veth' ours='yes'/><route link='v' destination='10.9.0.0/16' "
     "unsaid='several nexthops'/>",
     "<link name='v' kind='ovs-internal' ours='yes'/>",
     "error: link 'v' must be deleted and made again, but is in use by route '10.9.0.0/16' "
     "(several nexthops): stop or move them first\n"},
    {"a guest's device in a snapshot that has gone since",
     "<link name='vs0' kind='bridge' ours='yes'/>",
     "<link name='vs0' kind='bridge' ours='yes'/><link name='vnet3' kind='other' master='vs0'/>"
     "<port link='vnet3' vlan='3'/>",
     ""},
    {"what hangs on others' links is never deleted, even where a snapshot names them",
     "<link name='br9' kind='bridge'/><address link='br9' address='10.0.0.1' prefix='24'/>",
     "<link name='br9' kind='bridge'/>", ""},
    {"a route that would take the place of another's",
     "<link name='v' kind='veth' ours='yes'/>"
     "<route link='eth4' destination='0.0.0.0/0' gateway='10.4.0.1'/>"
     "<route link='eth4' destination='0.0.0.0/0' gateway='10.4.0.2' metric='100' protocol='ra'/>",
     "<link name='v' kind='veth' ours='yes'/>"
     "<route link='v' destination='0.0.0.0/0' gateway='10.0.0.1'/>"
     "<route link='v' destination='0.0.0.0/0' gateway='10.0.0.2' metric='100'/>",
     "error: route '0.0.0.0/0' on 'v' would take the place of the one on 'eth4', which is not "
     "virt-loom's: give it another metric, or delete that one first\n"
     "create route '0.0.0.0/0 via 10.0.0.2' on 'v' (create, live)\n    link: none -> v\n"
     "    destination: none -> 0.0.0.0/0\n    gateway: none -> 10.0.0.2\n"
     "    metric: none -> 100\n"},
    {"neighbours go down with their link",
     "<link name='b' kind='bond' ours='yes' up='yes' mode='802.3ad'/>"
     "<neighbour link='b' address='10.0.0.9' mac='52:54:00:00:00:09'/>",
     "<link name='b' kind='bond' ours='yes' up='yes' mode='balance-xor'/>"
     "<neighbour link='b' address='10.0.0.9' mac='52:54:00:00:00:09'/>",
     "change link 'b' (change, down)\n    mode: 802.3ad -> balance-xor\n"
     "create neighbour '10.0.0.9' on 'b' (create, live)\n    link: none -> b\n"
     "    address: none -> 10.0.0.9\n    mac: none -> 52:54:00:00:00:09\n"},
    {"a limit that is gone, and a default that is none",
     "<link name='p' kind='veth' ours='yes'/><port link='p' vlan='3' max='100' isolated='no'/>",
     "<link name='p' kind='veth' ours='yes'/><port link='p' vlan='3'/>",
     "change port of 'p' (change, live)\n    max: 100 -> none\n"},
    {"what nobody states is not ours",
     "<link name='p' kind='bridge' ours='yes' mtu='9000' stp='yes'/>",
     "<link name='p' kind='bridge' ours='yes'/>", ""},
    {"a pattern is no step", "", "<port network='Red' portgroup='Public' vlan='3'/>", ""},
    {"networks: changed, then created, then deleted",
     "<network name='a' ours='yes' bridge='x'/><network name='c' ours='yes' bridge='x'/>",
     "<network name='b' ours='yes'/><network name='c' ours='yes' bridge='y'/>",
     "change network 'c' (change, live)\n    bridge: x -> y\n"
     "create network 'b' (create, live)\n    name: none -> b\n"
     "delete network 'a' (delete, live)\n    name: a -> none\n    bridge: x -> none\n"},
    {"only a portgroup differs",
     "<network name='a' ours='yes'><portgroup name='x'/><portgroup name='y' outaverage='1'/>"
     "</network>",
     "<network name='a' ours='yes'><portgroup name='y' default='yes'/><portgroup name='z' "
     "inpeak='2'/></network>",
     "change network 'a' (change, live)\n"
     "    portgroup 'y' default: none -> yes\n"
     "    portgroup 'y' outaverage: 1 -> none\n"
     "    portgroup 'z' name: none -> z\n"
     "    portgroup 'z' inpeak: none -> 2\n"
     "    portgroup 'x' name: x -> none\n"},
    {"masters before members, members deleted first",
     "<link name='a' kind='bridge' ours='yes'/><link name='b' kind='bond' ours='yes' master='a'/>",
     "<link name='x' kind='bond' ours='yes' master='y'/><link name='y' kind='bridge' ours='yes'/>",
     "create link 'y' (create, live)\n    name: none -> y\n    kind: none -> bridge\n"
     "create link 'x' (create, live)\n    name: none -> x\n    kind: none -> bond\n"
     "    master: none -> y\n"
     "delete link 'b' (delete, live)\n    name: b -> none\n    kind: bond -> none\n"
     "    master: a -> none\n"
     "delete link 'a' (delete, live)\n    name: a -> none\n    kind: bridge -> none\n"},
    {"made again, with what hung on it and was in it",
     "<link name='a' kind='bridge' ours='yes'/><address link='a' address='10.0.0.1' prefix='8'/>"
     "<link name='eth0' kind='physical' master='a'/><port link='eth0' vlan='3'/>",
     "<link name='a' kind='ovs-bridge' ours='yes'/>"
     "<address link='a' address='10.0.0.1' prefix='8'/>"
     "<link name='eth0' kind='physical' master='a'/><port link='eth0' vlan='3'/>",
     "delete link 'a' (delete, replace)\n    name: a -> none\n    kind: bridge -> none\n"
     "create link 'a' (create, replace)\n    name: none -> a\n    kind: none -> ovs-bridge\n"
     "change link 'eth0' (change, live)\n"
     "create port of 'eth0' (create, live)\n    link: none -> eth0\n    vlan: none -> 3\n"
     "create address '10.0.0.1/8' on 'a' (create, live)\n    link: none -> a\n"
     "    address: none -> 10.0.0.1\n    prefix: none -> 8\n"},
};

static void
test_case(void **state)
{
    const Case *given = *state;
    g_autofree char *text = outcome(given->from, given->to);

    assert_string_equal(text, given->outcome);
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(cases)];

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        tests[i] = (struct CMUnitTest){
            .name = cases[i].name, .test_func = test_case, .initial_state = (void *)&cases[i]};
    return cmocka_run_group_tests_name("whose", tests, NULL, NULL);
}
