/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All ports of a guest: checked, started, repaired. */
#include "port/guest.h"

#include "base/error.h"
#include "base/i18n.h"
#include "guest/portgroup.h"
#include "host/admission.h"
#include "host/slice.h"
#include "kernel/kernel.h"
#include "port/admit.h"
#include "port/lock.h"
#include "port/program.h"
#include "port/share.h"
#include "port/state.h"
#include "port/switch.h"

/* The vNICs of a guest on networks of ours, and what they need. */
typedef struct {
    const char *directory;
    const LoomGuest *guest;
    LoomReport *report;
    GHashTable *slices;   /* of LoomHost, by network name; NULL for networks that are not ours */
    GArray *jobs;         /* of LoomPortJob: vNICs on networks of ours */
    GHashTable *promises; /* of a logical switch: what it has promised to others (guint64) */
} Work;

static void
free_slice(gpointer slice)
{
    if (slice)
        loom_host_free(slice);
}

static void
work_init(Work *work, const char *directory, const LoomGuest *guest, LoomReport *report)
{
    *work = (Work){
        .directory = directory,
        .guest = guest,
        .report = report,
        .slices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_slice),
        .jobs = g_array_new(FALSE, FALSE, sizeof(LoomPortJob)),
        .promises = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
    };
    g_array_set_clear_func(work->jobs, loom_port_job_clear);
}

static void
work_clear(Work *work)
{
    g_array_unref(work->jobs);
    g_hash_table_unref(work->promises);
    g_hash_table_unref(work->slices);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

static void
warn(LoomReport *report, GError *cause)
{
    loom_report_add(report, LOOM_SEVERITY_WARNING, NULL, "%s", cause->message);
    g_error_free(cause);
}

/* --- what there is to do --------------------------------------------------------------------- */

/* The slice of the vNIC's network; NULL without an error: it is not ours. Borrowed. */
static const LoomHost *
find_slice(Work *work, const LoomGuestVnic *vnic, GError **error)
{
    GError *cause = NULL;
    LoomHost *slice;

    if (!vnic->network)
        return NULL;
    if (g_hash_table_contains(work->slices, vnic->network))
        return g_hash_table_lookup(work->slices, vnic->network);
    slice = loom_slice_find_by_name(work->directory, vnic->network, &cause);
    if (cause) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                    _("guest '%s', vNIC %s: the slice of network '%s' cannot be read; run: "
                      "virt-loom apply (%s)"),
                    work->guest->name, vnic->mac, vnic->network, cause->message);
        g_error_free(cause);
        return NULL;
    }
    g_hash_table_insert(work->slices, g_strdup(vnic->network), slice);
    return slice;
}

static gboolean
has_mac(const Work *work, const char *mac)
{
    for (guint i = 0; i < work->jobs->len; i++)
        if (g_str_equal(g_array_index(work->jobs, LoomPortJob, i).port->mac, mac))
            return TRUE;
    return FALSE;
}

static gboolean
add_job(Work *work, const LoomGuestVnic *vnic, GError **error)
{
    GError *cause = NULL;
    const LoomHost *slice = find_slice(work, vnic, &cause);
    LoomPortJob job = {.slice = slice};

    if (!slice) {
        if (cause)
            g_propagate_error(error, cause);
        return !cause;
    }
    if (!loom_portgroup_check(slice, work->guest->name, vnic, error))
        return FALSE;
    if (!loom_port_is_ours(slice))
        return TRUE;
    job.port = loom_port_resolve(slice, work->guest, vnic, &cause);
    if (job.port && has_mac(work, job.port->mac)) {
        g_set_error(&cause, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("guest '%s' has two vNICs with the MAC address %s on networks of "
                      "virt-loom's, so they cannot be told apart"),
                    work->guest->name, job.port->mac);
        g_clear_pointer(&job.port, loom_record_free);
    }
    if (job.port) {
        g_array_append_val(work->jobs, job);
        return TRUE;
    }
    if (!loom_port_only_warns(loom_port_find_pattern(slice, vnic->portgroup))) {
        g_propagate_error(error, cause);
        return FALSE;
    }
    warn(work->report, cause);
    return TRUE;
}

static gboolean
add_jobs(Work *work, GError **error)
{
    for (guint i = 0; i < work->guest->vnics->len; i++)
        if (!add_job(work, &g_array_index(work->guest->vnics, LoomGuestVnic, i), error))
            return FALSE;
    return TRUE;
}

static LoomPortLock *
lock_switches(const Work *work, GError **error)
{
    g_autoptr(GPtrArray) bridges = g_ptr_array_new();

    for (guint i = 0; i < work->jobs->len; i++) {
        const LoomPortJob *job = &g_array_index(work->jobs, LoomPortJob, i);
        const LoomHost *from = job->slice ? job->slice : job->state;

        g_ptr_array_add(bridges, ((LoomNetwork *)from->networks->pdata[0])->bridge);
    }
    return loom_port_lock_take(work->directory, bridges, error);
}

/* --- admission ------------------------------------------------------------------------------- */

