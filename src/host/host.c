/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host: load, format, find, sort. */
#include "host/host.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/markup.h"

#include <string.h>

#define TEXT(field, ...) LOOM_ATTRIBUTE(LoomHost, field, loom_type_text, __VA_ARGS__)

static const LoomAttribute host_attributes[] = {
    TEXT(name, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(fabric),
    TEXT(hostgroup),
    TEXT(libvirt, .flags = LOOM_INFORMATIVE),
    TEXT(boot),
    LOOM_ATTRIBUTE(LoomHost, kinds, loom_type_list, .flags = LOOM_INFORMATIVE),
};
static const LoomChild host_children[] = {
    LOOM_CHILDREN(LoomHost, links, loom_link_kind),
    LOOM_CHILDREN(LoomHost, addresses, loom_address_kind),
    LOOM_CHILDREN(LoomHost, routes, loom_route_kind),
    LOOM_CHILDREN(LoomHost, neighbours, loom_neighbour_kind),
    LOOM_CHILDREN(LoomHost, ports, loom_port_kind),
    LOOM_CHILDREN(LoomHost, leases, loom_guest_address_kind),
    LOOM_CHILDREN(LoomHost, classes, loom_class_kind),
    LOOM_CHILDREN(LoomHost, networks, loom_network_kind),
    LOOM_CHILDREN(LoomHost, managers, loom_manager_kind),
    LOOM_CHILDREN(LoomHost, dhcps, loom_dhcp_kind),
    LOOM_CHILDREN(LoomHost, migrations, loom_migration_path_kind),
    LOOM_CHILDREN(LoomHost, settings, loom_qemu_setting_kind),
    LOOM_CHILDREN(LoomHost, probes, loom_host_probe_kind),
    LOOM_CHILDREN(LoomHost, guests, loom_guest_tap_kind),
    LOOM_CHILDREN(LoomHost, sessions, loom_sessions_kind),
};
const LoomKind loom_host_kind = {
    .element = "host",
    .noun = N_("host"),
    .size = sizeof(LoomHost),
    LOOM_ATTRIBUTES(host_attributes),
    LOOM_CHILD_KINDS(host_children),
};

void
loom_host_free(LoomHost *host)
{
    loom_record_free(host);
}

GPtrArray *
loom_host_list(const LoomHost *host, const LoomKind *kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(host_children); i++)
        if (host_children[i].kind == kind)
            return *(GPtrArray *const *)((const char *)host + host_children[i].offset);
    g_error("a host holds no %s", kind->element);
}

size_t
loom_host_count(const LoomHost *host)
{
    size_t count = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(host_children); i++)
        count += loom_host_list(host, host_children[i].kind)->len;
    return count;
}

gpointer
loom_host_find(const LoomHost *host, const LoomKind *kind, const char *key)
{
    const GPtrArray *list = loom_host_list(host, kind);

    for (guint i = 0; i < list->len; i++) {
        g_autofree char *found = loom_record_key(list->pdata[i]);

        if (g_str_equal(found, key))
            return list->pdata[i];
    }
    return NULL;
}

/* A record and its key, which is made once and not at every comparison. */
typedef struct {
    char *key;
    gpointer record;
} Keyed;

static void
keyed_clear(gpointer keyed)
{
    g_free(((Keyed *)keyed)->key);
}

static int
keyed_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(((const Keyed *)a)->key, ((const Keyed *)b)->key);
}

static void
sort_records(gpointer *records, size_t count)
{
    g_autoptr(GArray) keyed = g_array_sized_new(FALSE, FALSE, sizeof(Keyed), count);

    g_array_set_clear_func(keyed, keyed_clear);
    for (size_t i = 0; i < count; i++) {
        Keyed one = {loom_record_key(records[i]), records[i]};
        g_array_append_val(keyed, one);
    }
    g_array_sort(keyed, keyed_compare);
    for (size_t i = 0; i < count; i++)
        records[i] = g_array_index(keyed, Keyed, i).record;
}

static void
sort_list(GPtrArray *list)
{
    sort_records(list->pdata, list->len);
}

void
loom_host_sort(LoomHost *host)
{
    for (size_t i = 0; i < G_N_ELEMENTS(host_children); i++)
        sort_list(loom_host_list(host, host_children[i].kind));
    for (guint i = 0; i < host->networks->len; i++)
        sort_list(((LoomNetwork *)host->networks->pdata[i])->portgroups);
}

static LoomHost *
parse_document(const LoomDocument *document, GError **error)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomHost) host = NULL;

    if (!g_str_equal(document->root->name, loom_host_kind.element)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("%s: the root element is <%.64s>; a host file's is <host>"), document->file,
                    document->root->name);
        return NULL;
    }
    host =
        loom_record_parse(&loom_host_kind, document->root, g_intern_string(document->file), report);
    if (loom_report_length(report)) {
        const LoomFinding *finding = loom_report_get(report, 0);

        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID, "%s:%u: %s", finding->file,
                    finding->line, finding->message);
        return NULL;
    }
    return g_steal_pointer(&host);
}

LoomHost *
loom_host_parse(const char *text, size_t length, const char *name, GError **error)
{
    g_autoptr(LoomDocument) document = loom_markup_parse(text, length, name, error);

    return document ? parse_document(document, error) : NULL;
}

LoomHost *
loom_host_load(const char *path, GError **error)
{
    g_autoptr(LoomDocument) document = loom_markup_load(path, error);

    return document ? parse_document(document, error) : NULL;
}

char *
loom_host_format(const LoomHost *host)
{
    GString *xml = g_string_new("<?xml version='1.0' encoding='UTF-8'?>\n");

    loom_record_format(host, 0, xml);
    return g_string_free(xml, FALSE);
}

static void append_record(GString *content, gconstpointer data);

/* In the order of their keys: which of its siblings was written first means nothing. */
static void
append_children(GString *content, LoomRecords records)
{
    g_autofree gpointer *sorted = g_memdup2(records.items, records.length * sizeof *sorted);

    sort_records(sorted, records.length);
    for (size_t i = 0; i < records.length; i++)
        append_record(content, sorted[i]);
}

/* With its closing NUL, so that no two lists of values run into one text. */
static void
append_text(GString *content, const char *text)
{
    g_string_append_len(content, text, strlen(text) + 1);
}

static void
append_record(GString *content, gconstpointer data)
{
    const LoomRecord *record = data;

    append_text(content, record->kind->element);
    for (size_t i = 0; i < record->kind->attribute_count; i++) {
        const LoomAttribute *attribute = &record->kind->attributes[i];

        if (!(record->present >> i & 1) || attribute->flags & LOOM_INFORMATIVE)
            continue;
        append_text(content, attribute->name);
        loom_record_append(record, attribute, content);
        g_string_append_c(content, '\0');
    }
    for (size_t i = 0; i < record->kind->child_count; i++)
        append_children(content, loom_record_children(record, &record->kind->children[i]));
    /* the end, which tells a child from a younger sibling */
    g_string_append_c(content, '\0');
}

char *
loom_record_digest(gconstpointer record)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autoptr(GString) content = g_string_new(NULL);

    append_record(content, record);
    g_checksum_update(checksum, (const guchar *)content->str, content->len);
    return g_strndup(g_checksum_get_string(checksum), 32);
}
