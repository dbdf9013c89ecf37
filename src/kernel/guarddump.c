/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guards of ports in the kernel: read, and what they dropped. */
#include "kernel/guards.h"
#include "kernel/session.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

LoomNetlink *
loom_kernel_open_filter(LoomKernel *kernel, GError **error)
{
    if (!kernel->filter)
        kernel->filter = loom_netlink_open(NETLINK_NETFILTER, error);
    return kernel->filter;
}

gboolean
loom_kernel_fail_filter(LoomKernel *kernel, GError **error, int number, char *what)
{
    loom_netlink_set_error(kernel->filter, error, number, "%s", what);
    g_free(what);
    return FALSE;
}

/* --- reading --------------------------------------------------------------------------------- */

/* Chains by name, and what they are of by device. */
typedef struct {
    GHashTable *chains;  /* LoomGuardChain, owned by its device */
    GHashTable *devices; /* GPtrArray of LoomGuardChain */
} Reading;

static void
reading_init(Reading *reading)
{
    reading->chains = g_hash_table_new(g_str_hash, g_str_equal);
    reading->devices =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
}

static void
reading_clear(Reading *reading)
{
    g_hash_table_unref(reading->chains);
    g_hash_table_unref(reading->devices);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_clear)

/* What somebody else put into our table is of no device, and does nothing where nobody jumps to it.
 */
static void
on_chain(const char *name, const LoomNftHook *hook, gpointer data)
{
    Reading *reading = data;
    g_autofree char *device = loom_guards_find_device(name);
    LoomGuardChain *chain;
    GPtrArray *list;

    if (!device || !loom_guards_has_name(name) || g_hash_table_contains(reading->chains, name))
        return;
    chain = loom_guard_chain_new(name);
    chain->is_odd = loom_guards_is_odd(name, hook);
    list = g_hash_table_lookup(reading->devices, device);
    if (!list) {
        list = g_ptr_array_new_with_free_func((GDestroyNotify)loom_guard_chain_free);
        g_hash_table_insert(reading->devices, g_steal_pointer(&device), list);
    }
    g_ptr_array_add(list, chain);
    g_hash_table_insert(reading->chains, chain->name, chain);
}

static void
on_rule(const char *name, const LoomNftRule *rule, gpointer data)
{
    LoomGuardChain *chain = g_hash_table_lookup(((Reading *)data)->chains, name);

    if (chain)
        g_array_append_val(chain->rules, *rule);
}

/* The chains of all, and the rules of those in ONLY (names of devices; NULL: of all). */
static int
read_all(LoomNetlink *filter, GHashTable *only, Reading *reading)
{
    int number = loom_nft_read_chains(filter, on_chain, reading);
    GHashTableIter iterator;
    gpointer device;

    if (number || !g_hash_table_size(reading->chains))
        return number;
    if (!only)
        return loom_nft_read_rules(filter, NULL, on_rule, reading);
    g_hash_table_iter_init(&iterator, only);
    while (!number && g_hash_table_iter_next(&iterator, &device, NULL)) {
        const GPtrArray *chains = g_hash_table_lookup(reading->devices, device);

        for (guint i = 0; chains && !number && i < chains->len; i++) {
            const LoomGuardChain *chain = chains->pdata[i];

            number = loom_nft_read_rules(filter, chain->name, on_rule, reading);
        }
    }
    return number == ENOENT ? 0 : number; /* it went meanwhile */
}

static void
read_into(const char *device, const GPtrArray *chains, LoomPort *port, LoomHost *into)
{
    LoomPort *own = port ? port : loom_record_new(&loom_port_kind);

    LOOM_SET(own, link, device);
    loom_guards_read(chains, own);
    if (!port && own->record.present & ~G_GUINT64_CONSTANT(1)) /* more than the link's name */
        loom_record_add(into, own);
    else if (!port)
        loom_record_free(own);
}

/* Those of HOST whose guards are to be read: of a narrow look ours, and what its target names. */
static GHashTable *
index_links(const LoomKernel *kernel, const LoomHost *host)
{
    GHashTable *links = g_hash_table_new(g_str_hash, g_str_equal);
    const LoomHost *named = kernel->is_narrow ? kernel->target : NULL;

    for (guint i = 0; i < host->links->len; i++) {
        const LoomLink *link = host->links->pdata[i];

        if (!kernel->is_narrow || link->ours)
            g_hash_table_add(links, link->name);
    }
    for (guint i = 0; named && i < named->links->len; i++)
        g_hash_table_add(links, ((LoomLink *)named->links->pdata[i])->name);
    return links;
}

static GHashTable *
index_ports(const LoomHost *host)
{
    GHashTable *ports = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < host->ports->len; i++) {
        LoomPort *port = host->ports->pdata[i];

        if (port->link)
            g_hash_table_insert(ports, port->link, port);
    }
    return ports;
}

static void
remember_chained(LoomKernel *kernel, GHashTable *devices)
{
    GHashTableIter iterator;
    gpointer device;

    g_clear_pointer(&kernel->chained, g_hash_table_unref);
    kernel->chained = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_iter_init(&iterator, devices);
    while (g_hash_table_iter_next(&iterator, &device, NULL))
        g_hash_table_add(kernel->chained, g_strdup(device));
}

