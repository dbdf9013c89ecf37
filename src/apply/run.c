/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One transaction: apply, revert, recover; and boot, which is none. */
#include "apply/engine.h"

#include "base/error.h"
#include "base/i18n.h"
#include "host/slice.h"

typedef struct {
    const LoomHost *target;    /* to be reached */
    const LoomHost *result;    /* to be committed, and what its slices are; NULL: nothing */
    const LoomHost *committed; /* by the apply before; NULL: none */
    const LoomView *view;
    enum { AT_ONCE, WHEN_PROVEN } commit; /* probes, and waits for a confirmation */
} Transaction;

static void
copy_patterns(LoomHost *into, const LoomHost *from, const char *network)
{
    for (guint i = 0; i < from->ports->len; i++) {
        const LoomPort *port = from->ports->pdata[i];

        if (!port->link && g_strcmp0(port->network, network) == 0)
            loom_record_add(into, loom_record_copy(port));
    }
    for (guint i = 0; i < from->leases->len; i++) {
        const LoomGuestAddress *lease = from->leases->pdata[i];

        if (g_str_equal(lease->network, network))
            loom_record_add(into, loom_record_copy(lease));
    }
}

/* HOST, and what is kept: as it was committed, or else as it is. */
static LoomHost *
add_kept(const LoomHost *host, const LoomPlan *plan, const LoomHost *committed)
{
    LoomHost *result = loom_record_copy(host);

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
save_slices(LoomApply *apply, const LoomHost *host, GError **error)
{
    return !host || loom_slice_save_all(host, apply->rundir, error);
}

/* Too late to fail, and a slice that nobody asks for does no harm. */
static void
prune_slices(LoomApply *apply, const Transaction *transaction, LoomReport *report)
{
    g_autoptr(GError) cause = NULL;

    if (!loom_apply_restore_slices(apply, transaction->target, transaction->result,
                                   transaction->view->plan, &cause))
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL, "%s", cause->message);
}

/* All that may fail between the snapshot and the commit. */
static gboolean
change(LoomApply *apply, const Transaction *transaction, GError **error)
{
    const LoomView *view = transaction->view;

    if (!save_slices(apply, transaction->result, error))
        return FALSE;
    if (!view->plan->steps->len)
        return TRUE;
    if (!loom_apply_run_all(apply, view->plan, error) ||
        !loom_apply_finish(apply, view->target, error) ||
        !loom_apply_verify(apply, transaction->target, error))
        return FALSE;
    return transaction->commit == AT_ONCE || (loom_apply_probe(apply, transaction->target, error) &&
                                              loom_apply_await_confirmation(apply, error));
}

static gboolean
change_and_commit(LoomApply *apply, const Transaction *transaction, GError **error)
{
    if (!change(apply, transaction, error))
        return FALSE;
    loom_apply_tell(apply, LOOM_APPLY_COMMITTING, NULL, 0, 0);
    return loom_state_commit(apply->state, transaction->result, error);
}

