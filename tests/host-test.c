/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* host/: the serialised form, its schema, slices, the stamp, digests. */
#include "test.h"

#include "base/error.h"
#include "base/xml.h"
#include "host/slice.h"
#include "hosts.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const LoomKind *const kinds[] = {
    &loom_link_kind,           &loom_address_kind,
    &loom_route_kind,          &loom_port_kind,
    &loom_class_kind,          &loom_network_kind,
    &loom_migration_path_kind, &loom_host_probe_kind,
    &loom_host_kind,           &loom_network_portgroup_kind,
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

static void
test_schema_accepts_what_is_written(void **state G_GNUC_UNUSED)
{
    g_autoptr(GPtrArray) hosts = loom_test_hosts();
    g_auto(Documents) documents = {0};

    documents_init(&documents);
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

static void
test_invalid(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"<fabric/>", "f: the root element is <fabric>; a host file's is <host>"},
        {"<host name='h'>\n<link kind='bond'/></host>", "f:2: <link> lacks the attribute 'name'"},
        {"<host name='h'><link name='a' kind='bondage'/></host>",
         "f:1: link 'a': kind='bondage' is not valid; expected one of: "},
        {"<host name='h'><link name='a' kind='bond' colour='red'/></host>",
         "f:1: <link> has no attribute 'colour'"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LoomHost) host =
            loom_host_parse(cases[i].text, strlen(cases[i].text), "f", &error);

        assert_null(host);
        assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
        if (!g_str_has_prefix(error->message, cases[i].message))
            fail_msg("expected '%s', not '%s'", cases[i].message, error->message);
    }
}

static void
test_find_and_sort(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) host = loom_test_host(
        "<host name='h'><network name='b'><portgroup name='y'/><portgroup name='x'/></network>"
        "<network name='a'/><address link='l' address='10.0.0.1' prefix='8'/></host>");
    g_autoptr(LoomHost) sorted = loom_test_host(
        "<host name='h'><address link='l' address='10.0.0.1' prefix='8'/><network name='a'/>"
        "<network name='b'><portgroup name='x'/><portgroup name='y'/></network></host>");
    g_autofree char *wanted = loom_host_format(sorted);
    g_autofree char *text = NULL;

    assert_non_null(loom_host_find(host, &loom_address_kind, "l/10.0.0.1/8"));
    assert_null(loom_host_find(host, &loom_address_kind, "l/10.0.0.1/16"));
    assert_string_equal(((LoomNetwork *)loom_host_find(host, &loom_network_kind, "a"))->name, "a");
    loom_host_sort(host);
    text = loom_host_format(host);
    assert_string_equal(text, wanted);
}

static char *
digest(const char *inside)
{
    g_autofree char *text = g_strdup_printf("<host name='h'>%s</host>", inside);
    g_autoptr(LoomHost) host = loom_test_host(text);

    return loom_record_digest(host);
}

static void
test_digest(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *one, *other;
        gboolean are_equal;
    } cases[] = {
        {"<network name='a'/>", "<network name='a' guests='x' pending='yes' ours='yes'/>", TRUE},
        {"<link name='a' kind='bond'/>", "<link kind='bond' name='a' speed='1' role='x'/>", TRUE},
        {"<network name='a'/><network name='b'/>", "<network name='b'/><network name='a'/>", TRUE},
        {"<network name='a'><portgroup name='x'/><portgroup name='y'/></network>",
         "<network name='a'><portgroup name='y'/><portgroup name='x'/></network>", TRUE},
        {"<network name='a'/>", "<network name='b'/>", FALSE},
        {"<network name='a'/>", "<network name='a' active='no'/>", FALSE},
        {"<network name='a'><portgroup name='x'/></network><network name='b'/>",
         "<network name='a'/><network name='b'><portgroup name='x'/></network>", FALSE},
        /* no two lists of values run into one text */
        {"<network name='a' bridge='bc'/>", "<network name='ab' bridge='c'/>", FALSE},
        {"<network name='a' fabric='x'/>", "<network name='a' vmnetwork='x'/>", FALSE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *one = digest(cases[i].one);
        g_autofree char *other = digest(cases[i].other);

        assert_int_equal(strlen(one), 32);
        if (g_str_equal(one, other) != cases[i].are_equal)
            fail_msg("%s and %s have %s digest", cases[i].one, cases[i].other,
                     cases[i].are_equal ? "another" : "one");
    }
}

/* A directory for slices, and a host with two networks, one of them of a long name. */
typedef struct {
    char *directory;
    LoomHost *host;
    char *long_name;
} Slices;

