/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fabric/: the reader refuses whatever the schema refuses, and for that one fault. */
#include "test.h"

#include "fabric/fabric.h"

#include <string.h>

/* The findings that are errors, as a set of texts. */
static GHashTable *
errors_of(const char *text, const char *name)
{
    GHashTable *errors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *builtin = loom_fabric_builtin_path();
    g_autoptr(LoomFabric) fabric =
        loom_fabric_parse(text, strlen(text), name, builtin, report, &error);

    if (!fabric)
        g_hash_table_add(errors, g_strdup(error->message));
    for (size_t i = 0; i < loom_report_length(report); i++) {
        const LoomFinding *finding = loom_report_get(report, i);

        if (finding->severity == LOOM_SEVERITY_ERROR)
            g_hash_table_add(errors, g_strdup(finding->message));
    }
    return errors;
}

/* A bad file begins with <?mend WRONG => RIGHT?>: the text with its one fault mended. */
static char *
mend(const char *text)
{
    const char *start = strstr(text, "<?mend ") + strlen("<?mend ");
    const char *arrow = strstr(start, " => ");
    const char *end = strstr(start, "?>");
    g_autofree char *wrong = g_strndup(start, arrow - start);
    g_autofree char *right = g_strndup(arrow + 4, end - arrow - 4);
    g_auto(GStrv) parts = g_strsplit(strchr(end, '\n'), wrong, 2);

    assert_int_equal(g_strv_length(parts), 2);
    return g_strconcat(parts[0], right, parts[1], NULL);
}

static void
test_fault_is_found(void **state)
{
    const char *path = *state;
    g_autofree char *text = NULL, *mended = NULL;
    g_autoptr(GHashTable) before = NULL, after = NULL;
    GHashTableIter iterator;
    gpointer message;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    mended = mend(text);
    before = errors_of(text, "bad.xml");
    after = errors_of(mended, "good.xml");
    g_hash_table_iter_init(&iterator, before);
    while (g_hash_table_iter_next(&iterator, &message, NULL))
        if (!g_hash_table_contains(after, message))
            return;
    fail_msg("%s: no error says what is wrong", path);
}

static int
name_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(((const struct CMUnitTest *)a)->name, ((const struct CMUnitTest *)b)->name);
}

int
main(void)
{
    g_autofree char *root = loom_test_path("tests/data/schema/invalid");
    g_autoptr(GDir) directory = g_dir_open(root, 0, NULL);
    g_autoptr(GArray) tests = g_array_new(FALSE, TRUE, sizeof(struct CMUnitTest));
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        char *path = g_build_filename(root, name, NULL);
        struct CMUnitTest test = {.name = strrchr(path, '/') + 1,
                                  .test_func = test_fault_is_found,
                                  .initial_state = path};

        g_array_append_val(tests, test);
    }
    g_array_sort(tests, name_compare);

    int failed = _cmocka_run_group_tests("schema", (const struct CMUnitTest *)tests->data,
                                         tests->len, NULL, NULL);
    for (guint i = 0; i < tests->len; i++)
        g_free(g_array_index(tests, struct CMUnitTest, i).initial_state);
    return tests->len ? failed : 1;
}
