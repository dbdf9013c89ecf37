/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel/: offloads of NICs. What here can be turned on and off is a bond's IPsec. */
#include "kernel-fixture.h"

#include "kernel/session.h"

#include <string.h>

/* What ethtool(8) says of a feature of LINK. */
static void
assert_feature(const char *link, const char *wanted)
{
    const char *const command[] = {"ethtool", "-k", link, NULL};
    g_autofree char *output = NULL;
    g_autofree char *line = g_strdup_printf("\n%s\n", wanted);

    assert_true(g_spawn_sync(NULL, (char **)command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output,
                             NULL, NULL, NULL));
    if (!strstr(output, line))
        fail_msg("not %s: %s", wanted, output);
}

/* As if b9 were a NIC: of others only drivers of hardware have one of these features. */
static LoomHost *
bond_as_nic(const char *offloads)
{
    g_autofree char *xml =
        g_strdup_printf("<host name='a'><link name='b9' kind='physical' %s/></host>", offloads);

    return loom_test_host(xml);
}

static void
set_features(LoomKernel *kernel, LoomLink *now, const LoomLink *to)
{
    g_autoptr(GError) error = NULL;

    loom_kernel_set_features(kernel, now, to, to->record.present, &error);
    assert_no_error(error);
}

void
test_features(void **state)
{
    LoomKernel *kernel = *state;
    g_autoptr(LoomHost) now = bond_as_nic("");
    g_autoptr(LoomHost) on = bond_as_nic("ipsec='yes' rss='yes'");
    g_autoptr(LoomHost) off = bond_as_nic("ipsec='no'");
    g_autoptr(LoomHost) target = reduced(&kernel->backend, on);
    LoomLink *bond = now->links->pdata[0];

    /* there is no such link yet */
    assert_false(LOOM_HAS((LoomLink *)target->links->pdata[0], ipsec));
    ip("link add b9 type bond mode active-backup");
    loom_kernel_read_features(kernel, bond);
    assert_true(LOOM_HAS(bond, ipsec));
    assert_false(bond->ipsec);
    assert_false(LOOM_HAS(bond, rss));

    loom_record_free(target);
    target = reduced(&kernel->backend, on);
    assert_true(((LoomLink *)target->links->pdata[0])->ipsec);
    assert_false(LOOM_HAS((LoomLink *)target->links->pdata[0], rss));

    set_features(kernel, bond, on->links->pdata[0]); /* what it has not got is left out */
    assert_true(bond->ipsec);
    assert_feature("b9", "esp-hw-offload: on");
    set_features(kernel, bond, on->links->pdata[0]);
    assert_feature("b9", "esp-hw-offload: on");
    set_features(kernel, bond, off->links->pdata[0]);
    assert_false(bond->ipsec);
    assert_feature("b9", "esp-hw-offload: off");
}