/* From the snapshot to the last file, or back. */
static gboolean
transact(LoomApply *apply, const Transaction *transaction, LoomReport *report, GError **error)
{
    const LoomHost *snapshot = transaction->view->observed;
    g_autoptr(GError) cause = NULL;
    g_autoptr(GError) worse = NULL;
    size_t back;

    if (!loom_state_save_snapshot(apply->state, snapshot, error))
        return FALSE;
    if (change_and_commit(apply, transaction, &cause)) {
        prune_slices(apply, transaction, report);
        return TRUE;
    }
    if (loom_apply_go_back(apply, snapshot, transaction->committed, &back, &worse))
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
has_kind(const LoomApply *apply, const LoomKind *kind)
{
    return g_ptr_array_find(apply->kinds, kind, NULL);
}

/*
 * Takes back what outlives a boot of an apply that was killed before it: rules for other managers,
 * and, unless the committed host says what they should be, networks. The kernel forgot the rest.
 */
static gboolean
recover_files(LoomApply *apply, const LoomHost *snapshot, const LoomHost *committed, size_t *steps,
              GError **error)
{
    const LoomKind *const lasting[] = {&loom_manager_kind, committed ? NULL : &loom_network_kind};
    g_autoptr(GPtrArray) kinds = g_ptr_array_new();
    g_autoptr(LoomReport) ignored = loom_report_new();
    g_auto(LoomView) view = {0};
    GError *step_error;

    for (size_t i = 0; i < G_N_ELEMENTS(lasting); i++)
        if (lasting[i] && has_kind(apply, lasting[i]))
            g_ptr_array_add(kinds, (gpointer)lasting[i]);
    g_ptr_array_add(kinds, NULL);
    if (!loom_apply_look(apply, snapshot, ignored, &view, error))
        return FALSE;
    g_clear_pointer(&view.plan, loom_plan_free);
    view.plan = loom_plan_compare(view.observed, view.target, (const LoomKind *const *)kinds->pdata,
                                  ignored);
    step_error = loom_apply_run_most(apply, view.plan, LOOM_APPLY_REVERTING);
    *steps = view.plan->steps->len;
    if (step_error) {
        g_propagate_error(error, step_error);
        return FALSE;
    }
    /* links are up before libvirt answers: who looks at both forgets */
    return (!committed && !has_kind(apply, &loom_network_kind)) ||
           loom_state_drop_snapshot(apply->state, error);
}

/* Undoes what an apply that was killed left behind. */
static gboolean
recover(LoomApply *apply, const LoomHost *committed, size_t *steps, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(LoomHost) snapshot = loom_state_load_snapshot(apply->state, &cause);
    g_autofree char *boot = NULL;

    if (cause) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    *steps = 0;
    if (!snapshot)
        return TRUE;
    boot = loom_state_read_boot(error);
    if (!boot)
        return FALSE;
    if (g_strcmp0(snapshot->boot, boot) == 0
            ? loom_apply_go_back(apply, snapshot, committed, steps, &cause)
            : recover_files(apply, snapshot, committed, steps, &cause))
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                _("An apply was killed, and going back to the host before it failed: %s. The next "
                  "apply tries again; where that cannot help, look at the host, remove %s, and "
                  "apply again"),
                cause->message, loom_state_snapshot_path(apply->state));
    return FALSE;
}

/* A plan without foreign things in the way. */
static gboolean
look_for_change(LoomApply *apply, const LoomHost *target, LoomReport *report, LoomView *view,
                GError **error)
{
    size_t before = loom_report_length(report);

    loom_apply_tell(apply, LOOM_APPLY_OBSERVING, NULL, 0, 0);
    if (!loom_apply_look(apply, target, report, view, error))
        return FALSE;
    if (!loom_apply_first_error(report, before))
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                _("Host '%s' cannot become as asked, so nothing was changed"), target->name);
    return FALSE;
}

/* What a run begins with, under the lock. */
static gboolean
load_committed(LoomApply *apply, LoomHost **committed, GError **error)
{
    g_autoptr(GError) cause = NULL;

    *committed = loom_state_load_committed(apply->state, &cause);
    if (!cause)
        return loom_apply_drop_request(apply, error);
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

static gboolean
run_locked(LoomApply *apply, const LoomHost *desired, size_t *steps, LoomReport *report,
           GError **error)
{
    g_autoptr(LoomHost) committed = NULL;
    g_autoptr(LoomHost) result = NULL;
    g_auto(LoomView) view = {0};
    Transaction transaction;
    size_t back;

    if (!load_committed(apply, &committed, error) || !prepare_all(apply, error) ||
        !recover(apply, committed, &back, error) ||
        !look_for_change(apply, desired, report, &view, error))
        return FALSE;
    result = add_kept(desired, view.plan, committed);
    transaction = (Transaction){result, result, committed, &view, WHEN_PROVEN};
    if (!view.plan->steps->len && loom_state_is_committed(apply->state, result)) {
        if (!save_slices(apply, result, error))
            return FALSE;
        prune_slices(apply, &transaction, report);
    } else if (!transact(apply, &transaction, report, error)) {
        return FALSE;
    }
    *steps = view.plan->steps->len;
    if (!view.plan->steps->len)
        loom_apply_keep_last(apply, g_steal_pointer(&view.observed));
    return TRUE;
}

/* To the host before the last apply. */
static gboolean
revert_committed(LoomApply *apply, const LoomHost *committed, size_t *steps, LoomReport *report,
                 GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(LoomHost) previous = loom_state_load_previous(apply->state, &cause);
    g_autoptr(LoomHost) former = cause ? NULL : loom_state_load_former(apply->state, &cause);
    g_autoptr(LoomHost) result = NULL;
    g_auto(LoomView) view = {0};

    if (cause) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    if (!previous) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("There is nothing to go back to: no apply has changed this host yet"));
        return FALSE;
    }
    if (!prepare_all(apply, error) || !look_for_change(apply, previous, report, &view, error))
        return FALSE;
    result = former ? add_kept(former, view.plan, committed) : NULL;
    if (!transact(apply, &(Transaction){previous, result, committed, &view, AT_ONCE}, report,
                  error))
        return FALSE;
    *steps = view.plan->steps->len;
    if (!view.plan->steps->len)
        loom_apply_keep_last(apply, g_steal_pointer(&view.observed));
    return TRUE;
}

