/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel/: from every host to every other on the running kernel, and back. */
#include "kernel-fixture.h"

/* All of tests/data/kernel, and those of tests/data/hosts that CHOSEN names; NULL: all. */
static GPtrArray *
load_hosts(LoomBackend *backend, const char *const *chosen, GPtrArray *names)
{
    static const char *const directories[] = {"tests/data/kernel", "tests/data/hosts"};
    GPtrArray *hosts = g_ptr_array_new_with_free_func((GDestroyNotify)loom_host_free);

    for (size_t i = 0; i < G_N_ELEMENTS(directories); i++) {
        g_autofree char *directory = loom_test_path(directories[i]);
        g_autoptr(GPtrArray) files = loom_test_list_directory(directory);

        for (guint k = 0; k < files->len; k++) {
            g_autofree char *path = g_build_filename(directory, files->pdata[k], NULL);
            g_autoptr(GError) error = NULL;
            g_autoptr(LoomHost) host = loom_host_load(path, &error);

            if (i && chosen && !g_strv_contains(chosen, files->pdata[k]))
                continue;
            assert_no_error(error);
            g_ptr_array_add(hosts, reduced(backend, host));
            g_ptr_array_add(names, g_strdup(files->pdata[k]));
        }
    }
    return hosts;
}

/* From A to B by comparison, and back to all that was there before, as a revert goes. */
static void
assert_there_and_back(LoomBackend *backend, const LoomHost *a, const LoomHost *b, const char *what)
{
    g_autoptr(LoomHost) before = observe(backend, b);
    g_autofree char *back = g_strconcat(what, " and back", NULL);
    g_autofree char *left = NULL;

    reach(backend, b, ONCE, what);
    reach(backend, before, ONCE, back);
    assert_reached(backend, a, back);
    g_autoptr(LoomHost) after = observe(backend, b);
    left = find_difference(backend, before, after);
    if (left)
        fail_msg("%s: there is more than before:%s", back, left);
}

static void
test_every_pair(void **state)
{
    static const char *const chosen[] = {"datacenter.xml", "inherit.xml", "moved-nics.xml", NULL};
    LoomBackend *backend = *state;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) hosts = load_hosts(backend, chosen, names);
    g_autofree char *theirs = read_foreign();

    assert_true(hosts->len >= 12);
    for (guint i = 0; i < hosts->len; i++) {
        reach(backend, hosts->pdata[i], ONCE, names->pdata[i]);
        for (guint k = i + 1; k < hosts->len; k++) {
            g_autofree char *what =
                g_strdup_printf("%s -> %s", (char *)names->pdata[i], (char *)names->pdata[k]);
            assert_there_and_back(backend, hosts->pdata[i], hosts->pdata[k], what);
        }
    }
    g_autofree char *after = read_foreign();
    assert_string_equal(after, theirs);
}

/* A step may meet what it does done. */
static void
test_twice(void **state)
{
    LoomBackend *backend = *state;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) hosts = load_hosts(backend, NULL, names);

    for (guint i = 0; i < hosts->len; i++) {
        reach(backend, hosts->pdata[i], TWICE, names->pdata[i]);
        assert_int_equal(reach(backend, hosts->pdata[i], ONCE, names->pdata[i]), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_pair, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_twice, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("kernel-pairs", tests, NULL, NULL);
}
