/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fabric as a whole: its table, reading its files, merging them, the built-in names. */
#include "fabric/fabric.h"

#include "base/error.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/xml.h"
#include "fabric/load.h"

#include <string.h>

const char *const loom_compression_words[] = {"none", "xbzrle", "zlib", "zstd", NULL};

static const LoomAttribute migration_network_attributes[] = {
    LOOM_ATTRIBUTE(LoomMigrationNetwork, ref, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomMigrationNetwork, vnic, loom_type_device),
};
static const LoomKind migration_network_kind = {
    .element = "network",
    .size = sizeof(LoomMigrationNetwork),
    LOOM_ATTRIBUTES(migration_network_attributes),
};

static const LoomAttribute migration_attributes[] = {
    LOOM_ATTRIBUTE(LoomMigration, concurrent, loom_type_number, .min = 1, .max = 1000,
                   .fallback = "2"),
    LOOM_ATTRIBUTE(LoomMigration, max, loom_type_number, .min = 1, .max = 4294967),
    LOOM_ATTRIBUTE(LoomMigration, parallel, loom_type_number, .min = 1, .max = 255,
                   .fallback = "1"),
    LOOM_ATTRIBUTE(LoomMigration, fallback, loom_type_name),
    LOOM_ATTRIBUTE(LoomMigration, hostgroup, loom_type_name),
    LOOM_ATTRIBUTE(LoomMigration, tls, loom_type_yes_no),
    LOOM_ATTRIBUTE(LoomMigration, postcopy, loom_type_yes_no),
    LOOM_ATTRIBUTE(LoomMigration, qemuconf, loom_type_yes_no),
    LOOM_WORD(LoomMigration, compression, loom_compression_words),
};
static const LoomChild migration_children[] = {
    LOOM_CHILDREN(LoomMigration, networks, migration_network_kind),
};
const LoomKind loom_migration_kind = {
    .element = "migration",
    .size = sizeof(LoomMigration),
    LOOM_ATTRIBUTES(migration_attributes),
    LOOM_CHILD_KINDS(migration_children),
};

static const LoomAttribute probe_attributes[] = {
    LOOM_WORD(LoomProbe, role, loom_role_words),
    LOOM_ATTRIBUTE(LoomProbe, vmnetwork, loom_type_name),
    LOOM_ATTRIBUTE(LoomProbe, target, loom_type_target, .flags = LOOM_REQUIRED),
    LOOM_ATTRIBUTE(LoomProbe, tcp, loom_type_number, .min = 1, .max = 65535),
    LOOM_ATTRIBUTE(LoomProbe, hostgroup, loom_type_name),
    LOOM_ATTRIBUTE(LoomProbe, settle, loom_type_number, .max = 3600),
};
const LoomKind loom_probe_kind = {
    .element = "probe",
    .size = sizeof(LoomProbe),
    LOOM_ATTRIBUTES(probe_attributes),
};

static const LoomChild probes_children[] = {
    LOOM_CHILDREN(LoomProbes, probes, loom_probe_kind),
};
static const LoomKind probes_kind = {
    .element = "probes",
    .size = sizeof(LoomProbes),
    LOOM_CHILD_KINDS(probes_children),
};

static const LoomAttribute fabric_attributes[] = {
    LOOM_ATTRIBUTE(LoomFabric, name, loom_type_name),
};
static const LoomChild fabric_children[] = {
    LOOM_CHILDREN(LoomFabric, groups, loom_host_group_kind),
    LOOM_CHILDREN(LoomFabric, networks, loom_logical_network_kind),
    LOOM_CHILDREN(LoomFabric, vm_networks, loom_vm_network_kind),
    LOOM_CHILDREN(LoomFabric, mac_pools, loom_mac_pool_kind),
    LOOM_CHILDREN(LoomFabric, port_profiles, loom_port_profile_kind),
    LOOM_CHILDREN(LoomFabric, uplink_profiles, loom_uplink_profile_kind),
    LOOM_CHILDREN(LoomFabric, classifications, loom_classification_kind),
    LOOM_CHILDREN(LoomFabric, switches, loom_logical_switch_kind),
    LOOM_CHILDREN(LoomFabric, migrations, loom_migration_kind),
    LOOM_ONE_CHILD(LoomFabric, probes, probes_kind),
    LOOM_CHILDREN(LoomFabric, hosts, loom_fabric_host_kind),
    LOOM_CHILDREN(LoomFabric, lease_lists, loom_leases_kind),
};
const LoomKind loom_fabric_kind = {
    .element = "fabric",
    .noun = N_("fabric"),
    .size = sizeof(LoomFabric),
    LOOM_ATTRIBUTES(fabric_attributes),
    LOOM_CHILD_KINDS(fabric_children),
};