static gboolean
revert_locked(LoomApply *apply, size_t *steps, LoomReport *report, GError **error)
{
    g_autoptr(LoomHost) committed = NULL;

    if (!load_committed(apply, &committed, error))
        return FALSE;
    return loom_state_has_snapshot(apply->state)
               ? recover(apply, committed, steps, error)
               : revert_committed(apply, committed, steps, report, error);
}

static gboolean
recover_locked(LoomApply *apply, size_t *steps, GError **error)
{
    g_autoptr(LoomHost) committed = NULL;

    return load_committed(apply, &committed, error) && recover(apply, committed, steps, error);
}

/* Without a snapshot: before a boot there was nothing to go back to. */
static gboolean
bring_up(LoomApply *apply, const LoomHost *committed, size_t *steps, LoomReport *report,
         GError **error)
{
    g_auto(LoomView) view = {0};
    g_autoptr(GError) step_error = NULL;
    g_autoptr(GError) difference = NULL;

    if (!save_slices(apply, committed, error) ||
        !loom_slice_prune(committed, apply->rundir, error) ||
        !loom_apply_look(apply, committed, report, &view, error))
        return FALSE;
    if (view.plan->steps->len) {
        step_error = loom_apply_run_most(apply, view.plan, LOOM_APPLY_RUNNING);
        loom_apply_finish(apply, view.target, NULL); /* only speeds up what is learnt anyway */
        if (!loom_apply_verify(apply, committed, &difference)) {
            g_propagate_error(error, step_error ? g_steal_pointer(&step_error)
                                                : g_steal_pointer(&difference));
            return FALSE;
        }
    } else {
        loom_apply_keep_last(apply, g_steal_pointer(&view.observed));
    }
    *steps = view.plan->steps->len;
    return TRUE;
}

static gboolean
boot_locked(LoomApply *apply, size_t *steps, LoomReport *report, GError **error)
{
    g_autoptr(LoomHost) committed = NULL;
    gboolean is_back, is_up;
    size_t back = 0, up = 0;

    if (!load_committed(apply, &committed, error) || !prepare_all(apply, error))
        return FALSE;
    is_back = recover(apply, committed, &back, error);
    /* what cannot be taken back does not keep the host down */
    is_up = !committed || bring_up(apply, committed, &up, report, is_back ? error : NULL);
    *steps = back + up;
    return is_back && is_up;
}

/* Whoever holds the lock already keeps it. */
typedef enum { NOT_LOCKED, LOCKED, HELD_BEFORE } Lock;

static Lock
take_lock(LoomApply *apply, GError **error)
{
    if (loom_state_get_lock(apply->state) >= 0)
        return HELD_BEFORE;
    return loom_state_lock(apply->state, error) ? LOCKED : NOT_LOCKED;
}

static void
release_lock(LoomApply *apply, Lock lock)
{
    if (lock == LOCKED)
        loom_state_unlock(apply->state);
}

gboolean
loom_apply_run(LoomApply *apply, const LoomHost *desired, size_t *steps, LoomReport *report,
               GError **error)
{
    Lock lock = take_lock(apply, error);
    gboolean done = lock && run_locked(apply, desired, steps, report, error);

    release_lock(apply, lock);
    return done;
}

gboolean
loom_apply_revert(LoomApply *apply, size_t *steps, LoomReport *report, GError **error)
{
    Lock lock = take_lock(apply, error);
    gboolean done = lock && revert_locked(apply, steps, report, error);

    release_lock(apply, lock);
    return done;
}

gboolean
loom_apply_recover(LoomApply *apply, size_t *steps, GError **error)
{
    Lock lock = take_lock(apply, error);
    gboolean done = lock && recover_locked(apply, steps, error);

    release_lock(apply, lock);
    return done;
}

gboolean
loom_apply_boot(LoomApply *apply, size_t *steps, LoomReport *report, GError **error)
{
    Lock lock = take_lock(apply, error);
    gboolean done = lock && boot_locked(apply, steps, report, error);

    release_lock(apply, lock);
    return done;
}
