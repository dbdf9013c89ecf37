/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Migration networks, in terms of a host's own links and addresses. */
#include "compile/compiler.h"

static const LoomLink *
find_vnic(const LoomCompiler *compiler, gboolean (*matches)(const LoomLink *, gconstpointer),
          gconstpointer wanted)
{
    for (guint i = 0; i < compiler->result->links->len; i++) {
        const LoomLink *link = compiler->result->links->pdata[i];

        if (matches(link, wanted))
            return link;
    }
    return NULL;
}

static gboolean
is_on_network(const LoomLink *link, gconstpointer network)
{
    return g_strcmp0(link->vmnetwork, network) == 0;
}

static gboolean
has_role(const LoomLink *link, gconstpointer role)
{
    return g_strcmp0(link->role, role) == 0;
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
add_path(const LoomCompiler *compiler, const char *network, gboolean fallback)
{
    const LoomMigration *rules = compiler->fabric->migration;
    const LoomLink *link = find_vnic(compiler, is_on_network, network);
    LoomMigrationPath *path;

    if (!link || loom_host_find(compiler->result, &loom_migration_path_kind, network))
        return; /* this host has no vNIC there: the next network serves it */
    path = loom_record_new(&loom_migration_path_kind);
    LOOM_SET(path, network, network);
    LOOM_SET(path, link, link->name);
    LOOM_SET(path, address, first_address(compiler, link->name));
    LOOM_SET_NUMBER(path, order, compiler->result->migrations->len);
    LOOM_SET_NUMBER(path, fallback, fallback);
    if (rules) {
        LOOM_SET_NUMBER(path, concurrent, rules->concurrent);
        LOOM_SET_NUMBER(path, parallel, rules->parallel);
        if (rules->max)
            LOOM_SET_NUMBER(path, max, rules->max);
    }
    loom_record_add(compiler->result, path);
}

void
loom_compile_migrations(const LoomCompiler *compiler)
{
    const LoomMigration *rules = compiler->fabric->migration;

    for (guint i = 0; rules && i < rules->networks->len; i++)
        add_path(compiler, ((LoomMigrationNetwork *)rules->networks->pdata[i])->ref, FALSE);
    if (!rules || !rules->networks->len) {
        const LoomLink *link = find_vnic(compiler, has_role, "migration");

        if (link)
            add_path(compiler, link->vmnetwork, FALSE);
    }
    if (rules && rules->fallback)
        add_path(compiler, rules->fallback, TRUE);
}
