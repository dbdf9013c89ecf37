/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan/: who notices that a plan runs, and how. */
#include "test.h"

#include "hosts.h"
#include "plan/notice.h"

typedef struct {
    const char *name, *from, *to, *outcome;
} Case;

/* A switch with a team of two NICs, a vNIC, two guests, and sessions on the vNIC's address. */
#define LINKS(mode, mtu, eth0, eth1)                                                               \
    "<link name='vs' kind='bridge' ours='yes' up='yes'/>"                                          \
    "<link name='team' kind='bond' ours='yes' up='yes' mtu='" mtu "' mode='" mode                  \
    "' master='vs'/>"                                                                              \
    "<link name='eth0' kind='physical' up='yes'" eth0 "/>"                                         \
    "<link name='eth1' kind='physical' up='yes'" eth1 "/>"                                         \
    "<link name='mgmt' kind='veth' ours='yes' up='yes' peer='mgmt-p'/>"                            \
    "<link name='mgmt-p' kind='veth' ours='yes' up='yes' peer='mgmt' master='vs'/>"
#define IN " master='team'"
#define ADDRESSES                                                                                  \
    "<address link='mgmt' address='10.0.0.1' prefix='24'/>"                                        \
    "<address link='mgmt' address='fe80::1' prefix='64' origin='kernel'/>"
#define USERS                                                                                      \
    "<link name='vnet0' kind='other' up='yes' master='vs'/>"                                       \
    "<link name='vnet1' kind='other' up='yes' master='vs'/>"                                       \
    "<guest domain='11111111-0000-0000-0000-000000000000' mac='52:54:00:00:00:01' name='web' "     \
    "link='vnet0'/>"                                                                               \
    "<sessions address='10.0.0.1' port='22' count='3'/>"
#define ALL_BY(step)                                                                               \
    "interruption address mgmt: address '10.0.0.1' on 'mgmt': interrupted by: " step "\n"          \
    "interruption guest vnet0: guest 'web' on 'vnet0': interrupted by: " step "\n"                 \
    "interruption link vnet1: link 'vnet1', which is not virt-loom's,: interrupted by: " step "\n" \
    "interruption sessions mgmt: sessions of port 22 on address '10.0.0.1' (3): interrupted "      \
    "by: " step "\n"
#define ALONE "<address link='eth0' address='10.0.0.1' prefix='24'/>"

