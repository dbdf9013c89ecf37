/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Migration networks, in terms of a host's own links and addresses. */
#include "compile/compiler.h"

/* A host vNIC on the VM network, of that name (NULL: any). */
static const LoomLink *
find_vnic(const LoomCompiler *compiler, const char *network, const char *name)
{
    for (guint i = 0; i < compiler->result->links->len; i++) {
        const LoomLink *link = compiler->result->links->pdata[i];

        if (g_strcmp0(link->vmnetwork, network) == 0 && (!name || g_str_equal(link->name, name)))
            return link;
    }
    return NULL;
}

static const char *
first_address(const LoomCompiler *compiler, const char *link)
{
    for (guint i = 0; i < compiler->result->addresses->len; i++) {
        const LoomAddress *address = compiler->result->addresses->pdata[i];

        if (g_str_equal(address->link, link))
            return address->address;
    }
    return NULL;
}

static void
set_ways(LoomMigrationPath *path, const LoomMigration *rules)
{
    LOOM_SET_NUMBER(path, concurrent, rules->concurrent);
    LOOM_SET_NUMBER(path, parallel, rules->parallel);
    if (rules->max)
        LOOM_SET_NUMBER(path, max, rules->max);
    if (rules->tls)
        LOOM_SET_NUMBER(path, tls, TRUE);
    if (rules->postcopy)
        LOOM_SET_NUMBER(path, postcopy, TRUE);
    if (rules->compression != LOOM_COMPRESSION_NONE)
        LOOM_SET(path, compression, loom_compression_words[rules->compression]);
}

/* LINK NULL: this host has no vNIC there, and the next network serves it. */
static void
add_path(const LoomCompiler *compiler, const LoomMigration *rules, const LoomLink *link,
         gboolean fallback)
{
    LoomMigrationPath *path;

    if (!link || loom_host_find(compiler->result, &loom_migration_path_kind, link->vmnetwork))
        return;
    path = loom_record_new(&loom_migration_path_kind);
    LOOM_SET(path, network, link->vmnetwork);
    LOOM_SET(path, link, link->name);
    LOOM_SET(path, address, first_address(compiler, link->name));
    LOOM_SET_NUMBER(path, order, compiler->result->migrations->len);
    LOOM_SET_NUMBER(path, fallback, fallback);
    if (rules)
        set_ways(path, rules);
    loom_record_add(compiler->result, path);
}

static void
add_setting(const LoomCompiler *compiler, const char *name, const char *value)
{
    LoomQemuSetting *setting = loom_record_new(&loom_qemu_setting_kind);

    LOOM_SET(setting, name, name);
    LOOM_SET(setting, value, value);
    LOOM_SET_NUMBER(setting, ours, TRUE);
    loom_record_add(compiler->result, setting);
}

/* What tools that say nothing of the way get: the first network with an address, and no fallback.
 */
static void
compile_settings(const LoomCompiler *compiler)
{
    for (guint i = 0; i < compiler->result->migrations->len; i++) {
        const LoomMigrationPath *path = compiler->result->migrations->pdata[i];

        if (path->fallback || !path->address)
            continue;
        add_setting(compiler, "migration_address", path->address);
        add_setting(compiler, "migration_host", path->address);
        return;
    }
}

void
loom_compile_migrations(const LoomCompiler *compiler)
{
    const LoomMigration *rules =
        loom_fabric_find_migration(compiler->fabric, compiler->host->group);

    for (guint i = 0; rules && i < rules->networks->len; i++) {
        const LoomMigrationNetwork *network = rules->networks->pdata[i];

        add_path(compiler, rules, find_vnic(compiler, network->ref, network->vnic), FALSE);
    }
    for (guint i = 0; (!rules || !rules->networks->len) && i < compiler->result->links->len; i++) {
        const LoomLink *link = compiler->result->links->pdata[i];

        if (g_strcmp0(link->role, "migration") == 0)
            add_path(compiler, rules, link, FALSE);
    }
    if (rules && rules->fallback)
        add_path(compiler, rules, find_vnic(compiler, rules->fallback, NULL), TRUE);
    if (rules && rules->qemuconf)
        compile_settings(compiler);
}
