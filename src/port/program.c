/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One port of a guest in the kernel: programmed, repaired, cleaned up. */
#include "port/program.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/mac.h"
#include "kernel/kernel.h"
#include "port/share.h"
#include "port/state.h"

#define TAP_FIRST_OCTET G_GUINT64_CONSTANT(0xfe)

static const LoomKind *const port_kinds[] = {&loom_port_kind, NULL};

/* --- the tap --------------------------------------------------------------------------------- */

guint64
loom_port_tap_mac(const char *mac)
{
    return TAP_FIRST_OCTET << 40 | (loom_mac_parse(mac) & ((G_GUINT64_CONSTANT(1) << 40) - 1));
}

LoomHost *
loom_port_observe(LoomBackend *backend, const LoomPort *port, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(LoomHost) host = loom_host_new();
    LoomPort *seen;

    if (port->link)
        g_ptr_array_add(names, port->link);
    if (!loom_kernel_observe_named(backend, names, host, error))
        return NULL;
    seen = host->ports->len ? host->ports->pdata[0] : NULL;
    if (seen && LOOM_HAS(port, mtu))
        LOOM_SET_NUMBER(seen, mtu, ((LoomLink *)host->links->pdata[0])->mtu);
    return g_steal_pointer(&host);
}

/* Whether the tap is what libvirt made for this port, and where it should be. */
static gboolean
check_tap(const LoomHost *host, const LoomPort *port, const char *bridge, GError **error)
{
    const LoomLink *tap = port->link ? loom_host_find(host, &loom_link_kind, port->link) : NULL;

    if (!tap)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND, _("its tap '%s' is not there"),
                    port->link ? port->link : "?");
    else if (tap->kind != LOOM_LINK_OTHER || tap->ours)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("'%s' is not the tap of a guest's vNIC"), port->link);
    else if (g_strcmp0(tap->master, bridge) != 0)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("its tap '%s' is in '%s', not in the bridge '%s' of network '%s'"),
                    port->link, tap->master ? tap->master : "", bridge, port->network);
    else
        return TRUE;
    return FALSE;
}

/* --- compare and run ------------------------------------------------------------------------- */

/* The steps that are left to make the tap agree with PORT; NULL: an error. */
static LoomPlan *
compare(const LoomHost *from, const LoomHost *to)
{
    g_autoptr(LoomReport) report = loom_report_new();

    return loom_plan_compare(from, to, port_kinds, report);
}

/* Without the pop the guard drops: what is as it should be but for that is good enough. */
static void
leave_pop(LoomHost *to, const LoomHost *seen)
{
    LoomPort *wanted = to->ports->pdata[0];
    const LoomPort *now = seen->ports->len ? seen->ports->pdata[0] : NULL;

    LOOM_SET(wanted, prioritypop, now && now->prioritypop ? "yes" : NULL);
}

/* What PORT's tap, of which SEEN tells what it has, is to have now. */
static LoomHost *
target_of(LoomBackend *backend, const LoomPort *port, const LoomHost *seen)
{
    LoomHost *host = loom_host_new();

    loom_record_add(host, loom_port_in_kernel(port));
    if (loom_kernel_spares_ingress(backend))
        leave_pop(host, seen);
    return host;
}

/* Runs what differs, and looks whether it does no more. */
static gboolean
agree(LoomBackend *backend, const LoomPort *port, const LoomHost *from, gboolean *changed,
      GError **error)
{
    g_autoptr(LoomHost) to = target_of(backend, port, from);
    g_autoptr(LoomPlan) plan = compare(from, to);
    g_autoptr(LoomHost) after = NULL;
    g_autoptr(LoomPlan) left = NULL;

    *changed = plan->steps->len > 0;
    for (guint i = 0; i < plan->steps->len; i++)
        if (!backend->run_step(backend, plan->steps->pdata[i], error))
            return FALSE;
    if (!*changed)
        return TRUE;
    after = loom_port_observe(backend, port, error);
    if (!after)
        return FALSE;
    leave_pop(to, after);
    left = compare(after, to);
    if (!left->steps->len)
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                _("its tap '%s' did not keep what was set on it"), port->link);
    return FALSE;
}

/* --- one port --------------------------------------------------------------------------------- */

/* An error that names guest and vNIC. */
static gboolean
name_failure(GError **error, GError *cause, const char *guest, const LoomPort *port)
{
    g_set_error(error, LOOM_ERROR, cause->code,
                _("guest '%s', vNIC %s on network '%s' cannot get its port: %s"), guest, port->mac,
                port->network, cause->message);
    g_error_free(cause);
    return FALSE;
}

/* What is on the tap of STATE's port, which is where it should be; NULL: an error. */
static LoomHost *
find_tap(LoomBackend *backend, const LoomHost *state, GError **error)
{
    const LoomPort *port = loom_port_state_port(state);
    g_autoptr(LoomHost) host = loom_port_observe(backend, port, error);

    return host && check_tap(host, port, loom_port_state_network(state)->bridge, error)
               ? g_steal_pointer(&host)
               : NULL;
}

/* The classes first, and what opens the port last. */
static gboolean
program(LoomBackend *backend, const LoomHost *state, const LoomHost *from, gboolean *changed,
        GError **error)
{
    return loom_port_share_run(backend, state, error) &&
           agree(backend, loom_port_state_port(state), from, changed, error);
}

gboolean
loom_port_repair(LoomBackend *backend, const LoomHost *state, gboolean *changed, GError **error)
{
    GError *cause = NULL;
    g_autoptr(LoomHost) from = find_tap(backend, state, &cause);

    if (from && program(backend, state, from, changed, &cause))
        return TRUE;
    return name_failure(error, cause, loom_port_state_guest(state), loom_port_state_port(state));
}

