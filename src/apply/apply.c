/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One transaction over all backends. */
#include "apply/apply.h"

#include "apply/state.h"
#include "base/error.h"
#include "base/i18n.h"
#include "host/slice.h"

struct LoomApply {
    GPtrArray *backends;
    GPtrArray *kinds; /* of all backends, NULL-terminated */
    LoomState *state;
    char *rundir;
    LoomHost *last; /* as a run saw it at its end */
    LoomApplyProgress progress;
    gpointer progress_data;
};

typedef struct {
    const LoomHost *desired, *observed;
    const LoomHost *committed; /* by the apply before; NULL: none */
    const LoomHost *result;    /* to be committed: what is desired, and what is kept */
    const LoomPlan *plan;
} Transaction;

LoomApply *
loom_apply_new(GPtrArray *backends, const char *statedir, const char *rundir)
{
    LoomApply *apply = g_new0(LoomApply, 1);

    apply->backends = g_ptr_array_ref(backends);
    apply->kinds = g_ptr_array_new();
    for (guint i = 0; i < backends->len; i++) {
        const LoomBackend *backend = backends->pdata[i];

        for (size_t k = 0; backend->kinds[k]; k++)
            if (!g_ptr_array_find(apply->kinds, backend->kinds[k], NULL))
                g_ptr_array_add(apply->kinds, (gpointer)backend->kinds[k]);
    }
    g_ptr_array_add(apply->kinds, NULL);
    apply->state = loom_state_new(statedir);
    apply->rundir = g_strdup(rundir ? rundir : loom_slice_directory());
    return apply;
}

void
loom_apply_free(LoomApply *apply)
{
    if (!apply)
        return;
    g_ptr_array_unref(apply->backends);
    g_ptr_array_unref(apply->kinds);
    loom_state_free(apply->state);
    g_free(apply->rundir);
    g_clear_pointer(&apply->last, loom_host_free);
    g_free(apply);
}

const LoomHost *
loom_apply_get_last(const LoomApply *apply)
{
    return apply->last;
}

static void
keep_last(LoomApply *apply, LoomHost *observed)
{
    g_clear_pointer(&apply->last, loom_host_free);
    apply->last = observed;
}

void
loom_apply_set_progress(LoomApply *apply, LoomApplyProgress progress, gpointer data)
{
    apply->progress = progress;
    apply->progress_data = data;
}

static void
tell(const LoomApply *apply, LoomApplyPhase phase, const LoomStep *step, size_t done, size_t total)
{
    if (apply->progress)
        apply->progress(phase, step, done, total, apply->progress_data);
}

/* What is, over all backends, as far as TARGET names it or it is ours. */
static LoomHost *
observe_all(LoomApply *apply, const LoomHost *target, GError **error)
{
    g_autoptr(LoomHost) host = loom_host_new();
    g_autofree char *boot = loom_state_read_boot(error);

    if (!boot)
        return NULL;
    LOOM_SET(host, name, target ? target->name : g_get_host_name());
    LOOM_SET(host, boot, boot);
    for (guint i = 0; i < apply->backends->len; i++) {
        LoomBackend *backend = apply->backends->pdata[i];

        if (!backend->observe(backend, target, host, error))
            return NULL;
    }
    loom_host_sort(host); /* so that findings do not change places from run to run */
    return g_steal_pointer(&host);
}

LoomPlan *
loom_apply_plan(LoomApply *apply, const LoomHost *desired, LoomHost **observed, LoomReport *report,
                GError **error)
{
    LoomHost *now = observe_all(apply, desired, error);

    if (!now)
        return NULL;
    *observed = now;
    return loom_plan_compare(now, desired, (const LoomKind *const *)apply->kinds->pdata, report);
}

static LoomBackend *
backend_of(const LoomApply *apply, const LoomKind *kind)
{
    for (guint i = 0; i < apply->backends->len; i++) {
        LoomBackend *backend = apply->backends->pdata[i];

        for (size_t k = 0; backend->kinds[k]; k++)
            if (backend->kinds[k] == kind)
                return backend;
    }
    g_error("no backend for a %s", kind->element);
}

static gboolean
run_step(LoomApply *apply, const LoomStep *step, GError **error)
{
    LoomBackend *backend = backend_of(apply, step->kind);
    g_autofree char *line = NULL;

    if (backend->run_step(backend, step, error))
        return TRUE;
    line = loom_step_describe(step);
    g_prefix_error(error, _("Cannot %s: "), line);
    return FALSE;
}

static gboolean
run_all(LoomApply *apply, const LoomPlan *plan, GError **error)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        tell(apply, LOOM_APPLY_RUNNING, plan->steps->pdata[i], i, plan->steps->len);
        if (!run_step(apply, plan->steps->pdata[i], error))
            return FALSE;
    }
    return TRUE;
}

