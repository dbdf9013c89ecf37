/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guards of ports in the kernel: written. */
#include "kernel/guards.h"
#include "kernel/session.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <string.h>

/* --- writing --------------------------------------------------------------------------------- */

/* Deletes CHAIN if it is there; with IS_ODD, if it is there, but not where it should be. 0 or an
 * errno: an answer that did not come is no chain that is not there. */
static int
delete_found(LoomNetlink *filter, const char *chain, gboolean is_odd, GPtrArray *batch)
{
    LoomNftHook hook;
    int number = loom_nft_find_chain(filter, chain, &hook);

    if (number)
        return number == ENOENT ? 0 : number;
    if (!is_odd || loom_guards_is_odd(chain, &hook))
        loom_nft_delete_chain(batch, chain);
    return 0;
}

/* All of the device's chains that are there and KEPT (NULL: none) has not; base chain first. */
static int
delete_others(LoomNetlink *filter, const char *device, const GPtrArray *kept, GPtrArray *batch)
{
    int number = 0;

    for (int i = -1; !number && (i < 0 || loom_guard_lists[i]); i++) {
        g_autofree char *name = g_strconcat(LOOM_GUARD_PREFIX, device, i < 0 ? NULL : "/",
                                            i < 0 ? NULL : loom_guard_lists[i], NULL);
        gboolean is_kept = FALSE;

        for (guint k = 0; kept && k < kept->len; k++)
            is_kept |= g_str_equal(((const LoomGuardChain *)kept->pdata[k])->name, name);
        if (!is_kept)
            number = delete_found(filter, name, FALSE, batch);
    }
    return number;
}

/* Chains are there before rules that jump to them. */
static void
put_guards(const GPtrArray *chains, GPtrArray *batch)
{
    for (guint i = 0; i < chains->len; i++) {
        const LoomGuardChain *chain = chains->pdata[i];

        loom_nft_put_chain(batch, chain->name, &chain->hook);
    }
    for (guint i = 0; i < chains->len; i++) {
        const LoomGuardChain *chain = chains->pdata[i];

        for (guint k = 0; k < chain->rules->len; k++)
            loom_nft_put_rule(batch, chain->name, &g_array_index(chain->rules, LoomNftRule, k));
    }
}

/* Those of CHAINS that are there, but not where they should be. */
static int
delete_odd(LoomNetlink *filter, const GPtrArray *chains, GPtrArray *batch)
{
    int number = 0;

    for (guint i = 0; !number && i < chains->len; i++)
        number =
            delete_found(filter, ((const LoomGuardChain *)chains->pdata[i])->name, TRUE, batch);
    return number;
}

void
loom_kernel_note_made(LoomKernel *kernel, const char *link)
{
    if (kernel->chained && !g_hash_table_contains(kernel->chained, link))
        g_hash_table_add(kernel->unguarded, g_strdup(link));
}

static int
put_port(LoomKernel *kernel, const LoomPort *port, GPtrArray *batch)
{
    g_autoptr(GPtrArray) chains = loom_guards_of(port);
    gboolean has_none = g_hash_table_remove(kernel->unguarded, port->link);
    int number = has_none ? 0 : delete_odd(kernel->filter, chains, batch);

    put_guards(chains, batch);
    return has_none || number ? number : delete_others(kernel->filter, port->link, chains, batch);
}

/* PORTS' guards, and where in BATCH each port's messages end. 0, or an errno and of whom. */
static int
put_ports(LoomKernel *kernel, const GPtrArray *ports, guint *ends, GPtrArray *batch,
          const LoomPort **refused)
{
    int number = 0;

    for (guint i = 0; !number && i < ports->len; i++) {
        *refused = ports->pdata[i];
        number = put_port(kernel, *refused, batch);
        ends[i] = batch->len;
    }
    return number;
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
    const LoomPort *refused = NULL;
    guint place = 0;
    int number;

    if (!loom_kernel_open_filter(kernel, error))
        return FALSE;
    number = put_ports(kernel, ports, ends, batch, &refused);
    if (!number) {
        number = loom_nft_run(kernel->filter, batch, &place);
        refused = find_refused(ports, ends, place);
    }
    if (!number)
        return TRUE;
    return loom_kernel_fail_filter(
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
    int number = 0;

    if (!loom_kernel_open_filter(kernel, error))
        return FALSE;
    for (guint i = 0; !number && i < links->len; i++) {
        number = delete_others(kernel->filter, links->pdata[i], NULL, batch);
        g_hash_table_remove(kernel->guarded, links->pdata[i]);
    }
    if (!number)
        number = loom_nft_run(kernel->filter, batch, &refused);
    if (!number) /* with no chain to delete too: who did that before may not have come to this */
        number = loom_nft_delete_bare_table(kernel->filter);
    return !number ||
           loom_kernel_fail_filter(
               kernel, error, number,
               links->len == 1
                   ? g_strdup_printf(_("The kernel refused to take away the guards of port '%s'"),
                                     (const char *)links->pdata[0])
                   : g_strdup(_("The kernel refused to take away the guards of ports")));
}
