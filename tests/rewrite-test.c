/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guest/: incoming guests, their networks in this host's terms, and all other octets as they were.
 */
#include "golden.h"

#include "base/error.h"
#include "guest/equivalent.h"
#include "guest/rewrite.h"
#include "guest/splice.h"
#include "host/slice.h"

#include <glib/gstdio.h>
#include <libxml/relaxng.h>
#include <string.h>

static xmlRelaxNGPtr schema;
static char *directory;

static void
be_silent(void *data G_GNUC_UNUSED, const char *format G_GNUC_UNUSED, ...)
{
}

static gboolean
is_domain(const char *xml)
{
    xmlDocPtr document =
        xmlReadMemory(xml, strlen(xml), NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);
    xmlRelaxNGValidCtxtPtr validator = xmlRelaxNGNewValidCtxt(schema);
    gboolean fits;

    xmlRelaxNGSetValidErrors(validator, be_silent, be_silent, NULL);
    fits = document && xmlRelaxNGValidateDoc(validator, document) == 0;
    xmlRelaxNGFreeValidCtxt(validator);
    xmlFreeDoc(document);
    return fits;
}

/* The slices of the case's host in place of all that were there. */
static void
save_slices(const LoomCase *test_case)
{
    g_autofree char *path = loom_case_path(test_case, "host.xml");
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) host = loom_host_load(path, &error);

    assert_no_error(error);
    assert_true(loom_slice_save_all(host, directory, &error));
    assert_true(loom_slice_prune(host, directory, &error));
    assert_true(loom_slice_is_current(host, directory));
}

/* tests/data/rewrite/CASE: guest.xml at the host of host.xml, and the result. */
static void
test_case(void **state)
{
    const LoomCase *test_case = *state;
    g_autofree char *text = loom_case_read(test_case, "guest.xml");
    g_autofree char *result = NULL, *again = NULL;
    g_autoptr(GError) error = NULL;

    save_slices(test_case);
    if (!loom_guest_rewrite(directory, text, strlen(text), "guest.xml", &result, &error)) {
        g_autofree char *said = g_strdup_printf("error: %s\n", error->message);

        assert_null(result);
        loom_case_compare(test_case, "result", said);
        return;
    }
    loom_case_compare(test_case, "result", result ? result : "unchanged\n");
    if (!result)
        return;
    assert_int_equal(is_domain(result), is_domain(text));
    assert_true(loom_guest_rewrite(directory, result, strlen(result), "result", &again, &error));
    assert_null(again); /* what has come is here */
}

/* Wherever it is cut, a text is refused: nothing is read past its end, and nothing comes out. */
static void
test_cut_short(void **state G_GNUC_UNUSED)
{
    const LoomCase test_case = {.name = (char *)"odd-markup",
                                .directory = loom_test_path("tests/data/rewrite/odd-markup")};
    g_autofree char *text = loom_case_read(&test_case, "guest.xml");
    size_t whole = g_strrstr(text, "</domain>") - text + strlen("</domain>");

    save_slices(&test_case);
    for (size_t cut = 0; cut < whole; cut++) {
        g_autofree char *part = g_memdup2(text, cut); /* no octet more: sanitizers see a step */
        g_autoptr(GArray) spans = loom_splice_find_sources(part ? part : "", cut);
        g_autoptr(GError) error = NULL;
        char *result = NULL;

        assert_false(
            loom_guest_rewrite(directory, part ? part : "", cut, "guest", &result, &error));
        assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
        assert_null(result);
    }
    g_free(test_case.directory);
}

