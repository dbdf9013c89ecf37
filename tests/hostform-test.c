/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* host/: the serialised form and its schema, xml/host.rng, against the tables. */
#include "test.h"

#include "base/xml.h"
#include "host/slice.h"
#include "hosts.h"

#include <glib/gstdio.h>
#include <string.h>

static const LoomKind *const kinds[] = {
    &loom_link_kind,           &loom_address_kind,
    &loom_route_kind,          &loom_port_kind,
    &loom_class_kind,          &loom_network_kind,
    &loom_migration_path_kind, &loom_host_probe_kind,
    &loom_host_kind,           &loom_network_portgroup_kind,
    &loom_neighbour_kind,      &loom_manager_kind,
    &loom_dhcp_kind,           &loom_guest_tap_kind,
    &loom_sessions_kind,       &loom_guest_address_kind,
    &loom_qemu_setting_kind,
};

/* A value that ATTRIBUTE takes, as long as it may be. */
static char *
sample(const LoomAttribute *attribute)
{
    static const struct {
        const LoomType *type;
        const char *text;
    } samples[] = {
        {&loom_type_text, "Cernet <&> 'Network' \"x\""},
        {&loom_type_device, "..a-b_c.d123456"},
        {&loom_type_yes_no, "no"},
        {&loom_type_mac, "52:54:00:12:34:56"},
        {&loom_type_uuid, "0c5ee9b0-7a3c-5b86-8a30-1a8f4f6f0001"},
        {&loom_type_pci, "0000:3b:1f.7"},
        {&loom_type_vlans, "1,20-29,4094"},
        {&loom_type_list, "a=1 b=2"},
    };

    if (attribute->words)
        return g_strdup(attribute->words[0]);
    if (attribute->type == &loom_type_number)
        return g_strdup_printf("%" G_GUINT64_FORMAT, attribute->max ? attribute->max : G_MAXUINT64);
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++)
        if (samples[i].type == attribute->type)
            return g_strdup(samples[i].text);
    fail_msg("no sample for a value of %s", attribute->name);
    return NULL;
}

/*
 * A document with one element of KIND that has all attributes, but for LEFT_OUT, and with CHANGED
 * (either may be NULL) as VALUE.
 */
static char *
document(const LoomKind *kind, const LoomAttribute *left_out, const char *changed,
         const char *value)
{
    g_autoptr(GString) element = g_string_new(NULL);

    g_string_append_printf(element, "<%s", kind->element);
    for (size_t i = 0; i < kind->attribute_count; i++) {
        const LoomAttribute *attribute = &kind->attributes[i];
        g_autofree char *given = sample(attribute);

        if (attribute == left_out)
            continue;
        g_string_append_printf(element, " %s='", attribute->name);
        loom_xml_escape(element, g_strcmp0(changed, attribute->name) == 0 ? value : given);
        g_string_append_c(element, '\'');
    }
    g_string_append(element, "/>");
    if (kind == &loom_host_kind)
        return g_string_free(g_steal_pointer(&element), FALSE);
    if (kind == &loom_network_portgroup_kind)
        return g_strdup_printf("<host name='h'><network name='n'>%s</network></host>",
                               element->str);
    return g_strdup_printf("<host name='h'>%s</host>", element->str);
}

/* Documents, and what the reader and the schema must say to each. */
typedef struct {
    GPtrArray *names; /* what each is, and its file */
    char *directory;
} Documents;

static void
documents_init(Documents *documents)
{
    documents->names = g_ptr_array_new_with_free_func(g_free);
    documents->directory = g_dir_make_tmp("virt-loom-host-XXXXXX", NULL);
    assert_non_null(documents->directory);
}

static void
documents_clear(Documents *documents)
{
    for (guint i = 0; i < documents->names->len; i++) {
        g_autofree char *path = g_strdup_printf("%s/%u.xml", documents->directory, i);
        g_unlink(path);
    }
    g_rmdir(documents->directory);
    g_ptr_array_unref(documents->names);
    g_free(documents->directory);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Documents, documents_clear)

static void
add_document(Documents *documents, const char *text)
{
    g_autofree char *path =
        g_strdup_printf("%s/%u.xml", documents->directory, documents->names->len);

    assert_true(g_file_set_contents(path, text, -1, NULL));
    g_ptr_array_add(documents->names, g_strdup(text));
}