/* What the guest's vNICs before number COUNT are promised on the same switch. */
static guint64
promised_before(const Work *work, guint count)
{
    const LoomPortJob *job = &g_array_index(work->jobs, LoomPortJob, count);
    guint64 sum = 0;

    for (guint i = 0; i < count; i++) {
        const LoomPortJob *other = &g_array_index(work->jobs, LoomPortJob, i);

        if (g_strcmp0(other->port->logicalswitch, job->port->logicalswitch) == 0)
            sum += loom_admission_minimum(other->slice, other->port);
    }
    return sum;
}

/* To the ports of other guests: all that is kept is read once for each switch, not for each vNIC.
 */
static guint64
promised_to_others(const Work *work, const LoomPortJob *job)
{
    const char *name = job->port->logicalswitch ? job->port->logicalswitch : "";
    guint64 *promised = g_hash_table_lookup(work->promises, name);

    if (!promised) {
        promised = g_new(guint64, 1);
        *promised = loom_port_share_reserved(work->directory, job->slice, job->port->domain, NULL);
        g_hash_table_insert(work->promises, g_strdup(name), promised);
    }
    return *promised;
}

static gboolean
admit(const Work *work, guint number, GError **error)
{
    const LoomPortJob *job = &g_array_index(work->jobs, LoomPortJob, number);

    return !loom_admission_minimum(job->slice, job->port) ||
           loom_port_admit_beside(job->slice, job->port,
                                  promised_to_others(work, job) + promised_before(work, number),
                                  work->guest->name, work->report, error);
}

/* Whether the uplinks can keep what all vNICs of the guest are promised. */
static gboolean
admit_all(const Work *work, GError **error)
{
    for (guint i = 0; i < work->jobs->len; i++)
        if (!admit(work, i, error))
            return FALSE;
    return TRUE;
}

/* --- check and start -------------------------------------------------------------------------- */

static gboolean
check_switches(const Work *work, GError **error)
{
    GHashTableIter iterator;
    gpointer slice;

    g_hash_table_iter_init(&iterator, work->slices);
    while (g_hash_table_iter_next(&iterator, NULL, &slice))
        if (slice && loom_port_is_ours(slice) &&
            !loom_port_switch_repair(work->directory, slice, work->report, error))
            return FALSE;
    return TRUE;
}

gboolean
loom_guest_ports_check(const char *directory, const LoomGuest *guest, LoomReport *report,
                       GError **error)
{
    g_auto(Work) work;

    work_init(&work, directory, guest, report);
    return add_jobs(&work, error) && admit_all(&work, error) && check_switches(&work, error);
}

/* Of a guest that does not start nothing is left. */
static void
undo(const Work *work, LoomBackend *backend)
{
    for (guint i = 0; i < work->jobs->len; i++) {
        const LoomPort *port = g_array_index(work->jobs, LoomPortJob, i).port;
        GError *cause = NULL;

        if (!loom_port_detach(work->directory, backend, port->domain, port->mac, &cause))
            warn(work->report, cause);
    }
}

static gboolean
start(const Work *work, LoomBackend *backend, GError **error)
{
    loom_port_attach(work->directory, backend, work->jobs, work->guest->name);
    for (guint i = 0; i < work->jobs->len; i++) {
        LoomPortJob *job = &g_array_index(work->jobs, LoomPortJob, i);

        if (!job->error)
            continue;
        if (loom_port_only_warns(job->port)) {
            warn(work->report, g_steal_pointer(&job->error));
            continue;
        }
        undo(work, backend);
        g_propagate_error(error, g_steal_pointer(&job->error));
        return FALSE;
    }
    return TRUE;
}

gboolean
loom_guest_ports_start(const char *directory, const LoomGuest *guest, LoomReport *report,
                       GError **error)
{
    g_auto(Work) work;
    g_autoptr(LoomBackend) backend = NULL;
    g_autoptr(LoomPortLock) lock = NULL;

    work_init(&work, directory, guest, report);
    if (!add_jobs(&work, error))
        return FALSE;
    if (work.jobs->len) {
        lock = lock_switches(&work, error);
        backend = lock && admit_all(&work, error) ? loom_kernel_new(error) : NULL;
        if (!backend || !start(&work, backend, error))
            return FALSE;
    }
    loom_port_intents_remove(directory, guest->uuid, NULL, report); /* a hot-plug needs them */
    return TRUE;
}

/* --- repair ---------------------------------------------------------------------------------- */

/* Who is kept is asked for as it is kept: libvirt's XML may have lost it, or tell of another
 * portgroup than was set since. */
static LoomGuestVnic
kept_vnic(const LoomHost *state, const LoomGuestVnic *vnic)
{
    const LoomPort *port = loom_port_state_port(state);
    LoomGuestVnic kept = *vnic;

    kept.network = port->network;
    kept.portgroup = port->portgroup;
    kept.portid = vnic->portid ? vnic->portid : port->portid;
    return kept;
}

