/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom boot: brings up what was last committed, when the machine starts. */
#include "apply/apply.h"
#include "base/i18n.h"
#include "cli/session.h"
#include "kernel/kernel.h"
#include "manager/manager.h"
#include "virt/virt.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>

#define POLL_MICROSECONDS (100 * 1000)

/* The first NIC of HOST that is not there (yet); borrowed. */
static const char *
find_absent_nic(const LoomHost *host)
{
    for (guint i = 0; i < host->links->len; i++) {
        const LoomLink *link = host->links->pdata[i];

        if (link->kind == LOOM_LINK_PHYSICAL && !if_nametoindex(link->name))
            return link->name;
    }
    return NULL;
}

/* Drivers find NICs, and udev names them, when they get to it. */
static void
wait_for_nics(const LoomHost *host, const LoomSession *session, LoomReport *report)
{
    gint64 end = g_get_monotonic_time() + session->timeout * G_USEC_PER_SEC;
    const char *told = NULL;
    const char *absent;

    while ((absent = find_absent_nic(host)) && g_get_monotonic_time() < end) {
        if (absent != told && !session->is_quiet)
            printf(_("Waiting for NIC '%s' ...\n"), absent);
        fflush(stdout);
        told = absent;
        g_usleep(POLL_MICROSECONDS);
    }
    if (absent)
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL,
                        ngettext("NIC '%s' has not appeared within %d second; what can be "
                                 "brought up without it is",
                                 "NIC '%s' has not appeared within %d seconds; what can be "
                                 "brought up without it is",
                                 session->timeout),
                        absent, session->timeout);
}

/* The first of HOST's links that asks for an address and has none (yet); borrowed. */
static const char *
find_unanswered(const LoomHost *host)
{
    struct ifaddrs *all = NULL, *one;
    const char *found = NULL;

    if (getifaddrs(&all) < 0)
        return NULL;
    for (guint i = 0; !found && i < host->dhcps->len; i++) {
        const char *link = ((const LoomDhcp *)host->dhcps->pdata[i])->link;

        for (one = all; one; one = one->ifa_next)
            if (g_str_equal(one->ifa_name, link) && one->ifa_addr &&
                one->ifa_addr->sa_family == AF_INET)
                break;
        found = one ? NULL : link;
    }
    freeifaddrs(all);
    return found;
}

/* What comes after us takes the network to be there. */
static void
wait_for_leases(const LoomHost *host, const LoomSession *session, LoomReport *report)
{
    gint64 end = g_get_monotonic_time() + session->timeout * G_USEC_PER_SEC;
    const char *waiting;

    while ((waiting = find_unanswered(host)) && g_get_monotonic_time() < end)
        g_usleep(POLL_MICROSECONDS);
    if (waiting)
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL,
                        ngettext("No DHCP server has answered on '%s' within %d second; its "
                                 "client keeps asking",
                                 "No DHCP server has answered on '%s' within %d seconds; its "
                                 "client keeps asking",
                                 session->timeout),
                        waiting, session->timeout);
}

static gboolean
add_backend(GPtrArray *backends, LoomBackend *backend)
{
    if (backend)
        g_ptr_array_add(backends, backend);
    return backend != NULL;
}

/* Links come up long before libvirt answers: its part is another run. */
static GPtrArray *
open_backends(const LoomSession *session, GError **error)
{
    g_autoptr(GPtrArray) backends =
        g_ptr_array_new_with_free_func((GDestroyNotify)loom_backend_free);
    gboolean opened = session->is_networks
                          ? add_backend(backends, loom_virt_new(session->uri, error))
                          : add_backend(backends, loom_kernel_new(error)) &&
                                add_backend(backends, loom_manager_new(error));

    return opened ? g_steal_pointer(&backends) : NULL;
}

static void
print_result(const LoomSession *session, const LoomHost *committed, size_t steps)
{
    if (session->is_quiet)
        return;
    if (!committed && !steps)
        printf(_("Nothing was ever applied to this host; there is nothing to bring up.\n"));
    else if (!committed)
        printf(ngettext("What the first apply left when it was cut off is taken back, by %zu "
                        "change.\n",
                        "What the first apply left when it was cut off is taken back, by %zu "
                        "changes.\n",
                        steps),
               steps);
    else if (!steps)
        printf(_("Host '%s' is as it was last applied; nothing was changed.\n"), committed->name);
    else
        printf(ngettext("Host '%s' is as it was last applied after %zu change.\n",
                        "Host '%s' is as it was last applied after %zu changes.\n", steps),
               committed->name, steps);
}

LoomExit
loom_command_boot(LoomSession *session, char **arguments G_GNUC_UNUSED)
{
    GError *error = NULL;
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GPtrArray) backends = open_backends(session, &error);
    g_autoptr(LoomApply) apply = backends ? loom_apply_new(backends, NULL, NULL) : NULL;
    g_autoptr(LoomHost) committed = apply ? loom_apply_load_committed(apply, &error) : NULL;
    gboolean done = FALSE;
    size_t steps;

    if (committed && !session->is_networks)
        wait_for_nics(committed, session, report);
    if (!error)
        done = loom_apply_boot(apply, &steps, report, &error);
    if (done && committed && !session->is_networks)
        wait_for_leases(committed, session, report);
    loom_session_print_report(session, report, stderr);
    if (!done)
        return loom_session_fail(error);
    print_result(session, committed, steps);
    return LOOM_EXIT_DONE;
}