/* Each must be accepted, or each refused, by the schema and by the reader. */
static void
assert_all(const Documents *documents, gboolean are_valid)
{
    g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *schema = loom_test_path("xml/host.rng");
    const char *xmllint = g_getenv("XMLLINT");
    g_autofree char *verdicts = NULL;

    g_ptr_array_add(arguments, g_strdup(xmllint ? xmllint : "xmllint"));
    g_ptr_array_add(arguments, g_strdup("--noout"));
    g_ptr_array_add(arguments, g_strdup("--relaxng"));
    g_ptr_array_add(arguments, g_strdup(schema));
    for (guint i = 0; i < documents->names->len; i++)
        g_ptr_array_add(arguments, g_strdup_printf("%s/%u.xml", documents->directory, i));
    g_ptr_array_add(arguments, NULL);
    assert_true(documents->names->len > 0);
    assert_true(g_spawn_sync(NULL, (char **)arguments->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
                             NULL, &verdicts, NULL, NULL));
    for (guint i = 0; i < documents->names->len; i++) {
        const char *text = documents->names->pdata[i];
        g_autoptr(GError) error = NULL;
        g_autoptr(LoomHost) host = loom_host_parse(text, strlen(text), "document", &error);
        g_autofree char *verdict = g_strdup_printf("%s/%u.xml %s\n", documents->directory, i,
                                                   are_valid ? "validates" : "fails to validate");

        if (!strstr(verdicts, verdict))
            fail_msg("the schema %s: %s\n%s", are_valid ? "refuses" : "accepts", text, verdicts);
        if (are_valid != (host != NULL))
            fail_msg("the reader %s: %s", are_valid ? "refuses" : "accepts", text);
    }
}

static void
test_schema_accepts(void **state G_GNUC_UNUSED)
{
    g_auto(Documents) documents = {0};

    documents_init(&documents);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *full = document(kinds[i], NULL, NULL, NULL);

        add_document(&documents, full);
        for (size_t k = 0; k < kinds[i]->attribute_count; k++) {
            const LoomAttribute *attribute = &kinds[i]->attributes[k];
            g_autofree char *least = g_strdup_printf("%" G_GUINT64_FORMAT, attribute->min);
            g_autofree char *part = document(kinds[i], attribute, NULL, NULL);
            g_autofree char *low = document(kinds[i], NULL, attribute->name, least);

            if (!(attribute->flags & LOOM_REQUIRED))
                add_document(&documents, part);
            if (attribute->type == &loom_type_number)
                add_document(&documents, low);
            for (size_t word = 0; attribute->words && attribute->words[word]; word++) {
                g_autofree char *other =
                    document(kinds[i], NULL, attribute->name, attribute->words[word]);
                add_document(&documents, other);
            }
        }
    }
    assert_all(&documents, TRUE);
}

static void
add_wrong_values(Documents *documents, const LoomKind *kind, const LoomAttribute *attribute)
{
    static const struct {
        const LoomType *type;
        const char *const values[6];
    } wrong[] = {
        {&loom_type_device, {"", ".", "..", "a-sixteen-bytes-", "a/b", "-a"}},
        {&loom_type_yes_no, {"", "true", "Yes"}},
        {&loom_type_mac, {"", "52:54:00:12:34", "53:54:00:12:34:56", "52-54-00-12-34-56"}},
        {&loom_type_uuid, {"", "0c5ee9b07a3c5b868a301a8f4f6f0001"}},
        {&loom_type_pci, {"", "3b:00.1", "0000:3b:00.8"}},
        {&loom_type_vlans, {"", "0", "4095", "1 2", "1,", "1-"}},
        {&loom_type_number, {"", "-1", "01", "+1", "x", "18446744073709551616"}},
        {&loom_type_word, {"", "bonds"}},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        for (size_t k = 0; k < G_N_ELEMENTS(wrong[i].values) && wrong[i].values[k]; k++)
            if (wrong[i].type == attribute->type) {
                g_autofree char *text = document(kind, NULL, attribute->name, wrong[i].values[k]);
                add_document(documents, text);
            }
    if (attribute->type == &loom_type_number && attribute->max) {
        g_autofree char *more = g_strdup_printf("%" G_GUINT64_FORMAT, attribute->max + 1);
        g_autofree char *text = document(kind, NULL, attribute->name, more);
        add_document(documents, text);
    }
    if (attribute->type == &loom_type_number && attribute->min) {
        g_autofree char *less = g_strdup_printf("%" G_GUINT64_FORMAT, attribute->min - 1);
        g_autofree char *text = document(kind, NULL, attribute->name, less);
        add_document(documents, text);
    }
}

static void
test_schema_refuses(void **state G_GNUC_UNUSED)
{
    g_auto(Documents) documents = {0};

    documents_init(&documents);
    add_document(&documents, "<network name='n'/>");
    add_document(&documents, "<host name='h'><host name='h'/></host>");
    add_document(&documents, "<host name='h'>text</host>");
    add_document(&documents, "<host name='h'><unknown/></host>");
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *full = document(kinds[i], NULL, NULL, NULL);
        g_auto(GStrv) halves = g_strsplit(full, kinds[i]->element, 2);
        g_autofree char *unknown =
            g_strconcat(halves[0], kinds[i]->element, " unknown='1'", halves[1], NULL);

        add_document(&documents, unknown);
        for (size_t k = 0; k < kinds[i]->attribute_count; k++) {
            const LoomAttribute *attribute = &kinds[i]->attributes[k];

            add_wrong_values(&documents, kinds[i], attribute);
            if (attribute->flags & LOOM_REQUIRED) {
                g_autofree char *without = document(kinds[i], attribute, NULL, NULL);
                add_document(&documents, without);
            }
        }
    }
    assert_all(&documents, FALSE);
}

