/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fabric/: every rule by a case, merging, built-in names, leases, and documents changed at random.
 */
#include "golden.h"

#include "base/error.h"
#include "fabric-fuzz.h"
#include "fabric/fabric.h"

#include <glib/gstdio.h>
#include <string.h>

/* A document of a directory: what stands before it in messages is left out of goldens. */
static char *
without_directory(const char *text, const char *directory)
{
    g_autofree char *prefix = g_strconcat(directory, "/", NULL);
    g_auto(GStrv) parts = g_strsplit(text, prefix, -1);

    return g_strjoinv("", parts);
}

/* One finding a line: FILE:LINE: severity: message. */
static char *
format_report(const LoomReport *report, const char *directory)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (size_t i = 0; i < loom_report_length(report); i++) {
        const LoomFinding *finding = loom_report_get(report, i);

        g_string_append_printf(text, "%s:%u: %s: %s\n", finding->file ? finding->file : "-",
                               finding->line, loom_severity_format(finding->severity),
                               finding->message);
    }
    return without_directory(text->str, directory);
}

static LoomFabric *
load(const char *path, LoomReport *report)
{
    const char *const paths[] = {path, NULL};
    g_autofree char *builtin = loom_fabric_builtin_path();
    g_autoptr(GError) error = NULL;
    LoomFabric *fabric = loom_fabric_load(paths, builtin, report, &error);

    assert_no_error(error);
    return fabric;
}

/* tests/data/fabric/CASE: *.xml and the findings they have. */
static void
test_case(void **state)
{
    const char *directory = *state;
    g_autofree char *golden = g_build_filename(directory, "findings", NULL);
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomFabric) fabric = load(directory, report);
    g_autofree char *actual = format_report(report, directory);

    assert_non_null(fabric);
    loom_golden_compare(golden, actual);
}

static char *
complete(const char *const *paths, const char *file, LoomReport *report)
{
    g_autofree char *builtin = loom_fabric_builtin_path();
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomFabric) fabric = loom_fabric_load_for_leases(paths, builtin, report, &error);
    LoomLeases *leases;
    char *text;

    assert_no_error(error);
    leases = loom_leases_complete(fabric, file, report);
    text = loom_leases_format(leases, fabric->name);
    loom_record_free(leases);
    return text;
}

/*
 * tests/data/leases/CASE: fabric.xml and leases.xml, and what completing makes of the latter. The
 * result is at rest: completed again it is the same, and the fabric with it has the same findings.
 */
static void
test_leases(void **state)
{
    const char *directory = *state;
    g_autofree char *fabric = g_build_filename(directory, "fabric.xml", NULL);
    g_autofree char *file = g_build_filename(directory, "leases.xml", NULL);
    g_autofree char *golden = g_build_filename(directory, "expected", NULL);
    g_autofree char *golden_findings = g_build_filename(directory, "findings", NULL);
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomReport) report_again = loom_report_new();
    g_autoptr(LoomReport) report_whole = loom_report_new();
    const char *const before[] = {fabric, file, NULL};
    const char *const after[] = {fabric, golden, NULL};
    g_autofree char *text = complete(before, file, report);
    g_autofree char *findings = format_report(report, directory);
    g_autofree char *builtin = loom_fabric_builtin_path();
    g_autofree char *again = NULL;
    g_autofree char *findings_again = NULL;
    g_autofree char *findings_whole = NULL;
    g_autoptr(LoomFabric) whole = NULL;

    loom_golden_compare(golden_findings, findings);
    loom_golden_compare(golden, text);
    again = complete(after, golden, report_again);
    assert_string_equal(again, text);
    findings_again = format_report(report_again, directory);
    assert_string_equal(findings_again, findings);
    whole = loom_fabric_load(after, builtin, report_whole, NULL);
    findings_whole = format_report(report_whole, directory);
    assert_string_equal(findings_whole, findings);
}

/* Without a file, and with one that holds none, the leases of all files and only the new ones. */
static void
test_leases_of_file(void **state G_GNUC_UNUSED)
{
    g_autofree char *fabric = loom_test_path("tests/data/leases/new/fabric.xml");
    g_autofree char *leases = loom_test_path("tests/data/leases/new/leases.xml");
    g_autofree char *odd = loom_test_path("tests/data/../data/leases/new/./leases.xml");
    const char *const paths[] = {fabric, leases, NULL};
    g_autoptr(LoomReport) report = loom_report_new();
    g_autofree char *all = complete(paths, NULL, report);
    g_autofree char *same = complete(paths, odd, report);
    g_autofree char *new = complete(paths, "elsewhere.xml", report);

    assert_int_equal(loom_report_length(report), 0);
    assert_string_equal(all, same);
    assert_non_null(strstr(all, "host='h1'"));
    assert_null(strstr(new, "host='h1'"));
    assert_non_null(strstr(new, "host='h2'"));
}

