/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guards of ports in the kernel: read and written. */
#include "kernel/guards.h"
#include "kernel/session.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <string.h>

LoomNetlink *
loom_kernel_open_filter(LoomKernel *kernel, GError **error)
{
    if (!kernel->filter)
        kernel->filter = loom_netlink_open(NETLINK_NETFILTER, error);
    return kernel->filter;
}

/* WHAT is a whole sentence, owned here. */
static gboolean
fail(LoomKernel *kernel, GError **error, int number, char *what)
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

static int
read_all(LoomNetlink *filter, Reading *reading)
{
    int number = loom_nft_read_chains(filter, on_chain, reading);

    if (!number && g_hash_table_size(reading->chains))
        number = loom_nft_read_rules(filter, NULL, on_rule, reading);
    return number;
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

static GHashTable *
index_links(const LoomHost *host)
{
    GHashTable *links = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < host->links->len; i++)
        g_hash_table_add(links, ((LoomLink *)host->links->pdata[i])->name);
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
    number = read_all(kernel->filter, &reading);
    if (number == EOPNOTSUPP || number == EINVAL) /* this kernel has no nftables: no guards */
        return TRUE;
    if (number)
        return fail(kernel, error, number, g_strdup(_("Cannot read the guards of ports")));
    remember_chained(kernel, reading.devices);
    links = index_links(host);
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
        int number;

        if (!loom_nft_find_chain(filter, name, &hook)) {
            if (i < 0)
                return 0; /* of a device that came again there may be others left: no guards */
            continue;
        }
        on_chain(name, &hook, reading);
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
        return fail(kernel, error, number,
                    g_strdup_printf(_("Cannot read the guards of port '%s'"), link));
    chains = g_hash_table_lookup(reading.devices, link);
    if (chains) {
        g_autoptr(GHashTable) ports = index_ports(into);

        read_into(link, chains, g_hash_table_lookup(ports, link), into);
    }
    return TRUE;
}

/* --- writing --------------------------------------------------------------------------------- */

/* All of the device's chains that are there and KEPT (NULL: none) has not; base chain first. */
static void
delete_others(LoomNetlink *filter, const char *device, const GPtrArray *kept, GPtrArray *batch)
{
    for (int i = -1; i < 0 || loom_guard_lists[i]; i++) {
        g_autofree char *name = g_strconcat(LOOM_GUARD_PREFIX, device, i < 0 ? NULL : "/",
                                            i < 0 ? NULL : loom_guard_lists[i], NULL);
        gboolean is_kept = FALSE;

        for (guint k = 0; kept && k < kept->len; k++)
            is_kept |= g_str_equal(((const LoomGuardChain *)kept->pdata[k])->name, name);
        if (!is_kept && loom_nft_find_chain(filter, name, NULL))
            loom_nft_delete_chain(batch, name);
    }
}

/* Chains are there before rules that jump to them. */
static void
put_guards(const LoomPort *port, const GPtrArray *chains, GPtrArray *batch)
{
    for (guint i = 0; i < chains->len; i++) {
        const LoomGuardChain *chain = chains->pdata[i];

        loom_nft_put_chain(batch, chain->name, chain->is_base ? port->link : NULL);
    }
    for (guint i = 0; i < chains->len; i++) {
        const LoomGuardChain *chain = chains->pdata[i];

        for (guint k = 0; k < chain->rules->len; k++)
            loom_nft_put_rule(batch, chain->name, &g_array_index(chain->rules, LoomNftRule, k));
    }
}

/* Those of CHAINS that are there, but not where they should be. */
static void
delete_odd(LoomNetlink *filter, const GPtrArray *chains, GPtrArray *batch)
{
    for (guint i = 0; i < chains->len; i++) {
        const char *name = ((const LoomGuardChain *)chains->pdata[i])->name;
        LoomNftHook hook;

        if (loom_nft_find_chain(filter, name, &hook) && loom_guards_is_odd(name, &hook))
            loom_nft_delete_chain(batch, name);
    }
}

void
loom_kernel_note_made(LoomKernel *kernel, const char *link)
{
    if (kernel->chained && !g_hash_table_contains(kernel->chained, link))
        g_hash_table_add(kernel->unguarded, g_strdup(link));
}

static void
put_port(LoomKernel *kernel, const LoomPort *port, GPtrArray *batch)
{
    g_autoptr(GPtrArray) chains = loom_guards_of(port);
    gboolean has_none = g_hash_table_remove(kernel->unguarded, port->link);

    if (!has_none)
        delete_odd(kernel->filter, chains, batch);
    put_guards(port, chains, batch);
    if (!has_none)
        delete_others(kernel->filter, port->link, chains, batch);
}

/* Whose message is at PLACE; ENDS are where each port's messages end. NULL: all of them. */
static const LoomPort *
find_refused(const GPtrArray *ports, const guint *ends, guint place)
{
    for (guint i = 0; i < ports->len; i++)
        if (place < ends[i])
            return ports->pdata[i];
    return ports->len == 1 ? ports->pdata[0] : NULL;
}