gboolean
loom_kernel_read_guards(LoomKernel *kernel, LoomHost *host, GError **error)
{
    g_auto(Reading) reading = {0};
    g_autoptr(GHashTable) links = NULL, ports = NULL;
    GHashTableIter iterator;
    gpointer device, chains;
    int number;

    reading_init(&reading);
    if (!loom_kernel_open_filter(kernel, error))
        return FALSE;
    links = index_links(kernel, host);
    number = read_all(kernel->filter, kernel->is_narrow ? links : NULL, &reading);
    if (number == EOPNOTSUPP || number == EINVAL) /* this kernel has no nftables: no guards */
        return TRUE;
    if (number)
        return loom_kernel_fail_filter(kernel, error, number,
                                       g_strdup(_("Cannot read the guards of ports")));
    remember_chained(kernel, reading.devices);
    ports = index_ports(host);
    g_hash_table_iter_init(&iterator, reading.devices);
    while (g_hash_table_iter_next(&iterator, &device, &chains))
        if (g_hash_table_contains(links, device))
            read_into(device, chains, g_hash_table_lookup(ports, device), host);
    return TRUE;
}

/* The chains that DEVICE may have, and their rules, without a look at others'. */
static int
read_device(LoomNetlink *filter, const char *device, Reading *reading)
{
    for (int i = -1; i < 0 || loom_guard_lists[i]; i++) {
        g_autofree char *name = g_strconcat(LOOM_GUARD_PREFIX, device, i < 0 ? NULL : "/",
                                            i < 0 ? NULL : loom_guard_lists[i], NULL);
        LoomNftHook hook;
        int number = loom_nft_find_chain(filter, name, &hook);

        if (number == ENOENT && i < 0)
            return 0; /* of a device that came again there may be others left: no guards */
        if (number == ENOENT)
            continue;
        if (!number)
            on_chain(name, &hook, reading);
        if (!number)
            number = loom_nft_read_rules(filter, name, on_rule, reading);
        if (number)
            return number;
    }
    return 0;
}

gboolean
loom_kernel_find_guards(LoomKernel *kernel, const char *link, LoomHost *into, GError **error)
{
    g_auto(Reading) reading = {0};
    GPtrArray *chains;
    int number;

    reading_init(&reading);
    if (!loom_kernel_open_filter(kernel, error))
        return FALSE;
    number = read_device(kernel->filter, link, &reading);
    if (number)
        return loom_kernel_fail_filter(
            kernel, error, number, g_strdup_printf(_("Cannot read the guards of port '%s'"), link));
    chains = g_hash_table_lookup(reading.devices, link);
    if (chains) {
        g_autoptr(GHashTable) ports = index_ports(into);

        read_into(link, chains, g_hash_table_lookup(ports, link), into);
    }
    return TRUE;
}

/* --- what they dropped ------------------------------------------------------------------------ */

/* The guard that a rule is of: the first word of what it is for. */
static void
add_drops(GHashTable *drops, const LoomNftRule *rule)
{
    char *guard = g_strndup(rule->purpose, strcspn(rule->purpose, " "));
    guint64 *count = g_hash_table_lookup(drops, guard);

    if (!count) {
        count = g_new0(guint64, 1);
        g_hash_table_insert(drops, g_strdup(guard), count);
    }
    *count += rule->packets;
    g_free(guard);
}

/* Of all of a device's CHAINS, which may be NULL. */
static GHashTable *
count_drops(const GPtrArray *chains)
{
    GHashTable *drops = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    for (guint i = 0; chains && i < chains->len; i++) {
        const GArray *rules = ((const LoomGuardChain *)chains->pdata[i])->rules;

        for (guint k = 0; k < rules->len; k++)
            if (g_array_index(rules, LoomNftRule, k).verdict == LOOM_NFT_DROP)
                add_drops(drops, &g_array_index(rules, LoomNftRule, k));
    }
    return drops;
}

GHashTable *
loom_kernel_read_drops(LoomBackend *backend, const char *link, GError **error)
{
    LoomKernel *kernel = (LoomKernel *)backend;
    g_auto(Reading) reading = {0};
    int number;

    reading_init(&reading);
    if (!loom_kernel_open_filter(kernel, error))
        return NULL;
    number = read_device(kernel->filter, link, &reading);
    if (!number)
        return count_drops(g_hash_table_lookup(reading.devices, link));
    loom_kernel_fail_filter(kernel, error, number,
                            g_strdup_printf(_("Cannot read the guards of port '%s'"), link));
    return NULL;
}

GHashTable *
loom_kernel_read_all_drops(LoomBackend *backend, GError **error)
{
    LoomKernel *kernel = (LoomKernel *)backend;
    g_autoptr(GHashTable) ports =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
    g_auto(Reading) reading = {0};
    GHashTableIter iterator;
    gpointer device, chains;
    int number;

    reading_init(&reading);
    if (!loom_kernel_open_filter(kernel, error))
        return NULL;
    number = read_all(kernel->filter, NULL, &reading);
    if (number && number != EOPNOTSUPP && number != EINVAL) { /* these: no nftables, no guards */
        loom_kernel_fail_filter(kernel, error, number,
                                g_strdup(_("Cannot read the guards of ports")));
        return NULL;
    }
    g_hash_table_iter_init(&iterator, reading.devices);
    while (g_hash_table_iter_next(&iterator, &device, &chains))
        g_hash_table_insert(ports, g_strdup(device), count_drops(chains));
    return g_steal_pointer(&ports);
}