/* Random octets changed in a guest: whatever is accepted differs from the text in values alone. */
static void
test_changed_at_random(void **state G_GNUC_UNUSED)
{
    const LoomCase test_case = {.name = (char *)"odd-markup",
                                .directory = loom_test_path("tests/data/rewrite/odd-markup")};
    g_autofree char *text = loom_case_read(&test_case, "guest.xml");
    size_t length = strlen(text);
    g_autoptr(GRand) random = g_rand_new_with_seed(5);

    save_slices(&test_case);
    for (unsigned round = 0; round < 3000; round++) {
        static const char octets[] = "<>/'\"=&! -[]?xA\n";
        g_autofree char *changed = g_strdup(text);
        g_autofree char *result = NULL;
        g_autoptr(GError) error = NULL;

        for (unsigned i = 0; i < 1 + round % 3; i++)
            changed[g_rand_int_range(random, 0, length)] =
                octets[g_rand_int_range(random, 0, sizeof octets - 1)];
        if (!loom_guest_rewrite(directory, changed, length, "guest", &result, &error))
            continue;
        /* the only vNIC of ours went to Cernet: 'Cernet [Old switch]' lost 13 octets */
        if (result)
            assert_int_equal(strlen(result), length - strlen(" [Old switch]"));
    }
    g_free(test_case.directory);
}

static void
test_vmnetwork_of(void **state G_GNUC_UNUSED)
{
    static const char *const cases[][2] = {
        {"Cernet [Public]", "Cernet"},
        {"A [x] [y]", "A [x]"},
        {"Cernet", NULL},
        {"Cernet [Public", NULL},
        {" [Public]", NULL},
        {"Cernet[Public]", NULL},
        {"", NULL},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *found = loom_network_vmnetwork_of(cases[i][0]);

        if (cases[i][1])
            assert_string_equal(found, cases[i][1]);
        else
            assert_null(found);
    }
}

/* The index holds what the host has, and hostile names find nothing. */
static void
test_index(void **state G_GNUC_UNUSED)
{
    static const char *const hostile[] = {"", ".", "..", "../names", "/etc", "Cernet/.."};
    const LoomCase two = {.directory = loom_test_path("tests/data/rewrite/among-two")};
    const LoomCase one = {.directory = loom_test_path("tests/data/rewrite/same-name")};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) found = NULL;
    g_autoptr(GPtrArray) left = NULL;
    g_autofree char *path = g_build_filename(directory, "vmnetworks", "Cernet", NULL);

    save_slices(&two);
    found = loom_slice_find_by_vmnetwork(directory, "Cernet", &error);
    assert_int_equal(found->len, 2);
    save_slices(&one);
    left = loom_slice_find_by_vmnetwork(directory, "Cernet", &error);
    assert_int_equal(left->len, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
        g_autoptr(GPtrArray) none = loom_slice_find_by_vmnetwork(directory, hostile[i], &error);

        assert_int_equal(none->len, 0);
    }
    g_autoptr(LoomHost) empty = loom_host_new();
    assert_true(loom_slice_prune(empty, directory, &error));
    assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_free(one.directory);
    g_free(two.directory);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_short),    cmocka_unit_test(test_changed_at_random),
        cmocka_unit_test(test_vmnetwork_of), cmocka_unit_test(test_index),
        {NULL, NULL, NULL, NULL, NULL},
    };
    g_autofree char *path = g_build_filename(g_getenv("LIBVIRT_SCHEMAS"), "domain.rng", NULL);
    xmlRelaxNGParserCtxtPtr parser = xmlRelaxNGNewParserCtxt(path);
    g_autoptr(LoomHost) empty = loom_host_new();
    int result;

    schema = xmlRelaxNGParse(parser);
    xmlRelaxNGFreeParserCtxt(parser);
    g_assert_nonnull(schema);
    directory = g_dir_make_tmp("rewrite-test-XXXXXX", NULL);
    result = loom_case_run_all("rewrite", test_case, tests);
    loom_slice_prune(empty, directory, NULL);
    for (const char *const *name = (const char *const[]){"vmnetworks", "networks", "names", NULL};
         *name; name++) {
        g_autofree char *below = g_build_filename(directory, *name, NULL);

        g_rmdir(below);
    }
    g_rmdir(directory);
    g_free(directory);
    xmlRelaxNGFree(schema);
    xmlCleanupParser();
    return result;
}