/* What is compiled, in the goldens of compile/. */
static void
add_compiled(Documents *documents)
{
    g_autofree char *cases = loom_test_path("tests/data/compile");
    g_autoptr(GPtrArray) names = loom_test_list_directory(cases);

    assert_true(names->len > 0);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(cases, names->pdata[i], "host.xml", NULL);
        g_autofree char *text = NULL;

        if (g_file_get_contents(path, &text, NULL, NULL))
            add_document(documents, text);
    }
}

static void
test_schema_accepts_what_is_written(void **state G_GNUC_UNUSED)
{
    g_autoptr(GPtrArray) hosts = loom_test_hosts();
    g_auto(Documents) documents = {0};

    documents_init(&documents);
    add_compiled(&documents);
    for (guint i = 0; i < hosts->len; i++) {
        const LoomTestHost *host = hosts->pdata[i];
        g_autofree char *target = loom_host_format(host->target);
        g_autofree char *machine = loom_host_format(host->machine);

        add_document(&documents, target);
        add_document(&documents, machine);
        for (guint k = 0; k < host->target->networks->len; k++) {
            g_autoptr(LoomHost) slice =
                loom_slice_of(host->target, host->target->networks->pdata[k]);
            g_autofree char *text = loom_host_format(slice);
            add_document(&documents, text);
        }
    }
    assert_all(&documents, TRUE);
}

static const LoomKind *
find_kind(const char *element)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_strcmp0(kinds[i]->element, element) == 0)
            return kinds[i];
    return NULL;
}

/* Counts the attributes that the schema gives to the element around NODE; all of KIND's own. */
static guint
count_attributes(const LoomNode *node, const LoomKind *kind)
{
    guint count = 0;

    LOOM_FOREACH_CHILD (child, node) {
        const char *name = loom_node_get(child, "name");
        gboolean is_known = FALSE;

        if (!g_str_equal(child->name, "attribute")) {
            count += count_attributes(child, kind);
            continue;
        }
        for (size_t i = 0; i < kind->attribute_count; i++)
            is_known |= g_str_equal(kind->attributes[i].name, name);
        if (!is_known)
            fail_msg("the schema gives <%s> an attribute '%s' that nobody reads", kind->element,
                     name);
        count++;
    }
    return count;
}

/* What the schema has, the tables have. */
static void
test_schema_has_no_more(void **state G_GNUC_UNUSED)
{
    g_autofree char *path = loom_test_path("xml/host.rng");
    g_autoptr(LoomDocument) schema = loom_xml_load(path, NULL);
    guint elements = 0;

    assert_non_null(schema);
    LOOM_FOREACH_CHILD (define, schema->root) {
        const LoomNode *element = loom_node_find(define, "element");
        const LoomKind *kind = element ? find_kind(loom_node_get(element, "name")) : NULL;

        if (!element)
            continue;
        assert_non_null(kind);
        assert_int_equal(count_attributes(element, kind), kind->attribute_count);
        elements++;
    }
    assert_int_equal(elements, G_N_ELEMENTS(kinds));
}

/* What is written is what is read: all attributes of all kinds, and generated hosts. */
static void
test_round_trip(void **state G_GNUC_UNUSED)
{
    g_autoptr(GPtrArray) hosts = loom_test_hosts();

    for (guint i = 0; i < hosts->len + G_N_ELEMENTS(kinds); i++) {
        g_autofree char *full =
            i < hosts->len ? NULL : document(kinds[i - hosts->len], NULL, NULL, NULL);
        g_autoptr(LoomHost) host =
            full ? loom_test_host(full)
                 : loom_record_copy(((LoomTestHost *)hosts->pdata[i])->machine);
        g_autofree char *text = loom_host_format(host);
        g_autoptr(LoomHost) again = loom_test_host(text);
        g_autofree char *same = loom_host_format(again);

        assert_string_equal(same, text);
        assert_true(loom_record_agrees(again, host) && loom_record_agrees(host, again));
        if (full)
            assert_true(strlen(text) > strlen(full));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_schema_accepts),
        cmocka_unit_test(test_schema_refuses),
        cmocka_unit_test(test_schema_accepts_what_is_written),
        cmocka_unit_test(test_schema_has_no_more),
    };

    return cmocka_run_group_tests_name("hostform", tests, NULL, NULL);
}
