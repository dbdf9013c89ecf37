/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way back: from a change that failed, or was killed. */
#include "apply/engine.h"

#include "base/error.h"
#include "base/i18n.h"
#include "host/slice.h"

static void
copy_networks(LoomHost *into, const GPtrArray *records)
{
    for (guint i = 0; i < records->len; i++)
        if (((const LoomRecord *)records->pdata[i])->kind == &loom_network_kind)
            loom_record_add(into, loom_record_copy(records->pdata[i]));
}

gboolean
loom_apply_restore_slices(LoomApply *apply, const LoomHost *target, const LoomHost *committed,
                          const LoomPlan *plan, GError **error)
{
    g_autoptr(LoomHost) stay = loom_record_copy(committed ? committed : target);

    if (committed && !loom_slice_save_all(committed, apply->rundir, error))
        return FALSE;
    copy_networks(stay, plan->kept);
    return loom_slice_prune(stay, apply->rundir, error);
}

static LoomApply *
narrow(const LoomApply *apply, LoomBackend *backend)
{
    g_autoptr(GPtrArray) backends = g_ptr_array_new();
    LoomApply *narrowed;

    g_ptr_array_add(backends, backend);
    narrowed = loom_apply_new(backends, NULL, apply->rundir);
    narrowed->progress = apply->progress;
    narrowed->progress_data = apply->progress_data;
    return narrowed;
}

/* Something of the host cannot be read, libvirt perhaps: that keeps nobody else from going back. */
static void
go_back_apart(LoomApply *apply, const LoomHost *snapshot)
{
    for (guint i = 0; i < apply->backends->len; i++) {
        g_autoptr(LoomApply) narrowed = narrow(apply, apply->backends->pdata[i]);
        g_autoptr(LoomReport) report = loom_report_new();
        g_autoptr(GError) ignored = NULL;
        g_auto(LoomView) view = {0};

        if (!loom_apply_look(narrowed, snapshot, report, &view, NULL))
            continue;
        ignored = loom_apply_run_most(narrowed, view.plan, LOOM_APPLY_REVERTING);
        loom_apply_finish(narrowed, view.target, NULL);
    }
}

/* Whether the host was brought back is read, and not concluded from steps that succeeded. */
static gboolean
run_back(LoomApply *apply, const LoomHost *snapshot, const LoomHost *committed, size_t *steps,
         GError **error)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_auto(LoomView) view = {0};
    g_autoptr(GError) step_error = NULL;
    g_autoptr(GError) difference = NULL;

    if (!loom_apply_look(apply, snapshot, report, &view, error)) {
        go_back_apart(apply, snapshot);
        return FALSE;
    }
    step_error = loom_apply_run_most(apply, view.plan, LOOM_APPLY_REVERTING);
    loom_apply_finish(apply, view.target, NULL); /* only speeds up what the network learns anyway */
    if (!loom_apply_verify(apply, snapshot, &difference)) {
        g_propagate_error(error,
                          step_error ? g_steal_pointer(&step_error) : g_steal_pointer(&difference));
        return FALSE;
    }
    *steps = view.plan->steps->len;
    return loom_apply_restore_slices(apply, snapshot, committed, view.plan, error) &&
           loom_state_drop_snapshot(apply->state, error);
}

gboolean
loom_apply_go_back(LoomApply *apply, const LoomHost *snapshot, const LoomHost *committed,
                   size_t *steps, GError **error)
{
    gboolean done;

    apply->is_reverting = TRUE;
    done = run_back(apply, snapshot, committed, steps, error);
    apply->is_reverting = FALSE;
    return done;
}
