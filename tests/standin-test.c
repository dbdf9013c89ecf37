/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stand-ins: what the kernel then says of them, in a network namespace that ends with the test. */
#include "test.h"

#include "base/error.h"
#include "kernel/facts.h"
#include "kernel/kernel.h"
#include "kernel/standin.h"

#include <string.h>

static void
add_link(LoomHost *host, const char *name, LoomLinkKind kind, const char *mac)
{
    LoomLink *link = loom_record_new(&loom_link_kind);

    LOOM_SET(link, name, name);
    LOOM_SET_NUMBER(link, kind, kind);
    LOOM_SET(link, mac, mac);
    loom_record_add(host, link);
}

static void
test_stand_ins_look_like_nics(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) host = loom_host_new();
    g_autoptr(LoomHost) facts = NULL;
    g_autoptr(LoomStage) stage = NULL;
    g_autoptr(GError) error = NULL;
    const LoomLink *nic, *teamed;

    add_link(host, "eth0", LOOM_LINK_PHYSICAL, "02:00:00:00:00:01");
    add_link(host, "eth1", LOOM_LINK_PHYSICAL, "02:00:00:00:00:01");
    LOOM_SET((LoomLink *)host->links->pdata[1], permanentmac, "02:00:00:00:00:02");
    add_link(host, "br0", LOOM_LINK_BRIDGE, "02:00:00:00:00:03");
    LOOM_SET_NUMBER((LoomLink *)host->links->pdata[2], ours, TRUE);
    stage = loom_stage_enter(&error);
    if (!stage) {
        assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_UNSUPPORTED));
        print_message("no network namespace for this user: %s\n", error->message);
        skip();
    }
    loom_stage_furnish(stage, host, &error);
    assert_no_error(error);
    g_autoptr(LoomBackend) backend = loom_kernel_new(&error);
    assert_no_error(error);
    facts = loom_kernel_gather_facts(backend, "h", &error);
    assert_no_error(error);

    nic = loom_host_find(facts, &loom_link_kind, "eth0");
    teamed = loom_host_find(facts, &loom_link_kind, "eth1");
    assert_non_null(nic);
    assert_non_null(teamed);
    assert_int_equal(nic->kind, LOOM_LINK_PHYSICAL);
    assert_string_equal(nic->mac, "02:00:00:00:00:01");
    assert_string_equal(teamed->mac, "02:00:00:00:00:02"); /* its own, and not its team's */
    assert_null(loom_host_find(facts, &loom_link_kind, "br0"));

    assert_false(loom_stage_furnish(stage, host, &error)); /* they are there already */
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_FAILED));
    assert_non_null(strstr(error->message, "'eth0'"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stand_ins_look_like_nics),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