/* The first finding that is an error, at or after START; NULL: there is none. */
static const LoomFinding *
first_error(const LoomReport *report, size_t start)
{
    for (size_t i = start; i < loom_report_length(report); i++)
        if (loom_report_get(report, i)->severity == LOOM_SEVERITY_ERROR)
            return loom_report_get(report, i);
    return NULL;
}

/* Observes again: nothing may be left to do. */
static gboolean
verify(LoomApply *apply, const LoomHost *target, GError **error)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomHost) now = NULL;
    g_autoptr(LoomPlan) plan = loom_apply_plan(apply, target, &now, report, error);
    const LoomFinding *finding;
    g_autofree char *line = NULL;

    if (!plan)
        return FALSE;
    finding = first_error(report, 0);
    if (!plan->steps->len && !finding) {
        keep_last(apply, g_steal_pointer(&now));
        return TRUE;
    }
    line = finding ? g_strdup(finding->message) : loom_step_describe(plan->steps->pdata[0]);
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                _("The host differs from what was asked for although every step succeeded; first "
                  "of %u left: %s"),
                MAX(1, plan->steps->len), line);
    return FALSE;
}

/*
 * Runs PLAN as far as it gets: what one step cannot bring back must not keep the others from it.
 * Returns the first error, or NULL.
 */
static GError *
run_back(LoomApply *apply, const LoomPlan *plan)
{
    GError *first = NULL;

    for (guint i = 0; i < plan->steps->len; i++) {
        tell(apply, LOOM_APPLY_REVERTING, plan->steps->pdata[i], i, plan->steps->len);
        run_step(apply, plan->steps->pdata[i], first ? NULL : &first);
    }
    return first;
}

static void
copy_networks(LoomHost *into, const GPtrArray *records)
{
    for (guint i = 0; i < records->len; i++)
        if (((const LoomRecord *)records->pdata[i])->kind == &loom_network_kind)
            loom_record_add(into, loom_record_copy(records->pdata[i]));
}

/* The slices of the committed host; what exists and was never committed, or is kept, keeps its. */
static gboolean
restore_slices(LoomApply *apply, const LoomHost *snapshot, const LoomHost *committed,
               const LoomPlan *plan, GError **error)
{
    g_autoptr(LoomHost) stay = loom_record_copy(committed ? committed : snapshot);

    if (committed && !loom_slice_save_all(committed, apply->rundir, error))
        return FALSE;
    copy_networks(stay, plan->kept);
    return loom_slice_prune(stay, apply->rundir, error);
}

/* Whether the host was brought back is read, and not concluded from steps that succeeded. */
static gboolean
go_back(LoomApply *apply, const LoomHost *snapshot, const LoomHost *committed, GError **error)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomHost) now = NULL;
    g_autoptr(LoomPlan) plan = loom_apply_plan(apply, snapshot, &now, report, error);
    g_autoptr(GError) step_error = NULL;
    g_autoptr(GError) difference = NULL;

    if (!plan)
        return FALSE;
    step_error = run_back(apply, plan);
    if (!verify(apply, snapshot, &difference)) {
        g_propagate_error(error,
                          step_error ? g_steal_pointer(&step_error) : g_steal_pointer(&difference));
        return FALSE;
    }
    return restore_slices(apply, snapshot, committed, plan, error) &&
           loom_state_drop_snapshot(apply->state, error);
}

/* Undoes what an apply that was killed left behind. */
static gboolean
finish_killed(LoomApply *apply, const LoomHost *committed, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(LoomHost) snapshot = loom_state_load_snapshot(apply->state, &cause);
    g_autofree char *boot = NULL;

    if (cause) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    if (!snapshot)
        return TRUE;
    boot = loom_state_read_boot(error);
    if (!boot)
        return FALSE;
    if (g_strcmp0(snapshot->boot, boot) != 0)
        return loom_state_drop_snapshot(apply->state, error);
    if (go_back(apply, snapshot, committed, &cause))
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                _("An apply was killed, and going back to the host before it failed: %s. The next "
                  "apply tries again; where that cannot help, look at the host, remove %s, and "
                  "apply again"),
                cause->message, loom_state_snapshot_path(apply->state));
    return FALSE;
}

static void
copy_patterns(LoomHost *into, const LoomHost *from, const char *network)
{
    for (guint i = 0; i < from->ports->len; i++) {
        const LoomPort *port = from->ports->pdata[i];

        if (!port->link && g_strcmp0(port->network, network) == 0)
            loom_record_add(into, loom_record_copy(port));
    }
}

