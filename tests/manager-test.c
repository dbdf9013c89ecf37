/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* manager/: what its files say of each manager, and what a hand-over makes of them. */
#include "manager/manager.h"

#include "base/error.h"
#include "golden.h"

#include <glib/gstdio.h>
#include <string.h>

/*
 * A case is a directory with
 *   files      the host's files: "== PATH" before each; below /proc, '|' is what parts arguments
 *   links      the links that are looked at, NAME or NAME:KIND
 *   observed   who has them
 *   taken      files that differ once those without a refusal are handed over; where it exists
 *   returned   and once they are given back: nothing where the files are as they were
 */

typedef struct {
    char *root;
    LoomBackend *managers;
    LoomHost *target;
} Place;

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) directory =
        g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *inside = g_build_filename(path, name, NULL);

        remove_tree(inside);
    }
    g_remove(path);
}

static void
write_file(const char *root, const char *path, GString *text)
{
    g_autofree char *full = g_strconcat(root, path, NULL);
    g_autofree char *directory = g_path_get_dirname(full);

    if (g_str_has_prefix(path, "/proc/")) {
        g_strdelimit(g_strchomp(text->str), "|", '\0');
        /* as long as it was: NULs do not end it */
        while (text->len && text->str[text->len - 1] == '\0')
            g_string_truncate(text, text->len - 1);
        g_string_append_c(text, '\0');
    }
    assert_int_equal(g_mkdir_with_parents(directory, 0755), 0);
    assert_true(g_file_set_contents(full, text->str, (gssize)text->len, NULL));
}

static void
unpack(const char *files, const char *root)
{
    g_auto(GStrv) parts = g_strsplit(files, "== ", -1);

    assert_string_equal(parts[0], "");
    for (char **part = parts + 1; *part; part++) {
        char *end = strchr(*part, '\n');
        g_autoptr(GString) text = g_string_new(end + 1);

        *end = '\0';
        write_file(root, *part, text);
    }
}

/* All files but those of the kernel, path -> content. */
static void
collect(const char *root, const char *path, GTree *into)
{
    g_autofree char *full = g_strconcat(root, path, NULL);
    g_autoptr(GDir) directory = g_dir_open(full, 0, NULL);
    const char *name;
    char *text;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *inside = g_strconcat(path, "/", name, NULL);

        if (!g_str_equal(inside, "/proc") && !g_str_equal(inside, "/sys"))
            collect(root, inside, into);
    }
    if (!directory && g_file_get_contents(full, &text, NULL, NULL))
        g_tree_insert(into, g_strdup(path), text);
}

static int
compare_paths(gconstpointer a, gconstpointer b, gpointer data G_GNUC_UNUSED)
{
    return strcmp(a, b);
}

static GTree *
read_tree(const char *root)
{
    GTree *tree = g_tree_new_full(compare_paths, NULL, g_free, g_free);

    collect(root, "", tree);
    return tree;
}

/* The files of NOW that differ from BEFORE, and the names of those that are gone. */
static char *
differences(GTree *before, GTree *now)
{
    GString *text = g_string_new(NULL);

    for (GTreeNode *node = g_tree_node_first(now); node; node = g_tree_node_next(node)) {
        const char *path = g_tree_node_key(node);
        const char *content = g_tree_node_value(node);
        const char *was = g_tree_lookup(before, path);

        /* a lock is nobody's content */
        if (*content && (!was || !g_str_equal(was, content)))
            g_string_append_printf(text, "== %s\n%s", path, content);
    }
    for (GTreeNode *node = g_tree_node_first(before); node; node = g_tree_node_next(node))
        if (!g_tree_lookup(now, g_tree_node_key(node)))
            g_string_append_printf(text, "== %s is gone\n", (char *)g_tree_node_key(node));
    return g_string_free(text, FALSE);
}

