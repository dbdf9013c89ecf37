/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel as a backend: its sockets, and which step is whose. */
#include "kernel/kernel.h"

#include "base/error.h"
#include "base/i18n.h"
#include "kernel/session.h"

#include <errno.h>
#include <linux/if_link.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
    const LoomKind *kind;
    gboolean (*run)(LoomKernel *kernel, const LoomStep *step, GError **error);
} runners[] = {
    {&loom_link_kind, loom_kernel_run_link},   {&loom_address_kind, loom_kernel_run_address},
    {&loom_route_kind, loom_kernel_run_route}, {&loom_neighbour_kind, loom_kernel_run_neighbour},
    {&loom_port_kind, loom_kernel_run_port},   {&loom_class_kind, loom_kernel_run_class},
};

static gboolean
run_step(LoomBackend *backend, const LoomStep *step, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(runners); i++)
        if (runners[i].kind == step->kind)
            return runners[i].run((LoomKernel *)backend, step, error);
    g_error("the kernel has no %s", step->kind->element);
}

static gboolean
observe(LoomBackend *backend, const LoomHost *target, LoomHost *into, GError **error)
{
    LoomKernel *kernel = (LoomKernel *)backend;
    g_autoptr(LoomHost) all = g_steal_pointer(&kernel->recent);

    g_hash_table_remove_all(kernel->fresh); /* what others did meanwhile is not known */
    g_hash_table_remove_all(kernel->unguarded);
    g_hash_table_remove_all(kernel->guarded);
    g_hash_table_remove_all(kernel->shaped);
    if (!all) {
        gboolean is_read;

        all = loom_host_new();
        kernel->target = target;
        is_read = loom_kernel_read(kernel, all, error);
        kernel->target = NULL;
        if (!is_read)
            return FALSE;
    }
    loom_kernel_choose(all, target, into);
    return TRUE;
}

/* A run looks with its own eyes. */
static gboolean
prepare(LoomBackend *backend, GError **error G_GNUC_UNUSED)
{
    g_clear_pointer(&((LoomKernel *)backend)->recent, loom_host_free);
    return TRUE;
}

void
loom_kernel_narrow(LoomBackend *backend)
{
    ((LoomKernel *)backend)->is_narrow = TRUE;
}

void
loom_kernel_spare_ingress(LoomBackend *backend)
{
    ((LoomKernel *)backend)->spares_ingress = TRUE;
}

gboolean
loom_kernel_spares_ingress(const LoomBackend *backend)
{
    return ((const LoomKernel *)backend)->spares_ingress;
}

static void
expect(LoomBackend *backend, const GPtrArray *steps)
{
    LoomKernel *kernel = (LoomKernel *)backend;

    kernel->expected = steps;
    g_hash_table_remove_all(kernel->guarded);
}

static void
kernel_free(LoomBackend *backend)
{
    LoomKernel *kernel = (LoomKernel *)backend;

    loom_netlink_close(kernel->netlink);
    loom_netlink_close(kernel->filter);
    if (kernel->socket >= 0)
        close(kernel->socket);
    if (kernel->packets >= 0)
        close(kernel->packets);
    g_clear_pointer(&kernel->recent, loom_host_free);
    g_hash_table_unref(kernel->held);
    g_hash_table_unref(kernel->fresh);
    g_clear_pointer(&kernel->chained, g_hash_table_unref);
    g_hash_table_unref(kernel->unguarded);
    g_hash_table_unref(kernel->shaped);
    g_hash_table_unref(kernel->limited);
    g_hash_table_unref(kernel->guarded);
    g_hash_table_unref(kernel->ingress);
    g_free(kernel);
}

/* What a link gets of IPv6 that is made here: what "default" says. */
static void
read_defaults(LoomKernel *kernel)
{
    int mode = loom_kernel_read_sysctl("ipv6", "default", "addr_gen_mode");
    int forwards = loom_kernel_read_sysctl("ipv6", "default", "forwarding");

    kernel->has_ipv6 = mode >= 0;
    kernel->links_take_linklocal = mode >= 0 && mode != IN6_ADDR_GEN_MODE_NONE;
    kernel->links_take_autoconf =
        loom_kernel_read_sysctl("ipv6", "default", "autoconf") > 0 &&
        loom_kernel_read_sysctl("ipv6", "default", "accept_ra") > (forwards > 0 ? 1 : 0);
}

LoomBackend *
loom_kernel_new(GError **error)
{
    static const LoomKind *const kinds[] = {&loom_link_kind,
                                            &loom_address_kind,
                                            &loom_route_kind,
                                            &loom_neighbour_kind,
                                            &loom_port_kind,
                                            &loom_class_kind,
                                            NULL};
    LoomNetlink *netlink = loom_netlink_open(NETLINK_ROUTE, error);
    LoomKernel *kernel;

    if (!netlink)
        return NULL;
    kernel = g_new0(LoomKernel, 1);
    kernel->backend = (LoomBackend){
        .name = "kernel",
        .kinds = kinds,
        .prepare = prepare,
        .reduce = loom_kernel_reduce,
        .observe = observe,
        .expect = expect,
        .run_step = run_step,
        .finish = loom_kernel_finish,
        .observe_users = loom_kernel_observe_users,
        .free = kernel_free,
    };
    kernel->netlink = netlink;
    kernel->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (kernel->socket < 0) {
        loom_error_set_errno(error, errno, _("Cannot speak with the kernel"));
        loom_netlink_close(netlink);
        g_free(kernel);
        return NULL;
    }
    kernel->packets =
        socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* who only looks has no right */
    kernel->held = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    kernel->fresh = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    kernel->unguarded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    kernel->shaped = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    kernel->limited = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    kernel->guarded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    kernel->ingress = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    read_defaults(kernel);
    return &kernel->backend;
}