/* DESIRED, and what is kept: as it was committed, or else as it is. */
static LoomHost *
add_kept(const LoomHost *desired, const LoomPlan *plan, const LoomHost *committed)
{
    LoomHost *result = loom_record_copy(desired);

    for (guint i = 0; i < plan->kept->len; i++) {
        const LoomRecord *kept = plan->kept->pdata[i];
        g_autofree char *key = loom_record_key(kept);
        const LoomRecord *known = committed ? loom_host_find(committed, kept->kind, key) : NULL;
        LoomRecord *copy = loom_record_copy(known ? known : kept);

        loom_record_add(result, copy);
        if (kept->kind != &loom_network_kind)
            continue;
        /* who uses it now, and what somebody made of it, is nothing to commit */
        LOOM_SET((LoomNetwork *)copy, guests, NULL);
        LOOM_SET((LoomNetwork *)copy, definition, NULL);
        LOOM_SET((LoomNetwork *)copy, pending, NULL);
        if (committed)
            copy_patterns(result, committed, key);
    }
    return result;
}

static gboolean
commit(LoomApply *apply, const LoomHost *host, LoomReport *report, GError **error)
{
    g_autoptr(GError) cause = NULL;

    tell(apply, LOOM_APPLY_COMMITTING, NULL, 0, 0);
    if (!loom_state_commit(apply->state, host, error))
        return FALSE;
    /* too late to fail, and a slice that nobody asks for does no harm */
    if (!loom_slice_prune(host, apply->rundir, &cause))
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL, "%s", cause->message);
    return TRUE;
}

/* From the first change to the last file, or back. */
static gboolean
transact(LoomApply *apply, const Transaction *transaction, LoomReport *report, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(GError) worse = NULL;
    const LoomPlan *plan = transaction->plan;
    const LoomHost *result = transaction->result;

    if (!plan->steps->len)
        return loom_slice_save_all(result, apply->rundir, error) &&
               commit(apply, result, report, error);
    if (!loom_state_save_snapshot(apply->state, transaction->observed, error))
        return FALSE;
    if (loom_slice_save_all(result, apply->rundir, &cause) && run_all(apply, plan, &cause)) {
        tell(apply, LOOM_APPLY_VERIFYING, NULL, 0, 0);
        if (verify(apply, result, &cause) && commit(apply, result, report, &cause))
            return TRUE;
    }
    if (go_back(apply, transaction->observed, transaction->committed, &worse))
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("%s. The host is as it was before"),
                    cause->message);
    else
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                    _("%s. Going back failed as well: %s. The host is neither as before nor as "
                      "asked for; the next apply tries to go back first"),
                    cause->message, worse->message);
    return FALSE;
}

static gboolean
prepare_all(LoomApply *apply, GError **error)
{
    for (guint i = 0; i < apply->backends->len; i++) {
        LoomBackend *backend = apply->backends->pdata[i];

        if (backend->prepare && !backend->prepare(backend, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
run_locked(LoomApply *apply, const LoomHost *desired, size_t *steps, LoomReport *report,
           GError **error)
{
    size_t before = loom_report_length(report);
    g_autoptr(GError) cause = NULL;
    g_autoptr(LoomHost) committed = loom_state_load_committed(apply->state, &cause);
    g_autoptr(LoomHost) observed = NULL;
    g_autoptr(LoomHost) result = NULL;
    g_autoptr(LoomPlan) plan = NULL;

    if (cause) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    if (!prepare_all(apply, error) || !finish_killed(apply, committed, error))
        return FALSE;
    tell(apply, LOOM_APPLY_OBSERVING, NULL, 0, 0);
    plan = loom_apply_plan(apply, desired, &observed, report, error);
    if (!plan)
        return FALSE;
    if (first_error(report, before)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("Host '%s' has something foreign in the way, so nothing was changed"),
                    desired->name);
        return FALSE;
    }
    result = add_kept(desired, plan, committed);
    if (!transact(apply, &(Transaction){desired, observed, committed, result, plan}, report, error))
        return FALSE;
    *steps = plan->steps->len;
    if (!plan->steps->len)
        keep_last(apply, g_steal_pointer(&observed));
    return TRUE;
}

gboolean
loom_apply_run(LoomApply *apply, const LoomHost *desired, size_t *steps, LoomReport *report,
               GError **error)
{
    gboolean done;

    if (!loom_state_lock(apply->state, error))
        return FALSE;
    done = run_locked(apply, desired, steps, report, error);
    loom_state_unlock(apply->state);
    return done;
}

LoomHost *
loom_apply_load_committed(LoomApply *apply, GError **error)
{
    return loom_state_load_committed(apply->state, error);
}