char *
loom_fabric_default_path(void)
{
    const char *file = LOOM_SYSCONFDIR "/virt-loom/fabric.xml";

    return g_strdup(g_file_test(file, G_FILE_TEST_EXISTS) ? file
                                                          : LOOM_SYSCONFDIR "/virt-loom/fabric.d");
}

char *
loom_fabric_builtin_path(void)
{
    const char *directory = g_getenv("VIRT_LOOM_DATADIR");

    return g_build_filename(directory ? directory : LOOM_PKGDATADIR, "builtin.xml", NULL);
}

static int
path_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The files that PATH means, sorted: itself, or the *.xml of a directory. */
static gboolean
list_files(const char *path, GPtrArray *files, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    g_autoptr(GError) cause = NULL;
    g_autoptr(GDir) directory = NULL;
    const char *name;

    if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_ptr_array_add(files, g_strdup(path));
        return TRUE;
    }
    directory = g_dir_open(path, 0, &cause);
    if (!directory) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("Cannot read directory %s: %s"), path,
                    cause->message);
        return FALSE;
    }
    while ((name = g_dir_read_name(directory)))
        if (g_str_has_suffix(name, ".xml") && name[0] != '.')
            g_ptr_array_add(found, g_build_filename(path, name, NULL));
    g_ptr_array_sort(found, path_compare);
    if (!found->len) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("%s: the directory holds no fabric file (*.xml)"), path);
        return FALSE;
    }
    g_ptr_array_extend_and_steal(files, g_steal_pointer(&found));
    return TRUE;
}

static LoomFabric *
parse_document(const LoomDocument *document, LoomReport *report)
{
    const char *file = g_intern_string(document->file);

    if (!g_str_equal(document->root->name, loom_fabric_kind.element)) {
        LoomSource source = {file, document->root->line};

        loom_report_add(report, LOOM_SEVERITY_ERROR, &source,
                        _("the root element is <%.64s>; a fabric file's is <fabric>"),
                        document->root->name);
        return loom_record_new(&loom_fabric_kind);
    }
    return loom_record_parse(&loom_fabric_kind, document->root, file, report);
}

/* Moves all that OTHER holds into FABRIC. */
static void
merge(LoomFabric *fabric, LoomFabric *other, LoomReport *report)
{
    if (!fabric->name && other->name)
        LOOM_SET(fabric, name, other->name);
    else if (other->name && g_strcmp0(fabric->name, other->name))
        loom_report_add(report, LOOM_SEVERITY_ERROR, &other->record.source,
                        _("fabric '%s' cannot be merged with fabric '%s': one description has one "
                          "name"),
                        other->name, fabric->name);

    for (size_t i = 0; i < loom_fabric_kind.child_count; i++) {
        const LoomChild *child = &loom_fabric_kind.children[i];
        gpointer *to = (gpointer *)((char *)fabric + child->offset);
        gpointer *from = (gpointer *)((char *)other + child->offset);

        if (child->many == LOOM_MANY) {
            GPtrArray *list = *from;

            for (guint k = 0; k < list->len; k++)
                g_ptr_array_add(*to, g_steal_pointer(&list->pdata[k]));
        } else if (*from && *to) {
            loom_report_add(report, LOOM_SEVERITY_ERROR, &((LoomRecord *)*from)->source,
                            _("a second <%s> in the fabric; one is allowed"), child->kind->element);
        } else if (*from) {
            *to = g_steal_pointer(from);
        }
    }
}

static void
add_builtin(LoomFabric *fabric, const LoomFabric *builtin, size_t child_offset)
{
    GPtrArray *from = *(GPtrArray *const *)((const char *)builtin + child_offset);
    GPtrArray *to = *(GPtrArray **)((char *)fabric + child_offset);
    g_autoptr(GHashTable) defined = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < to->len; i++)
        g_hash_table_add(defined, loom_record_key(to->pdata[i]));
    for (guint i = 0; i < from->len; i++) {
        g_autofree char *name = loom_record_key(from->pdata[i]);

        if (!g_hash_table_contains(defined, name))
            g_ptr_array_add(to, g_steal_pointer(&from->pdata[i]));
    }
}

