/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guards of no port: what outlived its device, or only has a name like ours. */
#include "kernel/guards.h"
#include "kernel/session.h"

#include "base/i18n.h"

#include <errno.h>
#include <net/if.h>

static void
on_chain(const char *name, const LoomNftHook *hook G_GNUC_UNUSED, gpointer data)
{
    g_autofree char *device = loom_guards_find_device(name);

    if (device && (!loom_guards_has_name(name) || !if_nametoindex(device)))
        g_ptr_array_add(data, g_strdup(name));
}

/* Whoever of them jumps to whom. 0 or an errno. */
static int
delete_chains(LoomNetlink *filter, gpointer *names, guint count)
{
    g_autoptr(GPtrArray) batch = loom_nft_batch_new();
    guint refused;

    for (guint i = 0; i < count; i++)
        loom_nft_flush_chain(batch, names[i]);
    for (guint i = 0; i < count; i++)
        loom_nft_delete_chain(batch, names[i]);
    return loom_nft_run(filter, batch, &refused);
}

static gboolean
may_stay(int number)
{
    return number == EBUSY || number == ENOENT;
}

/* One by one where not all can be: to some a chain of others may jump. */
static int
delete_stale(LoomNetlink *filter, const GPtrArray *names)
{
    int number = delete_chains(filter, names->pdata, names->len);

    if (!may_stay(number))
        return number;
    for (guint i = 0; i < names->len; i++) {
        number = delete_chains(filter, names->pdata + i, 1);
        if (number && !may_stay(number))
            return number;
    }
    return 0;
}

gboolean
loom_kernel_collect_guards(LoomBackend *backend, GError **error)
{
    LoomKernel *kernel = (LoomKernel *)backend;
    LoomNetlink *filter = loom_kernel_open_filter(kernel, error);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    int number;

    if (!filter)
        return FALSE;
    /* none that could be told of, or none */
    if (loom_nft_read_chains(filter, on_chain, names) || !names->len)
        return TRUE;
    number = delete_stale(filter, names);
    if (!number)
        number = loom_nft_delete_bare_table(filter);
    if (number)
        loom_netlink_set_error(filter, error, number,
                               _("The kernel refused to take away guards of no port"));
    return !number;
}