static const Case cases[] = {
    {"nothing changes", LINKS("802.3ad", "1500", IN, IN) ADDRESSES USERS,
     LINKS("802.3ad", "1500", IN, IN) ADDRESSES, ""},
    {"what changes live", LINKS("802.3ad", "1500", IN, IN) ADDRESSES USERS,
     LINKS("802.3ad", "9000", IN, IN) ADDRESSES, ""},
    {"one of two NICs leaves the team", LINKS("802.3ad", "1500", IN, IN) ADDRESSES USERS,
     LINKS("802.3ad", "1500", IN, "") ADDRESSES, ""},
    {"a NIC comes, another leaves", LINKS("802.3ad", "1500", IN, "") ADDRESSES USERS,
     LINKS("802.3ad", "1500", "", IN) ADDRESSES, ""},
    {"a NIC comes that is down, another leaves", LINKS("802.3ad", "1500", IN, "") ADDRESSES USERS,
     "<link name='eth1' kind='physical' up='no' master='team'/>"
     "<link name='eth0' kind='physical' up='yes'/>"
     "<link name='vs' kind='bridge' ours='yes'/>"
     "<link name='team' kind='bond' ours='yes' master='vs'/>"
     "<link name='mgmt' kind='veth' ours='yes' peer='mgmt-p'/>"
     "<link name='mgmt-p' kind='veth' ours='yes' peer='mgmt' master='vs'/>" ADDRESSES,
     ALL_BY("change link 'eth0'")},
    {"the only NIC leaves the team", LINKS("802.3ad", "1500", IN, "") ADDRESSES USERS,
     LINKS("802.3ad", "1500", "", "") ADDRESSES, ALL_BY("change link 'eth0'")},
    {"the team changes its mode", LINKS("802.3ad", "1500", IN, IN) ADDRESSES USERS,
     LINKS("active-backup", "1500", IN, IN) ADDRESSES, ALL_BY("change link 'team'")},
    {"the vNIC is made again", LINKS("802.3ad", "1500", IN, IN) ADDRESSES USERS,
     "<link name='vs' kind='bridge' ours='yes'/>"
     "<link name='team' kind='bond' ours='yes' master='vs'/>"
     "<link name='eth0' kind='physical'" IN "/><link name='eth1' kind='physical'" IN "/>"
     "<link name='mgmt' kind='veth' ours='yes' up='yes' peer='mgmt-q'/>"
     "<link name='mgmt-q' kind='veth' ours='yes' up='yes' peer='mgmt' master='vs'/>" ADDRESSES,
     "interruption address mgmt: address '10.0.0.1' on 'mgmt': interrupted by: delete link "
     "'mgmt'\n"
     "interruption sessions mgmt: sessions of port 22 on address '10.0.0.1' (3): interrupted by: "
     "delete link 'mgmt'\n"},
    {"an address is not wanted any more", LINKS("802.3ad", "1500", IN, IN) ADDRESSES USERS,
     LINKS("802.3ad", "1500", IN, IN),
     "interruption address mgmt: address '10.0.0.1' on 'mgmt': ended by: delete address "
     "'10.0.0.1/24' on 'mgmt'\n"
     "interruption sessions mgmt: sessions of port 22 on address '10.0.0.1' (3): ended by: delete "
     "address '10.0.0.1/24' on 'mgmt'\n"},
    {"into the team with a spare", LINKS("802.3ad", "1500", "", "") ALONE USERS,
     LINKS("802.3ad", "1500", IN, IN) ADDRESSES,
     "move address eth0: address '10.0.0.1' on 'eth0': moves to 'mgmt', which another NIC "
     "carries\n"
     "move sessions eth0: sessions of port 22 on address '10.0.0.1' (3): moves to 'mgmt', which "
     "another NIC carries\n"},
    {"into the team without a spare", LINKS("802.3ad", "1500", "", "") ALONE,
     LINKS("802.3ad", "1500", IN, "") ADDRESSES,
     "interruption address eth0: address '10.0.0.1' on 'eth0': interrupted by: delete address "
     "'10.0.0.1/24' on 'eth0'\n"},
    {"out of the team, which another NIC carries", LINKS("802.3ad", "1500", IN, IN) ADDRESSES,
     "<link name='eth0' kind='physical' up='yes'/>" ALONE,
     "move address mgmt: address '10.0.0.1' on 'mgmt': moves to 'eth0', which another NIC "
     "carries\n"},
    {"a VLAN of others on a NIC that goes down",
     "<link name='eth0' kind='physical' up='yes'/><link name='eth0.5' kind='other' up='yes' "
     "parent='eth0'/><address link='eth0.5' address='10.5.0.1' prefix='24'/>",
     "<link name='eth0' kind='physical' up='no'/>"
     "<link name='eth0.5' kind='other' parent='eth0'/>"
     "<address link='eth0.5' address='10.5.0.1' prefix='24'/>",
     "interruption address eth0.5: address '10.5.0.1' on 'eth0.5': interrupted by: change link "
     "'eth0'\n"},
};

static LoomHost *
parse(const char *xml)
{
    g_autofree char *text = g_strdup_printf("<host name='h'>%s</host>", xml);

    return loom_test_host(text);
}

static void
test_case(void **state)
{
    const Case *given = *state;
    g_autoptr(LoomHost) from = parse(given->from);
    g_autoptr(LoomHost) to = parse(given->to);
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomPlan) plan = loom_plan_compare(from, to, loom_memory_kinds, report);
    g_autoptr(GPtrArray) notices = loom_plan_find_notices(plan, from, to);
    g_autoptr(GString) text = g_string_new(NULL);

    assert_int_equal(loom_report_length(report), 0);
    for (guint i = 0; i < notices->len; i++) {
        const LoomNotice *notice = notices->pdata[i];

        assert_true(g_ptr_array_find(plan->steps, notice->step, NULL));
        g_string_append_printf(text, "%s %s %s: %s\n", loom_notice_effect_format(notice->effect),
                               notice->who->kind->element, notice->link, notice->text);
    }
    assert_string_equal(text->str, given->outcome);
    assert_int_equal(loom_notices_interrupt(notices),
                     g_str_has_prefix(given->outcome, "interruption"));
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(cases)];

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        tests[i] = (struct CMUnitTest){
            .name = cases[i].name, .test_func = test_case, .initial_state = (void *)&cases[i]};
    return cmocka_run_group_tests_name("notice", tests, NULL, NULL);
}