/* The examples are what the documentation shows: findings, but no error. */
static void
test_example(void **state)
{
    g_autofree char *directory = loom_test_path("examples");
    g_autofree char *path = g_build_filename(directory, *state, NULL);
    g_autofree char *relative = g_strconcat("tests/data/examples/", *state, ".findings", NULL);
    g_autofree char *golden = loom_test_path(relative);
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomFabric) fabric = load(path, report);
    g_autofree char *actual = format_report(report, directory);

    assert_int_equal(loom_report_count(report, LOOM_SEVERITY_ERROR), 0);
    loom_golden_compare(golden, actual);
}

static char *
format_fabric(const char *text, const char *builtin)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomFabric) fabric =
        loom_fabric_parse(text, strlen(text), "fabric.xml", builtin, report, &error);
    GString *xml = g_string_new(NULL);

    assert_no_error(error);
    assert_int_equal(loom_report_count(report, LOOM_SEVERITY_ERROR), 0);
    loom_record_format(fabric, 0, xml);
    return g_string_free(xml, FALSE);
}

/* Formatting what was read, and reading that, comes to rest at once. */
static void
test_fixpoint(void **state)
{
    g_autofree char *relative = g_strconcat("examples/", *state, NULL);
    g_autofree char *path = loom_test_path(relative);
    g_autofree char *builtin = loom_fabric_builtin_path();
    g_autofree char *text = NULL;
    g_autofree char *once = NULL;
    g_autofree char *twice = NULL;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    once = format_fabric(text, builtin);
    twice = format_fabric(once, builtin);
    assert_string_equal(once, twice);
    assert_non_null(strstr(once, "<hostgroup name="));
}

static void
test_builtin_yields(void **state G_GNUC_UNUSED)
{
    static const char text[] =
        "<fabric name='f'><portprofile name='Host management'><bandwidth weight='77'/>"
        "</portprofile></fabric>";
    g_autofree char *builtin = loom_fabric_builtin_path();
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomFabric) fabric =
        loom_fabric_parse(text, strlen(text), "f.xml", builtin, report, &error);
    const LoomPortProfile *own, *other;

    assert_no_error(error);
    assert_int_equal(loom_report_length(report), 0);
    own = loom_fabric_find(fabric, &loom_port_profile_kind, "Host management");
    assert_int_equal(own->bandwidth->weight, 77);
    assert_string_equal(own->record.source.file, "f.xml");
    other = loom_fabric_find(fabric, &loom_port_profile_kind, "Live migration workload");
    assert_non_null(other);
    assert_string_equal(other->record.source.file, builtin);
    assert_non_null(loom_fabric_find(fabric, &loom_classification_kind, "Host management"));
    assert_non_null(other->security); /* every profile has its three parts */
    assert_null(loom_fabric_find(fabric, &loom_port_profile_kind, NULL));
}

static void
test_without_builtin(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomFabric) fabric =
        loom_fabric_parse("<fabric name='f'/>", 18, "f.xml", NULL, report, &error);

    assert_no_error(error);
    assert_int_equal(fabric->port_profiles->len, 0);
}

/* What a VM network of DIRECTORY's fabric means at a site: "vlan/secondary trunk", or "-". */
static void
assert_choice(const char *path, const char *vm_network, const char *site, const char *expected)
{
    g_autofree char *full = loom_test_path(path);
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomFabric) fabric = load(full, report);
    const LoomVmNetwork *network = loom_fabric_find(fabric, &loom_vm_network_kind, vm_network);
    const LoomSite *at = loom_fabric_find_site(fabric, network->network, site);
    LoomVlanChoice choice;
    g_autofree char *trunk = NULL;
    g_autofree char *actual = NULL;

    assert_non_null(at);
    if (loom_fabric_choose_vlan(fabric, network, at, &choice)) {
        trunk = loom_vlans_format(&choice.trunk);
        actual = g_strdup_printf("%d/%d %s", (int)choice.vlan, (int)choice.secondary, trunk);
    }
    if (g_strcmp0(actual, expected))
        fail_msg("%s: '%s' at '%s' is %s, not %s", path, vm_network, site, actual, expected);
}

static void
test_choose_vlan(void **state G_GNUC_UNUSED)
{
    static const char campus[] = "examples/campus.xml", center[] = "examples/datacenter.xml";

    assert_choice(campus, "Management", "Infrastructure North", "110/0 ");
    assert_choice(campus, "Management", "Infrastructure South", "120/0 ");
    assert_choice(campus, "Chemistry", "Departments South", "300/0 "); /* by its lease */
    assert_choice(campus, "Firewall trunk", "Departments North", "200/0 201-202");
    assert_choice(campus, "Firewall trunk", "Departments South", "0/0 300-301");
    assert_choice(campus, "Web hosting", "Hosting North", "500/501 ");
    assert_choice(center, "Cernet Network", "Cernet - Building A", "0/0 ");
    assert_choice(center, "App Network", "Application - Building N", NULL);
    assert_choice("tests/data/fabric/valid-untagged-chosen", "V", "S", "0/0 ");
    assert_choice("tests/data/fabric/valid-untagged-chosen", "W", "S2", "0/0 ");
    assert_choice("tests/data/fabric/valid-whole", "V", "S", "10/0 ");
    assert_choice("tests/data/fabric/vmnetwork-none-chosen", "V", "S", NULL);
    assert_choice("tests/data/fabric/vmnetwork-none-chosen", "V2", "S", NULL);
    assert_choice("tests/data/fabric/vmnetwork-automatic-without-lease", "V", "S", NULL);
}