/* Every port profile has its three parts, so that nobody need ask. */
static void
complete_profiles(const LoomFabric *fabric)
{
    for (guint i = 0; i < fabric->port_profiles->len; i++) {
        LoomPortProfile *profile = fabric->port_profiles->pdata[i];

        if (!profile->bandwidth)
            profile->bandwidth = loom_record_new(&loom_bandwidth_kind);
        if (!profile->security)
            profile->security = loom_record_new(&loom_security_kind);
        if (!profile->offload)
            profile->offload = loom_record_new(&loom_offload_kind);
    }
}

/* vmnetwork='same-name': the VM network that comes with a logical network. */
static void
add_same_name_networks(LoomFabric *fabric)
{
    static const char *const isolation_of_type[] = {"none", "vlan", "pvlan"};

    for (guint i = 0; i < fabric->networks->len; i++) {
        const LoomLogicalNetwork *network = fabric->networks->pdata[i];
        LoomVmNetwork *added;

        if (!network->vmnetwork || !network->name)
            continue;
        added = loom_record_new(&loom_vm_network_kind);
        added->record.source = network->record.source;
        LOOM_SET(added, name, network->name);
        LOOM_SET(added, logicalnetwork, network->name);
        LOOM_SET(added, isolation, isolation_of_type[network->type]);
        g_ptr_array_add(fabric->vm_networks, added);
    }
}

static LoomFabric *
finish(LoomFabric *fabric, const char *builtin, LoomLeaseDemand demand, LoomReport *report,
       GError **error)
{
    g_autoptr(LoomFabric) result = fabric;

    if (builtin) {
        g_autoptr(LoomDocument) document = loom_xml_load(builtin, error);
        g_autoptr(LoomFabric) names = NULL;

        if (!document)
            return NULL;
        names = parse_document(document, report);
        add_builtin(fabric, names, offsetof(LoomFabric, port_profiles));
        add_builtin(fabric, names, offsetof(LoomFabric, classifications));
    }
    complete_profiles(fabric);
    add_same_name_networks(fabric);
    if (!fabric->name && fabric->record.source.line) /* else it is no fabric file, as was said */
        loom_report_add(report, LOOM_SEVERITY_ERROR, &fabric->record.source,
                        _("the fabric has no name: no file says <fabric name='...'>"));
    loom_fabric_resolve(fabric, report);
    loom_fabric_validate(fabric, demand, report);
    loom_report_sort(report);
    return g_steal_pointer(&result);
}

static LoomFabric *
load(const char *const *paths, const char *builtin, LoomLeaseDemand demand, LoomReport *report,
     GError **error)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(LoomFabric) fabric = NULL;

    for (size_t i = 0; paths[i]; i++)
        if (!list_files(paths[i], files, error))
            return NULL;
    for (guint i = 0; i < files->len; i++) {
        g_autoptr(LoomDocument) document = loom_xml_load(files->pdata[i], error);
        g_autoptr(LoomFabric) part = NULL;

        if (!document)
            return NULL;
        part = parse_document(document, report);
        if (!fabric)
            fabric = g_steal_pointer(&part);
        else
            merge(fabric, part, report);
    }
    if (!fabric) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND, _("No fabric file was given"));
        return NULL;
    }
    return finish(g_steal_pointer(&fabric), builtin, demand, report, error);
}

LoomFabric *
loom_fabric_load(const char *const *paths, const char *builtin, LoomReport *report, GError **error)
{
    return load(paths, builtin, LOOM_LEASES_REQUIRED, report, error);
}

LoomFabric *
loom_fabric_load_for_leases(const char *const *paths, const char *builtin, LoomReport *report,
                            GError **error)
{
    return load(paths, builtin, LOOM_LEASES_OPTIONAL, report, error);
}

LoomFabric *
loom_fabric_parse(const char *text, size_t length, const char *name, const char *builtin,
                  LoomReport *report, GError **error)
{
    g_autoptr(LoomDocument) document = loom_xml_parse(text, length, name, error);

    if (!document)
        return NULL;
    return finish(parse_document(document, report), builtin, LOOM_LEASES_REQUIRED, report, error);
}

void
loom_fabric_free(LoomFabric *fabric)
{
    if (!fabric)
        return;
    g_clear_pointer(&fabric->leases, g_ptr_array_unref);
    g_clear_pointer(&fabric->pools, g_ptr_array_unref);
    g_clear_pointer(&fabric->index, g_hash_table_unref);
    g_clear_pointer(&fabric->rows, g_hash_table_unref);
    loom_record_free(fabric);
}
