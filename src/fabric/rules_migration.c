/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of migration: each host has one address on the networks that carry its guests. */
#include "base/i18n.h"
#include "fabric/rules.h"

#include <inttypes.h>

/* What a host has on one VM network. */
typedef struct {
    GPtrArray *all; /* of LoomVnic, in the fabric's order */
} Vnics;

static void
vnics_free(gpointer data)
{
    Vnics *vnics = data;

    g_ptr_array_unref(vnics->all);
    g_free(vnics);
}

/* LoomVmNetwork -> Vnics */
static GHashTable *
list_vnics(const LoomFabricHost *host)
{
    GHashTable *table = g_hash_table_new_full(NULL, NULL, NULL, vnics_free);

    for (guint i = 0; i < host->switches->len; i++) {
        g_autoptr(GPtrArray) vnics = loom_host_switch_list_vnics(host->switches->pdata[i]);

        for (guint k = 0; k < vnics->len; k++) {
            LoomVnic *vnic = vnics->pdata[k];
            Vnics *there = vnic->network ? g_hash_table_lookup(table, vnic->network) : NULL;

            if (!vnic->network)
                continue;
            if (!there) {
                there = g_new0(Vnics, 1);
                there->all = g_ptr_array_new();
                g_hash_table_insert(table, vnic->network, there);
            }
            g_ptr_array_add(there->all, vnic);
        }
    }
    return table;
}

/* What all hosts together have shown. */
typedef struct {
    const LoomRules *rules;
    GHashTable
        *served;      /* LoomMigrationNetwork, or LoomMigration: its fallback; some host is there */
    GHashTable *said; /* what was said once already */
} Survey;

static gboolean
has_address(const LoomVnic *vnic)
{
    return vnic->addresses->len || vnic->inherit || (vnic->ip6 && vnic->ip6->automatic);
}

static void
check_address(const Survey *survey, const LoomVnic *vnic)
{
    if (!has_address(vnic) && g_hash_table_add(survey->said, (gpointer)vnic))
        LOOM_RULE_WARNING(survey->rules, vnic,
                          _("host vNIC '%s' is on VM network '%s', which carries migrations, and "
                            "has no address for them"),
                          loom_rules_name(vnic->name), vnic->network->name);
}

/* The vNIC of that name, or for NULL the only one; NULL: there is none, or several. */
static const LoomVnic *
choose_vnic(const Vnics *vnics, const char *name)
{
    for (guint i = 0; vnics && name && i < vnics->all->len; i++) {
        const LoomVnic *vnic = vnics->all->pdata[i];

        if (g_strcmp0(vnic->name, name) == 0)
            return vnic;
    }
    return vnics && !name && vnics->all->len == 1 ? vnics->all->pdata[0] : NULL;
}

static gboolean
is_ambiguous(const Survey *survey, const Vnics *vnics, const char *name, gconstpointer about)
{
    return vnics && !name && vnics->all->len > 1 && g_hash_table_add(survey->said, (gpointer)about);
}

static const char *
name_of(const Vnics *vnics, guint index)
{
    return loom_rules_name(((const LoomVnic *)vnics->all->pdata[index])->name);
}

/* Whether the host has a vNIC on the network, with what is wrong with it. */
static gboolean
check_network(const Survey *survey, const LoomFabricHost *host, GHashTable *table,
              const LoomMigrationNetwork *network)
{
    const Vnics *vnics = network->network ? g_hash_table_lookup(table, network->network) : NULL;
    const LoomVnic *chosen = choose_vnic(vnics, network->vnic);

    if (is_ambiguous(survey, vnics, network->vnic, network))
        LOOM_RULE_ERROR(survey->rules, network,
                        _("host '%s' has host vNICs '%s' and '%s' on VM network '%s'; say by "
                          "vnic= which of them carries migrations"),
                        loom_rules_name(host->name), name_of(vnics, 0), name_of(vnics, 1),
                        network->ref);
    if (chosen)
        check_address(survey, chosen);
    if (chosen || (vnics && !network->vnic))
        g_hash_table_add(survey->served, (gpointer)network);
    return chosen || (vnics && !network->vnic);
}

static gboolean
check_fallback(const Survey *survey, const LoomFabricHost *host, GHashTable *table,
               const LoomMigration *migration)
{
    const Vnics *vnics = migration->fallback_network
                             ? g_hash_table_lookup(table, migration->fallback_network)
                             : NULL;

    if (is_ambiguous(survey, vnics, NULL, migration))
        LOOM_RULE_ERROR(survey->rules, migration,
                        _("host '%s' has host vNICs '%s' and '%s' on VM network '%s', and the "
                          "fallback of <migration> is where each host has one"),
                        loom_rules_name(host->name), name_of(vnics, 0), name_of(vnics, 1),
                        migration->fallback);
    if (vnics)
        g_hash_table_add(survey->served, (gpointer)migration);
    return vnics != NULL;
}

/* Without <network>: those of the vNICs with the role. */
static gboolean
check_default(const Survey *survey, const LoomFabricHost *host, GHashTable *table)
{
    GHashTableIter iterator;
    gpointer value;
    gboolean found = FALSE;

    g_hash_table_iter_init(&iterator, table);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const LoomVnic *first = NULL;

        for (guint i = 0; i < ((Vnics *)value)->all->len; i++) {
            const LoomVnic *vnic = ((Vnics *)value)->all->pdata[i];

            if (vnic->role != LOOM_ROLE_MIGRATION)
                continue;
            if (first && g_hash_table_add(survey->said, (gpointer)vnic))
                LOOM_RULE_WARNING(survey->rules, vnic,
                                  _("host '%s' has host vNICs '%s' and '%s' with the role "
                                    "migration on VM network '%s'; the first carries migrations "
                                    "where <migration> does not name one"),
                                  loom_rules_name(host->name), loom_rules_name(first->name),
                                  loom_rules_name(vnic->name), vnic->network->name);
            if (!first)
                check_address(survey, first = vnic);
            found = TRUE;
        }
    }
    return found;
}