static void
place_clear(Place *place)
{
    loom_backend_free(place->managers);
    loom_host_free(place->target);
    remove_tree(place->root);
    g_free(place->root);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

static Place
unpack_case(const LoomCase *test_case)
{
    g_autofree char *files = loom_case_read(test_case, "files");
    g_autofree char *text = loom_case_read(test_case, "links");
    g_auto(GStrv) links = g_strsplit(g_strchomp(text), " ", -1);
    Place place = {g_dir_make_tmp("manager-XXXXXX", NULL), NULL, loom_host_new()};

    unpack(files, place.root);
    place.managers = loom_manager_new_at(place.root);
    LOOM_SET(place.target, name, "h");
    for (char **each = links; *each; each++) {
        LoomLink *link = loom_record_new(&loom_link_kind);

        char *kind = strchr(*each, ':');

        if (kind)
            *kind++ = '\0';
        LOOM_SET(link, name, *each);
        LOOM_SET(link, kind, kind ? kind : "physical");
        loom_record_add(place.target, link);
    }
    return place;
}

static LoomHost *
observe(Place *place)
{
    LoomHost *host = loom_host_new();
    g_autoptr(GError) error = NULL;

    LOOM_SET(host, name, "h");
    place->managers->observe(place->managers, place->target, host, &error);
    assert_no_error(error);
    loom_host_sort(host);
    return host;
}

static void
run_all(Place *place, LoomVerb verb, const LoomHost *host)
{
    for (guint i = 0; i < host->managers->len; i++) {
        const LoomManager *record = host->managers->pdata[i];
        LoomStep step = {.verb = verb, .kind = &loom_manager_kind};
        g_autoptr(GError) error = NULL;

        *(verb == LOOM_STEP_DELETE ? &step.from : &step.to) = &record->record;
        if (verb == LOOM_STEP_DELETE && record->refusal) {
            assert_false(place->managers->run_step(place->managers, &step, &error));
            assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_CONFLICT));
            assert_non_null(strstr(error->message, record->link));
        } else {
            place->managers->run_step(place->managers, &step, &error);
            assert_no_error(error);
        }
    }
}

/* Twice: the second time finds it done. */
static void
run_twice(Place *place, LoomVerb verb, const LoomHost *host, GTree *before, char **changed)
{
    g_autofree char *again = NULL;

    for (unsigned i = 0; i < 2; i++) {
        g_autoptr(GTree) now = NULL;

        run_all(place, verb, host);
        now = read_tree(place->root);
        *(i ? &again : changed) = differences(before, now);
    }
    assert_string_equal(*changed, again);
}

static void
test_case(void **state)
{
    const LoomCase *test_case = *state;
    g_auto(Place) place = unpack_case(test_case);
    g_autoptr(LoomHost) observed = observe(&place);
    g_autofree char *text = loom_host_format(observed);
    g_autofree char *expected = loom_case_read(test_case, "taken");
    g_autofree char *taken = NULL;
    g_autofree char *returned = NULL;

    loom_case_compare(test_case, "observed", text);
    if (!expected)
        return;
    g_autoptr(GTree) before = read_tree(place.root);
    run_twice(&place, LOOM_STEP_DELETE, observed, before, &taken);
    loom_case_compare(test_case, "taken", taken);
    g_autoptr(LoomHost) rest = observe(&place);
    for (guint i = 0; i < rest->managers->len; i++)
        assert_non_null(((LoomManager *)rest->managers->pdata[i])->refusal);

    run_twice(&place, LOOM_STEP_CREATE, observed, before, &returned);
    loom_case_compare(test_case, "returned", returned);
    g_autoptr(LoomHost) after = observe(&place);
    g_autofree char *again = loom_host_format(after);
    assert_string_equal(again, text);
}

/* A file that somebody else wrote under our name stays, and is named. */
static void
test_foreign_rule(void **state G_GNUC_UNUSED)
{
    static const char path[] = "/etc/systemd/network/00-virt-loom-eth0.network";
    static const char files[] = "== /etc/systemd/network/00-virt-loom-eth0.network\n[Match]\n";
    Place place = {g_dir_make_tmp("manager-XXXXXX", NULL), NULL, loom_host_new()};
    g_auto(Place) cleared = (unpack(files, place.root), place);
    g_autoptr(LoomHost) host = loom_host_new();
    LoomManager *record = loom_record_new(&loom_manager_kind);
    g_autofree char *full = g_strconcat(place.root, path, NULL);
    g_autofree char *after = NULL;
    LoomStep steps[] = {{.verb = LOOM_STEP_DELETE, .kind = &loom_manager_kind},
                        {.verb = LOOM_STEP_CREATE, .kind = &loom_manager_kind}};

    cleared.managers = loom_manager_new_at(place.root);
    LOOM_SET(record, link, "eth0");
    LOOM_SET(record, name, "systemd-networkd");
    loom_record_add(host, record);
    steps[0].from = steps[1].to = &record->record;
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autoptr(GError) error = NULL;

        assert_false(cleared.managers->run_step(cleared.managers, &steps[i], &error));
        assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_CONFLICT));
        assert_non_null(strstr(error->message, path));
    }
    assert_true(g_file_get_contents(full, &after, NULL, NULL));
    assert_string_equal(after, "[Match]\n");
}