static gboolean
write_guards(LoomKernel *kernel, const GPtrArray *ports, GError **error)
{
    g_autoptr(GPtrArray) batch = loom_nft_batch_new();
    g_autofree guint *ends = g_new0(guint, ports->len);
    const LoomPort *refused;
    guint place = 0;
    int number;

    if (!loom_kernel_open_filter(kernel, error))
        return FALSE;
    for (guint i = 0; i < ports->len; i++) {
        put_port(kernel, ports->pdata[i], batch);
        ends[i] = batch->len;
    }
    number = loom_nft_run(kernel->filter, batch, &place);
    if (!number)
        return TRUE;
    refused = find_refused(ports, ends, place);
    return fail(
        kernel, error, number,
        refused ? g_strdup_printf(_("The kernel refused the guards of port '%s'"), refused->link)
                : g_strdup(_("The kernel refused the guards of ports")));
}

static char *
describe(const LoomPort *port)
{
    g_autoptr(GString) text = g_string_new(NULL);

    loom_record_format(port, 0, text);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

gboolean
loom_kernel_set_all_guards(LoomBackend *backend, const GPtrArray *ports, GError **error)
{
    LoomKernel *kernel = (LoomKernel *)backend;

    if (!write_guards(kernel, ports, error))
        return FALSE;
    for (guint i = 0; i < ports->len; i++) {
        const LoomPort *port = ports->pdata[i];

        g_hash_table_insert(kernel->guarded, g_strdup(port->link), describe(port));
    }
    return TRUE;
}

/*
 * A transaction costs the more, the more chains there are already: so that PORT's takes along the
 * ports that come later, of links that were made meanwhile. What is told apart by asking is not
 * worth it.
 */
static void
add_expected(LoomKernel *kernel, const LoomPort *port, GPtrArray *ports)
{
    if (!kernel->expected || !g_hash_table_contains(kernel->unguarded, port->link))
        return;
    for (guint i = 0; i < kernel->expected->len; i++) {
        const LoomStep *step = kernel->expected->pdata[i];
        const LoomPort *later = (const LoomPort *)step->to;

        if (step->kind == &loom_port_kind && later && later != port && later->link &&
            g_hash_table_contains(kernel->unguarded, later->link))
            g_ptr_array_add(ports, (gpointer)later);
    }
}

/* Whether they were set together with others', just so; asked once. */
static gboolean
take_guarded(LoomKernel *kernel, const LoomPort *port)
{
    const char *is = g_hash_table_lookup(kernel->guarded, port->link);
    g_autofree char *wanted = is ? describe(port) : NULL;
    gboolean is_so = is && g_str_equal(is, wanted);

    g_hash_table_remove(kernel->guarded, port->link);
    return is_so;
}

gboolean
loom_kernel_set_guards(LoomKernel *kernel, const LoomPort *port, GError **error)
{
    g_autoptr(GPtrArray) ports = g_ptr_array_new();

    if (take_guarded(kernel, port))
        return TRUE;
    g_ptr_array_add(ports, (gpointer)port);
    add_expected(kernel, port, ports);
    if (ports->len > 1) {
        if (loom_kernel_set_all_guards(&kernel->backend, ports, NULL)) {
            g_hash_table_remove(kernel->guarded, port->link);
            return TRUE;
        }
        g_ptr_array_set_size(ports, 1); /* each then tells for itself */
    }
    return write_guards(kernel, ports, error);
}

gboolean
loom_kernel_remove_guards(LoomKernel *kernel, const GPtrArray *links, GError **error)
{
    g_autoptr(GPtrArray) batch = loom_nft_batch_new();
    guint refused;
    int number;

    if (!loom_kernel_open_filter(kernel, error))
        return FALSE;
    for (guint i = 0; i < links->len; i++) {
        delete_others(kernel->filter, links->pdata[i], NULL, batch);
        g_hash_table_remove(kernel->guarded, links->pdata[i]);
    }
    if (!batch->len)
        return TRUE;
    number = loom_nft_run(kernel->filter, batch, &refused);
    if (!number)
        number = loom_nft_delete_bare_table(kernel->filter);
    return !number ||
           fail(kernel, error, number,
                links->len == 1
                    ? g_strdup_printf(_("The kernel refused to take away the guards of port '%s'"),
                                      (const char *)links->pdata[0])
                    : g_strdup(_("The kernel refused to take away the guards of ports")));
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
    fail(kernel, error, number, g_strdup_printf(_("Cannot read the guards of port '%s'"), link));
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
    number = read_all(kernel->filter, &reading);
    if (number && number != EOPNOTSUPP && number != EINVAL) { /* these: no nftables, no guards */
        fail(kernel, error, number, g_strdup(_("Cannot read the guards of ports")));
        return NULL;
    }
    g_hash_table_iter_init(&iterator, reading.devices);
    while (g_hash_table_iter_next(&iterator, &device, &chains))
        g_hash_table_insert(ports, g_strdup(device), count_drops(chains));
    return g_steal_pointer(&ports);
}
