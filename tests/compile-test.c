/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* compile/: fabrics and facts, and the hosts that come of them. */
#include "golden.h"

#include "base/error.h"
#include "compile/compile.h"

#include <string.h>

/*
 * A case of tests/data/compile holds fabric (a path in the source tree, or its own fabric.xml),
 * host (a name), perhaps facts.xml and committed.xml; and what comes out: host.xml and findings.
 */
static char *
read_word(const LoomCase *test_case, const char *file)
{
    char *text = loom_case_read(test_case, file);

    return text ? g_strstrip(text) : NULL;
}

static char *
format_findings(const LoomReport *report)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < loom_report_length(report); i++) {
        const LoomFinding *finding = loom_report_get(report, i);
        g_autofree char *file = finding->file ? g_path_get_basename(finding->file) : NULL;

        g_string_append_printf(text, "%s:%u: %s: %s\n", file ? file : "", finding->line,
                               loom_severity_format(finding->severity), finding->message);
    }
    return g_string_free(text, FALSE);
}

static LoomFabric *
load_fabric(const LoomCase *test_case)
{
    g_autofree char *shared = read_word(test_case, "fabric");
    g_autofree char *path =
        shared ? loom_test_path(shared) : loom_case_path(test_case, "fabric.xml");
    g_autofree char *builtin = loom_fabric_builtin_path();
    const char *const paths[] = {path, NULL};
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    LoomFabric *fabric = loom_fabric_load(paths, builtin, report, &error);

    assert_no_error(error);
    if (loom_report_count(report, LOOM_SEVERITY_ERROR)) {
        g_autofree char *findings = format_findings(report);
        fail_msg("the fabric of the case has errors:\n%s", findings);
    }
    return fabric;
}

/* The host that a file of the case holds, or NULL where it has no such file. */
static LoomHost *
load_host(const LoomCase *test_case, const char *file)
{
    g_autofree char *path = loom_case_path(test_case, file);
    g_autoptr(GError) error = NULL;
    LoomHost *host;

    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return NULL;
    host = loom_host_load(path, &error);
    assert_no_error(error);
    return host;
}

static void
test_case_compiles(void **state)
{
    const LoomCase *test_case = *state;
    g_autoptr(LoomFabric) fabric = load_fabric(test_case);
    g_autofree char *name = read_word(test_case, "host");
    g_autoptr(LoomHost) facts = load_host(test_case, "facts.xml");
    g_autoptr(LoomHost) committed = load_host(test_case, "committed.xml");
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) host = NULL;

    host = loom_compile(fabric, name, facts, committed, report, &error);
    assert_no_error(error);

    g_autofree char *xml = loom_host_format(host);
    g_autofree char *findings = format_findings(report);
    loom_case_compare(test_case, "host.xml", xml);
    loom_case_compare(test_case, "findings", findings);

    /* what was written is read back as the same */
    g_autoptr(LoomHost) again = loom_host_parse(xml, strlen(xml), "host.xml", &error);
    assert_no_error(error);
    g_autofree char *rewritten = loom_host_format(again);
    assert_string_equal(xml, rewritten);
}

static void
test_unknown_host(void **state G_GNUC_UNUSED)
{
    const char text[] = "<fabric name='f'/>";
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomFabric) fabric =
        loom_fabric_parse(text, strlen(text), "f.xml", NULL, report, &error);

    assert_no_error(error);
    assert_null(loom_compile(fabric, "nobody", NULL, NULL, report, &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND));
    assert_non_null(strstr(error->message, "'nobody'"));
}

int
main(void)
{
    const struct CMUnitTest more[] = {
        cmocka_unit_test(test_unknown_host),
        {0},
    };

    return loom_case_run_all("compile", test_case_compiles, more);
}