/* A snapshot knows who would have had a link that was made since, and not what that was. */
static void
test_absent_link(void **state G_GNUC_UNUSED)
{
    static const char enabled[] =
        "== /etc/systemd/system/multi-user.target.wants/systemd-networkd.service\n"
        "== /etc/systemd/network/20-veths.network\n[Match]\nKind=veth\n[Network]\nDHCP=yes\n";
    static const char rule[] =
        "== /etc/systemd/network/00-virt-loom-mgmt0.network\n"
        "# Written by virt-loom: do not edit\n[Match]\nName=mgmt0\n\n[Link]\nUnmanaged=yes\n";
    Place place = {g_dir_make_tmp("manager-XXXXXX", NULL), NULL, loom_host_new()};
    g_auto(Place) cleared = (unpack(enabled, place.root), place);
    LoomManager *record = loom_record_new(&loom_manager_kind);

    cleared.managers = loom_manager_new_at(place.root);
    LOOM_SET(record, link, "mgmt0");
    LOOM_SET(record, name, "systemd-networkd");
    loom_record_add(cleared.target, record);
    g_autoptr(LoomHost) before = observe(&cleared);
    assert_int_equal(before->managers->len, 1);
    unpack(rule, cleared.root);
    g_autoptr(LoomHost) after = observe(&cleared);
    assert_int_equal(after->managers->len, 0);
}

/* Of a manager that a newer version knows nothing is known. */
static void
test_unknown_manager(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomBackend) managers = loom_manager_new_at("/nonexistent");
    g_autoptr(LoomHost) host = loom_host_new();
    LoomManager *record = loom_record_new(&loom_manager_kind);
    LoomStep step = {.verb = LOOM_STEP_DELETE, .kind = &loom_manager_kind};
    g_autoptr(GError) error = NULL;

    LOOM_SET(record, link, "eth0");
    LOOM_SET(record, name, "wicked");
    loom_record_add(host, record);
    step.from = &record->record;
    assert_false(managers->run_step(managers, &step, &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_UNSUPPORTED));
    assert_non_null(strstr(error->message, "wicked"));
}

/* Programs by their own name, and as scripts of Python's: not whoever has such an argument. */
static void
test_running(void **state G_GNUC_UNUSED)
{
    static const char files[] = "== /proc/12/cmdline\n/usr/bin/python3|-Es|/usr/sbin/ifreload|-a\n"
                                "== /proc/13/cmdline\n/usr/sbin/NetworkManager|--no-daemon\n"
                                "== /proc/14/cmdline\npython3|-Es\n"
                                "== /proc/15/cmdline\nvi|/usr/sbin/netplan\n";
    static const char *const programs[] = {"NetworkManager", "netplan", "ifreload", "-Es", NULL};
    Place place = {g_dir_make_tmp("manager-XXXXXX", NULL), NULL, loom_host_new()};
    g_auto(Place) cleared = (unpack(files, place.root), place);
    g_autoptr(GPtrArray) running = loom_manager_list_running(place.root, programs);

    cleared.managers = loom_manager_new_at(place.root);
    assert_int_equal(running->len, 2);
    assert_string_equal(running->pdata[0], "NetworkManager");
    assert_string_equal(running->pdata[1], "ifreload");
}

int
main(void)
{
    const struct CMUnitTest more[] = {
        cmocka_unit_test(test_foreign_rule),
        cmocka_unit_test(test_absent_link),
        cmocka_unit_test(test_unknown_manager),
        cmocka_unit_test(test_running),
        {0},
    };

    g_setenv("VIRT_LOOM_RUNDIR", "/run/virt-loom", TRUE);
    return loom_case_run_all("manager", test_case, more);
}