#define RED_UUID "0c5ee9b0-7a3c-5b86-8a30-1a8f4f6f0001"

static void
slices_init(Slices *slices)
{
    g_autofree char *text = NULL;

    slices->directory = g_dir_make_tmp("virt-loom-slices-XXXXXX", NULL);
    slices->long_name = g_strnfill(300, 'x');
    text = g_strdup_printf(
        "<host name='h' fabric='f' hash='1'>"
        "<link name='vs0' kind='bridge' logicalswitch='Cloud'/>"
        "<link name='vs1' kind='bridge' logicalswitch='Other'/>"
        "<port link='mgmt' vlan='3' logicalswitch='Cloud'/>"
        "<port link='stor' vlan='3' logicalswitch='Other'/>"
        "<port network='Red' portgroup='Public' vlan='3' logicalswitch='Cloud'/>"
        "<port network='%s' portgroup='Public' vlan='4' logicalswitch='Cloud'/>"
        "<network name='Red' uuid='" RED_UUID "' logicalswitch='Cloud'/>"
        "<network name='%s' uuid='0c5ee9b0-7a3c-5b86-8a30-1a8f4f6f0002' logicalswitch='Cloud'/>"
        "</host>",
        slices->long_name, slices->long_name);
    slices->host = loom_test_host(text);
}

static void
slices_clear(Slices *slices)
{
    g_autoptr(LoomHost) none = loom_test_host("<host name='h'/>");

    loom_slice_prune(none, slices->directory, NULL);
    for (const char *const *name = (const char *const[]){"names", "networks", "stamp", NULL}; *name;
         name++) {
        g_autofree char *path = g_build_filename(slices->directory, *name, NULL);
        g_remove(path);
    }
    assert_int_equal(g_rmdir(slices->directory), 0); /* so nothing else was left */
    g_free(slices->directory);
    g_free(slices->long_name);
    loom_host_free(slices->host);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Slices, slices_clear)

static void
test_slice(void **state G_GNUC_UNUSED)
{
    g_auto(Slices) slices = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) by_name = NULL;
    g_autoptr(LoomHost) by_uuid = NULL;
    g_autoptr(LoomHost) by_long_name = NULL;

    slices_init(&slices);
    assert_true(loom_slice_save_all(slices.host, slices.directory, &error));
    by_name = loom_slice_find_by_name(slices.directory, "Red", &error);
    by_uuid = loom_slice_find_by_uuid(slices.directory, RED_UUID, &error);
    by_long_name = loom_slice_find_by_name(slices.directory, slices.long_name, &error);
    assert_no_error(error);

    g_autofree char *text = loom_host_format(by_name);
    g_autofree char *same = loom_host_format(by_uuid);
    assert_string_equal(text, same);
    assert_string_equal(
        text, "<?xml version='1.0' encoding='UTF-8'?>\n"
              "<host name='h' fabric='f' hash='1'>\n"
              "  <link name='vs0' kind='bridge' logicalswitch='Cloud'/>\n"
              "  <port link='mgmt' vlan='3' logicalswitch='Cloud'/>\n"
              "  <port network='Red' portgroup='Public' vlan='3' logicalswitch='Cloud'/>\n"
              "  <network name='Red' uuid='" RED_UUID "' logicalswitch='Cloud'/>\n"
              "</host>\n");
    assert_string_equal(((LoomNetwork *)by_long_name->networks->pdata[0])->name, slices.long_name);
}

/* Names come from guests' XML. */
static void
test_slice_hostile(void **state G_GNUC_UNUSED)
{
    g_auto(Slices) slices = {0};
    g_autofree char *longer = g_strnfill(301, 'x');
    const char *const names[] = {
        "",     ".",    "..",       "../x", "/etc/passwd", "../names/Red", "Red/", "./Red", "red",
        "Red ", longer, "\xff\xfe", "a\nb", "../stamp",    RED_UUID,       "%s%n", "Red\n",
    };
    const char *const uuids[] = {
        "", "..", "../names/Red", "0c5ee9b0-7a3c-5b86-8a30-1a8f4f6f0003", "Red",
    };

    slices_init(&slices);
    assert_true(loom_slice_save_all(slices.host, slices.directory, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LoomHost) slice = loom_slice_find_by_name(slices.directory, names[i], &error);

        assert_null(slice);
        assert_no_error(error);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(uuids); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LoomHost) slice = loom_slice_find_by_uuid(slices.directory, uuids[i], &error);

        assert_null(slice);
        assert_no_error(error);
    }
}

