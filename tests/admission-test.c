/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* host/: whether a team can keep what it promises, with its largest NIC lost. */
#include "hosts.h"
#include "test.h"

#include "host/admission.h"

typedef struct {
    const char *what;
    guint64 speeds[4]; /* up to COUNT */
    size_t count;
    LoomAdmissionMode mode;
    guint64 reserved, wanted;
    const char *refusal; /* NULL: it may come */
} Case;

#define LOST " Mbit/s that its team carries when its largest NIC is lost"
#define REFUSAL(reserved, wanted, capacity, rest)                                                  \
    "switch 'S' has promised " reserved " Mbit/s to the ports on it, and one more that is "        \
    "promised " wanted " Mbit/s makes more than the " capacity rest

static const Case cases[] = {
    {"the rest is enough", {10000, 10000}, 2, LOOM_ADMISSION_SHARED, 9000, 1000, NULL},
    {"one too many",
     {10000, 10000},
     2,
     LOOM_ADMISSION_SHARED,
     9000,
     1001,
     REFUSAL("9000", "1001", "10000", LOST)},
    {"the largest is lost",
     {1000, 10000, 2500},
     3,
     LOOM_ADMISSION_SHARED,
     3000,
     600,
     REFUSAL("3000", "600", "3500", LOST)},
    {"of equal ones one is lost", {1000, 1000, 1000}, 3, LOOM_ADMISSION_SHARED, 1500, 500, NULL},
    {"one NIC alone is not lost", {1000}, 1, LOOM_ADMISSION_SHARED, 0, 1000, NULL},
    {"nor more than it",
     {1000},
     1,
     LOOM_ADMISSION_ONE,
     1000,
     1,
     REFUSAL("1000", "1", "1000", " Mbit/s that its team carries with its only NIC")},
    {"of those that stand by any may carry all",
     {10000, 1000},
     2,
     LOOM_ADMISSION_ONE,
     500,
     501,
     REFUSAL("500", "501", "1000", LOST)},
    {"but that", {10000, 1000}, 2, LOOM_ADMISSION_ONE, 500, 500, NULL},
    {"an unknown speed counts as none",
     {0, 10000, 1000},
     3,
     LOOM_ADMISSION_SHARED,
     0,
     1001,
     REFUSAL("0", "1001", "1000", LOST)},
    {"nor is it the slowest", {0, 10000}, 2, LOOM_ADMISSION_ONE, 0, 10000, NULL},
    {"all unknown", {0, 0}, 2, LOOM_ADMISSION_SHARED, 5000, 5000, NULL},
    {"no NIC", {0}, 0, LOOM_ADMISSION_SHARED, 5000, 5000, NULL},
    {"a weight where too much is promised already",
     {1000},
     1,
     LOOM_ADMISSION_SHARED,
     5000,
     0,
     NULL},
    {"numbers whose sum does not fit",
     {1000},
     1,
     LOOM_ADMISSION_SHARED,
     1,
     G_MAXUINT64,
     REFUSAL("1", "18446744073709551615", "1000",
             " Mbit/s that its team carries with its only NIC")},
};

static void
test_cases(void **state G_GNUC_UNUSED)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        LoomAdmission admission = {cases[i].speeds, cases[i].count, cases[i].mode,
                                   cases[i].reserved, cases[i].wanted};
        g_autofree char *refusal = loom_admission_refuse(&admission, "S");

        if (g_strcmp0(refusal, cases[i].refusal) != 0)
            fail_msg("%s: %s", cases[i].what, refusal);
    }
}

#define SLICE(mode, attributes)                                                                    \
    "<host name='h'><link name='t' kind='bond' ours='yes' mode='" mode "' logicalswitch='S'/>"     \
    "<port network='N' portgroup='g' class='Gold' logicalswitch='S'/>"                             \
    "<port network='N' portgroup='f' logicalswitch='S'/>"                                          \
    "<class link='eth0' priority='2' name='default' rate='1000' logicalswitch='S'/>"               \
    "<class link='eth0' priority='16' name='Gold' perport='yes' ceiling='1000000' " attributes     \
    " logicalswitch='S'/>"                                                                         \
    "<class link='eth1' priority='16' name='Gold' perport='yes' ceiling='10000000' " attributes    \
    " logicalswitch='S'/>"                                                                         \
    "<class link='eth2' priority='16' name='Gold' perport='yes' ceiling='5000000' " attributes     \
    " logicalswitch='T'/></host>"

/* Host vNICs are promised something too. */
static void
test_vnics(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) slice = loom_test_host(SLICE("802.3ad", "rate='400000' reserved='600000'"));
    const LoomPort *gold = slice->ports->pdata[0];
    g_autofree char *fits = loom_admission_refuse_port(slice, gold, 0);
    g_autofree char *over = loom_admission_refuse_port(slice, gold, 1);

    assert_null(fits);
    assert_string_equal(over, REFUSAL("601", "400", "1000", LOST));
}

/* As a hook has it: a slice, and the sum of what runs. */
static void
test_slice(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) lacp = loom_test_host(SLICE("802.3ad", "rate='400000'"));
    g_autoptr(LoomHost) backup = loom_test_host(SLICE("active-backup", "rate='400000'"));
    g_autoptr(LoomHost) weight = loom_test_host(SLICE("802.3ad", "rate='400000' weight='40'"));
    const LoomPort *gold = lacp->ports->pdata[0], *other = lacp->ports->pdata[1];
    g_autofree char *fits = loom_admission_refuse_port(lacp, gold, 600);
    g_autofree char *over = loom_admission_refuse_port(lacp, gold, 601);
    g_autofree char *slow = loom_admission_refuse_port(backup, gold, 601);
    g_autofree char *share = loom_admission_refuse_port(weight, gold, 9999);
    g_autofree char *free_of_class = loom_admission_refuse_port(lacp, other, 9999);

    assert_int_equal(loom_admission_minimum(lacp, gold), 400);
    assert_int_equal(loom_admission_minimum(weight, gold), 0);
    assert_null(fits);
    assert_string_equal(over, REFUSAL("601", "400", "1000", LOST));
    assert_string_equal(slow, REFUSAL("601", "400", "1000", LOST));
    assert_null(share);
    assert_null(free_of_class);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_slice),
        cmocka_unit_test(test_vnics),
    };

    return cmocka_run_group_tests_name("admission", tests, NULL, NULL);
}
