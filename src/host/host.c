/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host: the attribute tables, and load, format, find. */
#include "host/host.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/markup.h"
#include "base/vlans.h"

#include <string.h>

static const char *const link_kinds[] = {"physical", "bond",         "bridge", "veth", "ovs-bridge",
                                         "ovs-bond", "ovs-internal", "other",  NULL};

#define TEXT(Struct, field, ...)   LOOM_ATTRIBUTE(Struct, field, loom_type_text, __VA_ARGS__)
#define DEVICE(Struct, field, ...) LOOM_ATTRIBUTE(Struct, field, loom_type_device, __VA_ARGS__)
#define NUMBER(Struct, field, ...) LOOM_ATTRIBUTE(Struct, field, loom_type_number, __VA_ARGS__)
#define YES_NO(Struct, field, ...) LOOM_ATTRIBUTE(Struct, field, loom_type_yes_no, __VA_ARGS__)

static const LoomAttribute link_attributes[] = {
    DEVICE(LoomLink, name, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_WORD(LoomLink, kind, link_kinds, .flags = LOOM_REQUIRED, .cost = LOOM_COST_REPLACE),
    YES_NO(LoomLink, ours, .flags = LOOM_INFORMATIVE),
    LOOM_ATTRIBUTE(LoomLink, mac, loom_type_mac),
    NUMBER(LoomLink, mtu, .min = 68, .max = 65535),
    YES_NO(LoomLink, up, .cost = LOOM_COST_DOWN),
    DEVICE(LoomLink, master, .flags = LOOM_ABSENT_IS_NONE, .cost = LOOM_COST_DOWN),
    DEVICE(LoomLink, peer, .cost = LOOM_COST_REPLACE),
    TEXT(LoomLink, mode, .cost = LOOM_COST_DOWN),
    TEXT(LoomLink, hashpolicy),
    TEXT(LoomLink, lacprate),
    DEVICE(LoomLink, primary, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomLink, miimon),
    NUMBER(LoomLink, minlinks),
    NUMBER(LoomLink, updelay),
    NUMBER(LoomLink, downdelay),
    LOOM_ATTRIBUTE(LoomLink, options, loom_type_list, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomLink, vlanfiltering),
    YES_NO(LoomLink, stp),
    YES_NO(LoomLink, multicastsnooping),
    NUMBER(LoomLink, defaultpvid, .max = LOOM_VLAN_MAX),
    YES_NO(LoomLink, dhcp),
    YES_NO(LoomLink, autoconf),
    DEVICE(LoomLink, inherit, .flags = LOOM_ABSENT_IS_NONE),
    LOOM_ATTRIBUTE(LoomLink, permanentmac, loom_type_mac, .flags = LOOM_INFORMATIVE),
    TEXT(LoomLink, driver, .flags = LOOM_INFORMATIVE),
    LOOM_ATTRIBUTE(LoomLink, pci, loom_type_pci, .flags = LOOM_INFORMATIVE),
    NUMBER(LoomLink, speed, .flags = LOOM_INFORMATIVE),
    LOOM_ATTRIBUTE(LoomLink, altnames, loom_type_list, .flags = LOOM_INFORMATIVE),
    TEXT(LoomLink, logicalswitch, .flags = LOOM_INFORMATIVE),
    TEXT(LoomLink, vmnetwork, .flags = LOOM_INFORMATIVE),
    TEXT(LoomLink, role, .flags = LOOM_INFORMATIVE),
};
const LoomKind loom_link_kind = {
    .element = "link",
    .noun = N_("link"),
    .size = sizeof(LoomLink),
    LOOM_ATTRIBUTES(link_attributes),
};

static const LoomAttribute address_attributes[] = {
    DEVICE(LoomAddress, link, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomAddress, address, .flags = LOOM_REQUIRED | LOOM_KEY),
    NUMBER(LoomAddress, prefix, .max = 128, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomAddress, origin, .flags = LOOM_INFORMATIVE),
};
const LoomKind loom_address_kind = {
    .element = "address",
    .noun = N_("address"),
    .size = sizeof(LoomAddress),
    LOOM_ATTRIBUTES(address_attributes),
};

static const LoomAttribute route_attributes[] = {
    DEVICE(LoomRoute, link, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomRoute, destination, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomRoute, gateway, .flags = LOOM_KEY),
    NUMBER(LoomRoute, metric, .max = G_MAXUINT32, .flags = LOOM_KEY),
    NUMBER(LoomRoute, table, .max = G_MAXUINT32, .flags = LOOM_KEY, .fallback = "254"),
    TEXT(LoomRoute, protocol),
    TEXT(LoomRoute, source),
};
const LoomKind loom_route_kind = {
    .element = "route",
    .noun = N_("route"),
    .size = sizeof(LoomRoute),
    LOOM_ATTRIBUTES(route_attributes),
};

static const LoomAttribute port_attributes[] = {
    DEVICE(LoomPort, link, .flags = LOOM_KEY),
    LOOM_ATTRIBUTE(LoomPort, domain, loom_type_uuid, .flags = LOOM_KEY),
    LOOM_ATTRIBUTE(LoomPort, mac, loom_type_mac, .flags = LOOM_KEY),
    TEXT(LoomPort, network, .flags = LOOM_KEY),
    TEXT(LoomPort, portgroup, .flags = LOOM_KEY),
    NUMBER(LoomPort, vlan, .max = LOOM_VLAN_MAX, .flags = LOOM_ABSENT_IS_NONE),
    LOOM_ATTRIBUTE(LoomPort, tagged, loom_type_vlans, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomPort, isolated, .flags = LOOM_ABSENT_IS_NONE),
    TEXT(LoomPort, pvlan, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPort, secondary, .max = LOOM_VLAN_MAX, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPort, mtu, .min = 68, .max = 65535, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomPort, macguard, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomPort, dhcpguard, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomPort, routerguard, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomPort, priorityreset, .flags = LOOM_ABSENT_IS_NONE),
    TEXT(LoomPort, addressguard, .flags = LOOM_ABSENT_IS_NONE),
    TEXT(LoomPort, class, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPort, max, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPort, maxin, .flags = LOOM_ABSENT_IS_NONE),
    TEXT(LoomPort, onfailure, .flags = LOOM_INFORMATIVE),
    TEXT(LoomPort, logicalswitch, .flags = LOOM_INFORMATIVE),
    TEXT(LoomPort, vmnetwork, .flags = LOOM_INFORMATIVE),
    TEXT(LoomPort, profile, .flags = LOOM_INFORMATIVE),
};
const LoomKind loom_port_kind = {
    .element = "port",
    .noun = N_("port"),
    .size = sizeof(LoomPort),
    LOOM_ATTRIBUTES(port_attributes),
};

static const LoomAttribute class_attributes[] = {
    DEVICE(LoomClass, link, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomClass, name, .flags = LOOM_REQUIRED | LOOM_KEY),
    NUMBER(LoomClass, priority, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomClass, weight, .max = 100, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomClass, rate, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomClass, ceiling, .flags = LOOM_ABSENT_IS_NONE),
    TEXT(LoomClass, logicalswitch, .flags = LOOM_INFORMATIVE),
};
const LoomKind loom_class_kind = {
    .element = "class",
    .noun = N_("bandwidth class"),
    .size = sizeof(LoomClass),
    LOOM_ATTRIBUTES(class_attributes),
};

static const LoomAttribute portgroup_attributes[] = {
    TEXT(LoomPortgroup, name, .flags = LOOM_REQUIRED | LOOM_KEY),
    {.name = "default",
     .type = &loom_type_yes_no,
     .offset = offsetof(LoomPortgroup, is_default),
     .fallback = "no",
     .flags = LOOM_ABSENT_IS_NONE},
    NUMBER(LoomPortgroup, inaverage, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPortgroup, inpeak, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPortgroup, inburst, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPortgroup, outaverage, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPortgroup, outpeak, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPortgroup, outburst, .flags = LOOM_ABSENT_IS_NONE),
    LOOM_ATTRIBUTE(LoomPortgroup, vlans, loom_type_vlans, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPortgroup, nativevlan, .max = LOOM_VLAN_MAX, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomPortgroup, trunk, .flags = LOOM_ABSENT_IS_NONE),
};
const LoomKind loom_network_portgroup_kind = {
    .element = "portgroup",
    .noun = N_("portgroup"),
    .size = sizeof(LoomPortgroup),
    LOOM_ATTRIBUTES(portgroup_attributes),
};

static const LoomAttribute network_attributes[] = {
    TEXT(LoomNetwork, name, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomNetwork, uuid, loom_type_uuid, .cost = LOOM_COST_REPLACE),
    DEVICE(LoomNetwork, bridge),
    YES_NO(LoomNetwork, ours, .flags = LOOM_INFORMATIVE),
    YES_NO(LoomNetwork, openvswitch),
    YES_NO(LoomNetwork, active),
    YES_NO(LoomNetwork, autostart),
    YES_NO(LoomNetwork, persistent),
    TEXT(LoomNetwork, fabric),
    TEXT(LoomNetwork, vmnetwork),
    TEXT(LoomNetwork, logicalswitch),
    TEXT(LoomNetwork, hash),
    YES_NO(LoomNetwork, pending, .flags = LOOM_INFORMATIVE),
    TEXT(LoomNetwork, definition, .flags = LOOM_INFORMATIVE),
    LOOM_ATTRIBUTE(LoomNetwork, guests, loom_type_list, .flags = LOOM_INFORMATIVE),
};
static const LoomChild network_children[] = {
    LOOM_CHILDREN(LoomNetwork, portgroups, loom_network_portgroup_kind),
};
const LoomKind loom_network_kind = {
    .element = "network",
    .noun = N_("network"),
    .size = sizeof(LoomNetwork),
    LOOM_ATTRIBUTES(network_attributes),
    LOOM_CHILD_KINDS(network_children),
};

static const LoomAttribute migration_attributes[] = {
    TEXT(LoomMigrationPath, network, .flags = LOOM_REQUIRED | LOOM_KEY),
    NUMBER(LoomMigrationPath, order),
    DEVICE(LoomMigrationPath, link),
    TEXT(LoomMigrationPath, address),
    YES_NO(LoomMigrationPath, fallback),
    NUMBER(LoomMigrationPath, concurrent),
    NUMBER(LoomMigrationPath, max),
    NUMBER(LoomMigrationPath, parallel),
};
const LoomKind loom_migration_path_kind = {
    .element = "migration",
    .noun = N_("migration network"),
    .size = sizeof(LoomMigrationPath),
    LOOM_ATTRIBUTES(migration_attributes),
};

static const LoomAttribute probe_attributes[] = {
    TEXT(LoomHostProbe, target, .flags = LOOM_REQUIRED | LOOM_KEY),
    DEVICE(LoomHostProbe, link, .flags = LOOM_KEY),
    NUMBER(LoomHostProbe, tcp, .max = 65535, .flags = LOOM_KEY),
    TEXT(LoomHostProbe, role),
    NUMBER(LoomHostProbe, settle),
};
const LoomKind loom_host_probe_kind = {
    .element = "probe",
    .noun = N_("probe"),
    .size = sizeof(LoomHostProbe),
    LOOM_ATTRIBUTES(probe_attributes),
};

static const LoomAttribute host_attributes[] = {
    TEXT(LoomHost, name, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomHost, fabric),
    TEXT(LoomHost, hash),
    TEXT(LoomHost, hostgroup),
    TEXT(LoomHost, libvirt),
    TEXT(LoomHost, boot),
};
static const LoomChild host_children[] = {
    LOOM_CHILDREN(LoomHost, links, loom_link_kind),
    LOOM_CHILDREN(LoomHost, addresses, loom_address_kind),
    LOOM_CHILDREN(LoomHost, routes, loom_route_kind),
    LOOM_CHILDREN(LoomHost, ports, loom_port_kind),
    LOOM_CHILDREN(LoomHost, classes, loom_class_kind),
    LOOM_CHILDREN(LoomHost, networks, loom_network_kind),
    LOOM_CHILDREN(LoomHost, migrations, loom_migration_path_kind),
    LOOM_CHILDREN(LoomHost, probes, loom_host_probe_kind),
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

static void digest_record(GChecksum *checksum, gconstpointer data);

/* In the order of their keys: which of its siblings was written first means nothing. */
static void
digest_children(GChecksum *checksum, LoomRecords records)
{
    g_autofree gpointer *sorted = g_memdup2(records.items, records.length * sizeof *sorted);

    sort_records(sorted, records.length);
    for (size_t i = 0; i < records.length; i++)
        digest_record(checksum, sorted[i]);
}

static void
digest_record(GChecksum *checksum, gconstpointer data)
{
    const LoomRecord *record = data;
    const char *element = record->kind->element;

    /* all with their closing NULs, so that no two lists of values run into one text */
    g_checksum_update(checksum, (const guchar *)element, strlen(element) + 1);
    for (size_t i = 0; i < record->kind->attribute_count; i++) {
        const LoomAttribute *attribute = &record->kind->attributes[i];

        if (!(record->present >> i & 1) || attribute->flags & LOOM_INFORMATIVE)
            continue;
        g_autofree char *value = loom_record_get(record, attribute);
        g_checksum_update(checksum, (const guchar *)attribute->name, strlen(attribute->name) + 1);
        g_checksum_update(checksum, (const guchar *)value, strlen(value) + 1);
    }
    for (size_t i = 0; i < record->kind->child_count; i++)
        digest_children(checksum, loom_record_children(record, &record->kind->children[i]));
    /* the end, which tells a child from a younger sibling */
    g_checksum_update(checksum, (const guchar *)"", 1);
}

char *
loom_record_digest(gconstpointer record)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);

    digest_record(checksum, record);
    return g_strndup(g_checksum_get_string(checksum), 32);
}
