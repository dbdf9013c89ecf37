/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cases in directories. */
#include "golden.h"

#include <stdio.h>
#include <string.h>

void
loom_golden_compare(const char *path, const char *text)
{
    g_autofree char *golden = NULL;

    g_file_get_contents(path, &golden, NULL, NULL);
    if (g_strcmp0(golden ? golden : "", text) == 0)
        return;
    if (g_strcmp0(g_getenv("LOOM_TEST_REGENERATE"), "1") == 0) {
        assert_true(g_file_set_contents(path, text, -1, NULL));
        return;
    }
    fail_msg("%s differs\n--- expected\n%s--- got\n%s---", path, golden ? golden : "", text);
}

char *
loom_case_path(const LoomCase *test_case, const char *file)
{
    return g_build_filename(test_case->directory, file, NULL);
}

char *
loom_case_read(const LoomCase *test_case, const char *file)
{
    g_autofree char *path = loom_case_path(test_case, file);
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

void
loom_case_compare(const LoomCase *test_case, const char *file, const char *text)
{
    g_autofree char *path = loom_case_path(test_case, file);

    loom_golden_compare(path, text);
}

static int
name_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(((const struct CMUnitTest *)a)->name, ((const struct CMUnitTest *)b)->name);
}

int
loom_case_run_all(const char *kind, CMUnitTestFunction test, const struct CMUnitTest *more)
{
    g_autofree char *below = g_build_filename("tests/data", kind, NULL);
    g_autofree char *root = loom_test_path(below);
    g_autoptr(GDir) entries = g_dir_open(root, 0, NULL);
    g_autoptr(GArray) tests = g_array_new(FALSE, TRUE, sizeof(struct CMUnitTest));
    const char *name;

    while (entries && (name = g_dir_read_name(entries))) {
        LoomCase *test_case = g_new0(LoomCase, 1);
        struct CMUnitTest entry = {.test_func = test, .initial_state = test_case};

        test_case->name = g_strdup(name);
        test_case->directory = g_build_filename(root, name, NULL);
        entry.name = test_case->name;
        g_array_append_val(tests, entry);
    }
    if (!tests->len) {
        fprintf(stderr, "no case below %s\n", root);
        return 1;
    }
    guint cases = tests->len;
    g_array_sort(tests, name_compare);
    for (; more && more->test_func; more++)
        g_array_append_val(tests, *more);

    int failed = _cmocka_run_group_tests(kind, (const struct CMUnitTest *)tests->data, tests->len,
                                         NULL, NULL);
    for (guint i = 0; i < cases; i++) {
        LoomCase *test_case = g_array_index(tests, struct CMUnitTest, i).initial_state;

        g_free(test_case->name);
        g_free(test_case->directory);
        g_free(test_case);
    }
    return failed;
}