/* --- all ports of a guest --------------------------------------------------------------------- */

/* What is known of the port of JOB: kept before the kernel is changed. */
static void
begin(const char *directory, LoomBackend *backend, LoomPortJob *job, const char *guest)
{
    job->state = loom_port_state_new(job->slice, loom_record_copy(job->port), guest);
    loom_port_share_resolve(job->state, job->slice);
    if (loom_port_state_save(directory, LOOM_PORT_LIVE, job->state, &job->cause))
        job->from = find_tap(backend, job->state, &job->cause);
}

/*
 * One transaction instead of one for each port that does not agree yet. Where the kernel refuses
 * it, each is asked for by itself as it is programmed, and that says which cannot be.
 */
static void
guard(LoomBackend *backend, GArray *jobs)
{
    g_autoptr(GPtrArray) ports = g_ptr_array_new_with_free_func(loom_record_free);

    for (guint i = 0; i < jobs->len; i++) {
        const LoomPortJob *job = &g_array_index(jobs, LoomPortJob, i);
        g_autoptr(LoomHost) to =
            job->from ? target_of(backend, loom_port_state_port(job->state), job->from) : NULL;
        g_autoptr(LoomPlan) plan = to ? compare(job->from, to) : NULL;

        if (plan && plan->steps->len)
            g_ptr_array_add(ports, loom_record_copy(to->ports->pdata[0]));
    }
    if (ports->len > 1)
        (void)loom_kernel_set_all_guards(backend, ports, NULL);
}

void
loom_port_repair_all(LoomBackend *backend, GArray *jobs)
{
    gboolean changed;

    for (guint i = 0; i < jobs->len; i++) {
        LoomPortJob *job = &g_array_index(jobs, LoomPortJob, i);

        job->from = job->state ? find_tap(backend, job->state, &job->cause) : NULL;
    }
    guard(backend, jobs);
    for (guint i = 0; i < jobs->len; i++) {
        LoomPortJob *job = &g_array_index(jobs, LoomPortJob, i);

        if (job->state &&
            (!job->from || !program(backend, job->state, job->from, &changed, &job->cause)))
            name_failure(&job->error, g_steal_pointer(&job->cause),
                         loom_port_state_guest(job->state), loom_port_state_port(job->state));
    }
}

static void
finish(const char *directory, LoomBackend *backend, LoomPortJob *job, const char *guest)
{
    gboolean changed;

    if (job->from && program(backend, job->state, job->from, &changed, &job->cause))
        return;
    loom_port_detach(directory, backend, job->port->domain, job->port->mac, NULL);
    name_failure(&job->error, g_steal_pointer(&job->cause), guest, job->port);
}

void
loom_port_attach(const char *directory, LoomBackend *backend, GArray *jobs, const char *guest)
{
    for (guint i = 0; i < jobs->len; i++)
        begin(directory, backend, &g_array_index(jobs, LoomPortJob, i), guest);
    guard(backend, jobs);
    for (guint i = 0; i < jobs->len; i++)
        finish(directory, backend, &g_array_index(jobs, LoomPortJob, i), guest);
}

void
loom_port_job_clear(gpointer data)
{
    LoomPortJob *job = data;

    loom_record_free(job->port);
    g_clear_pointer(&job->state, loom_host_free);
    g_clear_pointer(&job->from, loom_host_free);
    g_clear_error(&job->cause);
    g_clear_error(&job->error);
}

/* A name is used again: what has another guest's MAC is not this port's tap. */
static gboolean
is_its_own(const LoomHost *host, const LoomPort *port)
{
    const LoomLink *link = loom_host_find(host, &loom_link_kind, port->link);

    return !link || (link->kind == LOOM_LINK_OTHER && !link->ours && link->mac &&
                     loom_mac_parse(link->mac) == loom_port_tap_mac(port->mac));
}

/* The links of STATES' ports that are still theirs; NULL: an error. Borrowed. */
static GPtrArray *
list_own(LoomBackend *backend, const GPtrArray *states, GError **error)
{
    g_autoptr(GPtrArray) links = g_ptr_array_new();

    for (guint i = 0; i < states->len; i++) {
        const LoomPort *port = loom_port_state_port(states->pdata[i]);
        g_autoptr(LoomHost) now = port->link ? loom_port_observe(backend, port, error) : NULL;

        if (port->link && !now)
            return NULL;
        if (now && is_its_own(now, port))
            g_ptr_array_add(links, port->link);
    }
    return g_steal_pointer(&links);
}

gboolean
loom_port_detach_all(const char *directory, LoomBackend *backend, const GPtrArray *states,
                     GError **error)
{
    g_autoptr(GPtrArray) links = list_own(backend, states, error);

    if (!links || !loom_kernel_close_ports(backend, links, error))
        return FALSE;
    for (guint i = 0; i < states->len; i++) {
        const LoomPort *port = loom_port_state_port(states->pdata[i]);

        if (!loom_port_share_remove(backend, states->pdata[i], error) ||
            !loom_port_state_remove(directory, LOOM_PORT_LIVE, port->domain, port->mac, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
loom_port_detach(const char *directory, LoomBackend *backend, const char *domain, const char *mac,
                 GError **error)
{
    g_autoptr(GPtrArray) states = g_ptr_array_new_with_free_func(loom_record_free);
    LoomHost *state = loom_port_state_find(directory, LOOM_PORT_LIVE, domain, mac, NULL);

    if (!state) /* or it cannot be read */
        return loom_port_state_remove(directory, LOOM_PORT_LIVE, domain, mac, error);
    g_ptr_array_add(states, state);
    return loom_port_detach_all(directory, backend, states, error);
}