/* A slice that cannot be read is an error, and no "not ours". */
static void
test_slice_corrupt(void **state G_GNUC_UNUSED)
{
    g_auto(Slices) slices = {0};
    g_autofree char *path = NULL;
    g_autoptr(GError) error = NULL;

    slices_init(&slices);
    assert_true(loom_slice_save_all(slices.host, slices.directory, NULL));
    path = g_build_filename(slices.directory, "networks", RED_UUID ".xml", NULL);
    assert_true(g_file_set_contents(path, "<host", -1, NULL));
    assert_null(loom_slice_find_by_name(slices.directory, "Red", &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
}

static void
test_slice_prune(void **state G_GNUC_UNUSED)
{
    g_auto(Slices) slices = {0};
    g_autoptr(LoomHost) fewer = loom_test_host("<host name='h'><network name='Red' uuid='" RED_UUID
                                               "' logicalswitch='Cloud'/></host>");
    g_autoptr(LoomHost) kept = NULL;
    g_autoptr(GError) error = NULL;

    slices_init(&slices);
    assert_true(loom_slice_save_all(slices.host, slices.directory, NULL));
    assert_true(loom_slice_prune(fewer, slices.directory, &error));
    kept = loom_slice_find_by_name(slices.directory, "Red", &error);
    assert_non_null(kept);
    assert_null(loom_slice_find_by_name(slices.directory, slices.long_name, &error));
    assert_no_error(error);
    /* nor is it an error where there was never a slice */
    assert_true(loom_slice_prune(fewer, "/nonexistent", &error));
}

/* A slice that is right is not written again; a name that points elsewhere is put right. */
static void
test_slice_unchanged(void **state G_GNUC_UNUSED)
{
    g_auto(Slices) slices = {0};
    g_autofree char *file = NULL;
    g_autofree char *name = NULL;
    struct stat before, after, link_before, link_after;

    slices_init(&slices);
    file = g_build_filename(slices.directory, "networks", RED_UUID ".xml", NULL);
    name = g_build_filename(slices.directory, "names", "Red", NULL);
    assert_true(loom_slice_save_all(slices.host, slices.directory, NULL));
    assert_int_equal(stat(file, &before), 0);
    assert_int_equal(lstat(name, &link_before), 0);
    assert_true(loom_slice_save_all(slices.host, slices.directory, NULL));
    assert_int_equal(stat(file, &after), 0);
    assert_int_equal(lstat(name, &link_after), 0);
    assert_int_equal(after.st_ino, before.st_ino);
    assert_int_equal(link_after.st_ino, link_before.st_ino);

    assert_int_equal(g_unlink(name), 0);
    assert_int_equal(symlink("../networks/elsewhere.xml", name), 0);
    assert_true(g_file_set_contents(file, "x", -1, NULL));
    assert_true(loom_slice_save_all(slices.host, slices.directory, NULL));
    g_autoptr(LoomHost) slice = loom_slice_find_by_name(slices.directory, "Red", NULL);
    assert_non_null(slice);
}

static void
test_stamp(void **state G_GNUC_UNUSED)
{
    g_auto(Slices) slices = {0};
    g_autofree char *path = NULL;
    g_autofree char *reused = g_strdup_printf("%d 1\n", getpid());
    const char *const dead[] = {"", "1", "x y\n", reused, "-1 ?\n", "0 0\n", "99999999 5\n"};
    g_autoptr(GError) error = NULL;

    slices_init(&slices);
    path = g_build_filename(slices.directory, "stamp", NULL);
    assert_false(loom_stamp_is_live(slices.directory));
    assert_true(loom_stamp_save(slices.directory, getpid(), &error));
    assert_true(loom_stamp_is_live(slices.directory));
    for (size_t i = 0; i < G_N_ELEMENTS(dead); i++) {
        assert_true(g_file_set_contents(path, dead[i], -1, NULL));
        if (loom_stamp_is_live(slices.directory))
            fail_msg("'%s' is taken for a live process", dead[i]);
    }
    /* a process that is gone already when the stamp is made */
    assert_true(loom_stamp_save(slices.directory, 99999999, &error));
    assert_false(loom_stamp_is_live(slices.directory));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_accepts),
        cmocka_unit_test(test_schema_refuses),
        cmocka_unit_test(test_schema_accepts_what_is_written),
        cmocka_unit_test(test_schema_has_no_more),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_find_and_sort),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_slice),
        cmocka_unit_test(test_slice_hostile),
        cmocka_unit_test(test_slice_corrupt),
        cmocka_unit_test(test_slice_prune),
        cmocka_unit_test(test_slice_unchanged),
        cmocka_unit_test(test_stamp),
    };

    return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
