/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the fabric to one host. */
#include "compile/compile.h"

#include "base/error.h"
#include "base/i18n.h"
#include "compile/compiler.h"

static void
compile_switch(const LoomCompiler *compiler, const LoomHostSwitch *host_switch)
{
    LoomCompiledSwitch compiled = {
        .host_switch = host_switch,
        .nics = g_ptr_array_new_with_free_func(g_free),
    };

    loom_compile_nics(compiler, &compiled);
    loom_compile_links(compiler, &compiled);
    loom_compile_vnics(compiler, &compiled);
    loom_compile_classes(compiler, &compiled);
    g_ptr_array_unref(compiled.nics);
    g_free(compiled.uplink);
}

/* Of sorted content, so that the order in which somebody wrote it does not count. */
static void
set_hashes(LoomHost *host)
{
    loom_host_sort(host);
    for (guint i = 0; i < host->networks->len; i++) {
        LoomNetwork *network = host->networks->pdata[i];
        g_autofree char *hash = loom_record_digest(network);

        LOOM_SET(network, hash, hash);
    }
}

LoomHost *
loom_compile(const LoomFabric *fabric, const char *name, const LoomHost *facts,
             const LoomHost *committed, LoomReport *report, GError **error)
{
    const LoomFabricHost *host = loom_fabric_find(fabric, &loom_fabric_host_kind, name);
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(LoomHost) result = NULL;

    if (!host) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("Fabric '%s' has no host '%s'; name one with --host (virt-loom show hosts "
                      "lists them)"),
                    fabric->name, name);
        return NULL;
    }
    result = loom_host_new();
    LOOM_SET(result, name, host->name);
    LOOM_SET(result, fabric, fabric->name);
    LOOM_SET(result, hostgroup, host->hostgroup);
    LOOM_SET(result, libvirt, facts ? facts->libvirt : NULL);

    const LoomCompiler compiler = {
        .fabric = fabric,
        .host = host,
        .facts = facts,
        .committed = committed && g_str_equal(committed->name, host->name) ? committed : NULL,
        .report = report,
        .result = result,
        .taken = taken,
    };
    for (guint i = 0; i < host->switches->len; i++)
        compile_switch(&compiler, host->switches->pdata[i]);
    loom_compile_networks(&compiler);
    loom_compile_migrations(&compiler);
    loom_compile_probes(&compiler);
    set_hashes(result);
    loom_report_sort(report);
    return g_steal_pointer(&result);
}
