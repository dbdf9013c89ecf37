/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* base/: both readers, records, names, VLAN sets, addresses, UUIDs, units. */
#include "test.h"

#include "base/vlans.h"

static void
test_vlans(void **state G_GNUC_UNUSED)
{
    LoomVlans vlans;
    assert_true(loom_vlans_parse("20,1-10", &vlans));
    g_autofree char *text = loom_vlans_format(&vlans);
    assert_string_equal(text, "1-10,20");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vlans),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