static void
check_host(const Survey *survey, const LoomFabricHost *host)
{
    const LoomMigration *migration = loom_fabric_find_migration(survey->rules->fabric, host->group);
    g_autoptr(GHashTable) table = list_vnics(host);
    gboolean reached = FALSE, wanted = migration && migration->fallback_network;

    for (guint i = 0; migration && i < migration->networks->len; i++) {
        const LoomMigrationNetwork *network = migration->networks->pdata[i];

        wanted |= network->network != NULL;
        reached |= check_network(survey, host, table, network);
    }
    if (!migration || !migration->networks->len)
        reached |= check_default(survey, host, table);
    if (migration)
        reached |= check_fallback(survey, host, table, migration);
    if (wanted && !reached)
        LOOM_RULE_WARNING(survey->rules, host,
                          _("host '%s' has no vNIC on any VM network that <migration> names: no "
                            "guest moves to it"),
                          loom_rules_name(host->name));
}

/* --- what one element says -------------------------------------------------------------------- */

/* What QEMU refuses together: the guest would stay, with an error that says less. */
static void
check_ways(const LoomRules *rules, const LoomMigration *migration)
{
    const char *word = loom_compression_words[migration->compression];
    const gboolean is_parallel = migration->parallel > 1;

    if (migration->compression == LOOM_COMPRESSION_XBZRLE && is_parallel)
        LOOM_RULE_ERROR(rules, migration,
                        _("<migration> has compression='%s' and parallel='%" PRIu64
                          "': that compression is of one connection; zlib and zstd are of several"),
                        word, migration->parallel);
    if (migration->compression > LOOM_COMPRESSION_XBZRLE && !is_parallel)
        LOOM_RULE_ERROR(rules, migration,
                        _("<migration> has compression='%s', which is of parallel connections; "
                          "give parallel='2' or more"),
                        word);
    if (migration->postcopy && is_parallel)
        LOOM_RULE_ERROR(rules, migration,
                        _("<migration> has postcopy='yes' and parallel='%" PRIu64
                          "', which QEMU does not do together"),
                        migration->parallel);
}

static void
check_names(const LoomRules *rules, const LoomMigration *migration)
{
    g_autoptr(GHashTable) once = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < migration->networks->len; i++) {
        const LoomMigrationNetwork *network = migration->networks->pdata[i];

        if (network->network && !g_hash_table_add(once, network->network))
            LOOM_RULE_ERROR(rules, network, _("<migration> names VM network '%s' twice"),
                            network->ref);
    }
    if (migration->fallback_network && g_hash_table_contains(once, migration->fallback_network))
        LOOM_RULE_ERROR(rules, migration,
                        _("<migration> has VM network '%s' as its fallback and among its networks"),
                        migration->fallback);
}

/* One for a host group, and one for all others. */
static void
check_second(const LoomRules *rules, const LoomMigration *migration, GHashTable *groups)
{
    const LoomMigration *first = g_hash_table_lookup(groups, migration->group);

    if (migration->hostgroup && !migration->group)
        return; /* unknown, as was said */
    if (!first)
        g_hash_table_insert(groups, migration->group, (gpointer)migration);
    else if (migration->hostgroup)
        LOOM_RULE_ERROR(rules, migration,
                        _("a second <migration> for host group '%s'; first at %s:%u"),
                        migration->hostgroup, first->record.source.file, first->record.source.line);
    else
        LOOM_RULE_ERROR(rules, migration,
                        _("a second <migration> without hostgroup=; first at %s:%u"),
                        first->record.source.file, first->record.source.line);
}

static void
check_served(const Survey *survey, const LoomMigration *migration)
{
    for (guint i = 0; i < migration->networks->len; i++) {
        const LoomMigrationNetwork *network = migration->networks->pdata[i];

        if (!network->network || g_hash_table_contains(survey->served, network))
            continue;
        if (network->vnic)
            LOOM_RULE_WARNING(survey->rules, network,
                              _("<network> names host vNIC '%s' on VM network '%s', which no host "
                                "that it is for has"),
                              network->vnic, network->ref);
        else
            LOOM_RULE_WARNING(survey->rules, network,
                              _("<network> names VM network '%s', on which no host that it is for "
                                "has a vNIC"),
                              network->ref);
    }
    if (migration->fallback_network && !g_hash_table_contains(survey->served, migration))
        LOOM_RULE_WARNING(survey->rules, migration,
                          _("<migration> has the fallback '%s', a VM network on which no host "
                            "that it is for has a vNIC"),
                          migration->fallback);
}

void
loom_rules_check_migration(const LoomRules *rules)
{
    const LoomFabric *fabric = rules->fabric;
    g_autoptr(GHashTable) served = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) said = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) groups = g_hash_table_new(NULL, NULL);
    const Survey survey = {rules, served, said};

    for (guint i = 0; i < fabric->migrations->len; i++) {
        check_second(rules, fabric->migrations->pdata[i], groups);
        check_names(rules, fabric->migrations->pdata[i]);
        check_ways(rules, fabric->migrations->pdata[i]);
    }
    for (guint i = 0; i < fabric->hosts->len; i++)
        check_host(&survey, fabric->hosts->pdata[i]);
    for (guint i = 0; i < fabric->migrations->len; i++)
        check_served(&survey, fabric->migrations->pdata[i]);
}