/* Its network is none of ours any more: until the guest ends, the port is what it was. */
static void
add_kept(Work *work, LoomHost *state)
{
    LoomPortJob job = {.port = loom_record_copy(loom_port_state_port(state)), .state = state};

    g_array_append_val(work->jobs, job);
}

static void
add_repair(Work *work, const LoomGuestVnic *vnic)
{
    GError *cause = NULL;
    g_autoptr(LoomHost) state =
        loom_port_state_find(work->directory, LOOM_PORT_LIVE, work->guest->uuid, vnic->mac, &cause);
    LoomGuestVnic kept = state ? kept_vnic(state, vnic) : *vnic;

    if (cause)
        warn(work->report, g_steal_pointer(&cause));
    if (!vnic->device)
        return;
    if (state && !find_slice(work, &kept, &cause) && !cause)
        add_kept(work, g_steal_pointer(&state));
    else if (cause || !add_job(work, &kept, &cause))
        warn(work->report, cause);
}

/*
 * A port that is new is kept before the kernel is changed, as at a guest's start: what is killed in
 * between leaves word of what may be there. One that cannot be had is closed.
 */
static gboolean
begin(const Work *work, LoomBackend *backend, const LoomHost *state, GError **error)
{
    const LoomPort *port = loom_port_state_port(state);
    gboolean changed;

    if (!loom_port_state_save(work->directory, LOOM_PORT_LIVE, state, error))
        return FALSE;
    if (loom_port_repair(backend, state, &changed, error))
        return TRUE;
    loom_port_detach(work->directory, backend, port->domain, port->mac, NULL);
    return FALSE;
}

/* What was kept of a port counts until the kernel has what is asked for now. */
static gboolean
renew(const Work *work, LoomBackend *backend, const LoomHost *state, GError **error)
{
    gboolean changed;

    return loom_port_repair(backend, state, &changed, error) &&
           loom_port_state_save(work->directory, LOOM_PORT_LIVE, state, error);
}

/* Of what is not admitted nothing is left that others would have to reckon with. */
static gboolean
admit_new(const Work *work, const LoomPortJob *job, GError **error)
{
    const LoomPort *port = job->port;
    g_autoptr(GError) cause = NULL;

    if (loom_port_admit(work->directory, job->slice, port, work->guest->name, work->report, &cause))
        return TRUE;
    g_set_error(error, LOOM_ERROR, cause->code, _("%s; its port stays closed"), cause->message);
    loom_port_intents_remove(work->directory, port->domain, port->mac, work->report);
    return FALSE;
}

static void
repair(const Work *work, LoomBackend *backend, const LoomPortJob *job)
{
    const LoomPort *port = job->port;
    g_autoptr(LoomHost) state =
        loom_port_state_new(job->slice, loom_record_copy(port), work->guest->name);
    gboolean is_new =
        loom_port_state_age(work->directory, LOOM_PORT_LIVE, port->domain, port->mac) < 0;
    GError *cause = NULL;

    loom_port_share_resolve(state, job->slice);
    if ((is_new && !admit_new(work, job, &cause)) ||
        !(is_new ? begin : renew)(work, backend, state, &cause) ||
        !loom_port_state_remove(work->directory, LOOM_PORT_INTENT, port->domain, port->mac, &cause))
        warn(work->report, cause);
}

static void
repair_kept(const Work *work, LoomBackend *backend, const LoomPortJob *job)
{
    GError *cause = NULL;
    gboolean changed;

    if (!loom_port_repair(backend, job->state, &changed, &cause))
        warn(work->report, cause);
}

static void
add_repairs(Work *work)
{
    g_array_set_size(work->jobs, 0);
    for (guint i = 0; i < work->guest->vnics->len; i++)
        add_repair(work, &g_array_index(work->guest->vnics, LoomGuestVnic, i));
}

/* The locks of the switches that the kept ports and the guest's vNICs are on; NULL without an
 * error: they are on none of ours. */
static LoomPortLock *
lock_for_repair(const char *directory, const LoomGuest *guest, GError **error)
{
    g_autoptr(LoomReport) ignored = loom_report_new();
    g_auto(Work) work;

    work_init(&work, directory, guest, ignored);
    add_repairs(&work);
    return work.jobs->len ? lock_switches(&work, error) : NULL;
}

void
loom_guest_ports_repair(const char *directory, const LoomGuest *guest, LoomReport *report)
{
    g_auto(Work) work;
    GError *cause = NULL;
    g_autoptr(LoomPortLock) lock = lock_for_repair(directory, guest, &cause);
    g_autoptr(LoomBackend) backend = NULL;

    work_init(&work, directory, guest, report);
    add_repairs(&work); /* while it waited, what is kept may have changed: virt-loom set */
    backend = lock ? loom_kernel_new(&cause) : NULL;
    if (backend && guest->is_early)
        loom_kernel_spare_ingress(backend);
    for (guint i = 0; backend && i < work.jobs->len; i++) {
        const LoomPortJob *job = &g_array_index(work.jobs, LoomPortJob, i);

        (job->slice ? repair : repair_kept)(&work, backend, job);
    }
    if (cause)
        warn(report, cause);
}