/* What cannot be read is an error, and no finding. */
static void
test_unreadable(void **state G_GNUC_UNUSED)
{
    g_autofree char *missing = loom_test_path("tests/data/no-such-file.xml");
    g_autofree char *empty = g_dir_make_tmp("loom-XXXXXX", NULL);
    const char *const paths[][2] = {{missing, NULL}, {empty, NULL}, {NULL, NULL}};
    const LoomError codes[] = {LOOM_ERROR_NOT_FOUND, LOOM_ERROR_NOT_FOUND, LOOM_ERROR_NOT_FOUND};

    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(LoomReport) report = loom_report_new();
        g_autoptr(GError) error = NULL;

        assert_null(loom_fabric_load(paths[i], NULL, report, &error));
        assert_true(g_error_matches(error, LOOM_ERROR, codes[i]));
        assert_int_equal(loom_report_length(report), 0);
    }
    g_rmdir(empty);
}

/* A change of the examples is refused, reported or clean; with and without leases; never a crash.
 */
static void
try_mutant(const char *text, size_t length, const char *builtin)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomReport) second = loom_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomFabric) fabric =
        loom_fabric_parse(text, length, "mutant.xml", builtin, report, &error);
    g_autofree char *leases_text = NULL;
    LoomLeases *leases;

    if (!fabric) {
        assert_non_null(error);
        assert_non_null(strstr(error->message, "mutant.xml"));
        return;
    }
    assert_null(error);
    for (size_t i = 0; i < loom_report_length(report); i++) {
        const LoomFinding *finding = loom_report_get(report, i);

        assert_null(strstr(finding->message, "(null)"));
        assert_true(g_utf8_validate(finding->message, -1, NULL));
        assert_true(finding->file && finding->line);
    }
    leases = loom_leases_complete(fabric, NULL, second);
    leases_text = loom_leases_format(leases, "mutant");
    loom_record_free(leases);
    assert_non_null(leases_text);
}

static void
test_mutants(void **state)
{
    const char *count = g_getenv("LOOM_TEST_MUTANTS");
    const guint64 mutants = count ? g_ascii_strtoull(count, NULL, 10) : 1500;
    g_autofree char *relative = g_strconcat("examples/", *state, NULL);
    g_autofree char *path = loom_test_path(relative);
    g_autofree char *builtin = loom_fabric_builtin_path();
    g_autoptr(GRand) random = g_rand_new_with_seed(20141);
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    for (guint64 i = 0; i < mutants; i++) {
        GString *mutant = loom_fuzz_mutate(text, random);

        try_mutant(mutant->str, mutant->len, builtin);
        g_string_free(mutant, TRUE);
    }
}

static int
name_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds a test per directory below DIRECTORY, named after it. Names live as long as the program. */
static void
add_cases(GArray *tests, const char *directory, CMUnitTestFunction function)
{
    g_autofree char *path = loom_test_path(directory);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *name;

    assert_non_null(dir);
    while ((name = g_dir_read_name(dir)))
        g_ptr_array_add(names, (gpointer)g_intern_string(name));
    g_ptr_array_sort(names, name_compare);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *title = g_strdup_printf("%s/%s", directory, (char *)names->pdata[i]);
        g_autofree char *full = g_build_filename(path, names->pdata[i], NULL);
        const struct CMUnitTest test = {
            .name = g_intern_string(title),
            .test_func = function,
            .initial_state = (gpointer)g_intern_string(full),
        };

        g_array_append_val(tests, test);
    }
}

#define FILE_TEST(function, file)                                                                  \
    {                                                                                              \
        .name = #function " " file, .test_func = function, .initial_state = (char[])               \
        {                                                                                          \
            file                                                                                   \
        }                                                                                          \
    }

int
main(void)
{
    g_autoptr(GArray) tests = g_array_new(FALSE, TRUE, sizeof(struct CMUnitTest));
    const struct CMUnitTest others[] = {
        FILE_TEST(test_example, "datacenter.xml"),  FILE_TEST(test_example, "campus.xml"),
        FILE_TEST(test_fixpoint, "datacenter.xml"), FILE_TEST(test_fixpoint, "campus.xml"),
        cmocka_unit_test(test_builtin_yields),      cmocka_unit_test(test_without_builtin),
        cmocka_unit_test(test_unreadable),          cmocka_unit_test(test_leases_of_file),
        cmocka_unit_test(test_choose_vlan),         FILE_TEST(test_mutants, "datacenter.xml"),
        FILE_TEST(test_mutants, "campus.xml"),
    };

    add_cases(tests, "tests/data/fabric", test_case);
    add_cases(tests, "tests/data/leases", test_leases);
    g_array_append_vals(tests, others, G_N_ELEMENTS(others));
    return _cmocka_run_group_tests("fabric", (const struct CMUnitTest *)(void *)tests->data,
                                   tests->len, NULL, NULL);
}
