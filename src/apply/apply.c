/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a transaction works with: backends, lock, requests; how it looks and takes steps. */
#include "apply/engine.h"

#include "base/error.h"
#include "base/file.h"
#include "base/i18n.h"
#include "host/slice.h"

#include <string.h>
#include <unistd.h>

#define REQUEST_MAX 32

static const char *const request_words[] = {"", "confirm", "revert"};

static gint64
monotonic_now(gpointer data G_GNUC_UNUSED)
{
    return g_get_monotonic_time() / 1000;
}

static void
sleep_for(guint milliseconds, gpointer data G_GNUC_UNUSED)
{
    g_usleep(milliseconds * 1000UL);
}

static char *
join_kinds(const GPtrArray *kinds)
{
    GString *words = g_string_new(NULL);

    for (guint i = 0; i < kinds->len; i++)
        g_string_append_printf(words, "%s%s", i ? " " : "",
                               ((const LoomKind *)kinds->pdata[i])->element);
    return g_string_free(words, FALSE);
}

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
    apply->words = join_kinds(apply->kinds);
    g_ptr_array_add(apply->kinds, NULL);
    apply->state = loom_state_new(statedir);
    apply->rundir = g_strdup(rundir ? rundir : loom_slice_directory());
    apply->request = g_build_filename(apply->rundir, "request", NULL);
    apply->targets = g_ptr_array_new_with_free_func((GDestroyNotify)loom_host_free);
    apply->clock = (LoomClock){monotonic_now, sleep_for, NULL};
    return apply;
}

void
loom_apply_free(LoomApply *apply)
{
    if (!apply)
        return;
    g_ptr_array_unref(apply->backends);
    g_ptr_array_unref(apply->kinds);
    g_ptr_array_unref(apply->targets);
    loom_state_free(apply->state);
    g_free(apply->rundir);
    g_free(apply->request);
    g_free(apply->words);
    g_clear_pointer(&apply->last, loom_host_free);
    g_free(apply);
}

void
loom_apply_set_progress(LoomApply *apply, LoomApplyProgress progress, gpointer data)
{
    apply->progress = progress;
    apply->progress_data = data;
}

void
loom_apply_set_prober(LoomApply *apply, LoomProber prober)
{
    apply->prober = prober;
}

void
loom_apply_set_confirm(LoomApply *apply, guint seconds)
{
    apply->confirm = seconds;
}

void
loom_apply_set_clock(LoomApply *apply, LoomClock clock)
{
    apply->clock = clock;
}

const LoomHost *
loom_apply_get_last(const LoomApply *apply)
{
    return apply->last;
}

void
loom_apply_keep_last(LoomApply *apply, LoomHost *observed)
{
    g_clear_pointer(&apply->last, loom_host_free);
    apply->last = observed;
}

void
loom_apply_tell(const LoomApply *apply, LoomApplyPhase phase, const LoomStep *step, size_t done,
                size_t total)
{
    if (apply->progress)
        apply->progress(phase, step, done, total, apply->progress_data);
}

gboolean
loom_apply_lock(LoomApply *apply, GError **error)
{
    return loom_state_lock(apply->state, error);
}

void
loom_apply_unlock(LoomApply *apply)
{
    loom_state_unlock(apply->state);
}

int
loom_apply_get_lock(const LoomApply *apply)
{
    return loom_state_get_lock(apply->state);
}

void
loom_apply_adopt_lock(LoomApply *apply, int fd)
{
    loom_state_adopt_lock(apply->state, fd);
}

const char *
loom_apply_get_directory(const LoomApply *apply)
{
    return loom_state_directory(apply->state);
}

gboolean
loom_apply_is_running(const LoomApply *apply)
{
    return loom_state_is_locked(apply->state);
}

gboolean
loom_apply_is_unfinished(const LoomApply *apply)
{
    return loom_state_has_snapshot(apply->state);
}

LoomHost *
loom_apply_load_committed(LoomApply *apply, GError **error)
{
    return loom_state_load_committed(apply->state, error);
}

/* --- requests -------------------------------------------------------------------------------- */

gboolean
loom_apply_request(LoomApply *apply, LoomRequest request, GError **error)
{
    return loom_file_write_volatile(apply->request, request_words[request], error);
}

LoomRequest
loom_apply_read_request(const LoomApply *apply)
{
    size_t length;
    g_autofree char *word = NULL;

    if (access(apply->request, F_OK) != 0)
        return LOOM_REQUEST_NONE;
    word = loom_file_read(apply->request, REQUEST_MAX, &length, NULL);
    for (LoomRequest i = LOOM_REQUEST_CONFIRM; word && i < G_N_ELEMENTS(request_words); i++)
        if (g_str_equal(request_words[i], g_strchomp(word)))
            return i;
    return LOOM_REQUEST_NONE;
}

gboolean
loom_apply_drop_request(LoomApply *apply, GError **error)
{
    return loom_file_remove(apply->request, error);
}

gboolean
loom_apply_is_asked_back(const LoomApply *apply, GError **error)
{
    if (apply->is_reverting || loom_apply_read_request(apply) != LOOM_REQUEST_REVERT)
        return FALSE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("A revert was asked for"));
    return TRUE;
}

/* --- looking --------------------------------------------------------------------------------- */

void
loom_view_clear(LoomView *view)
{
    g_clear_pointer(&view->plan, loom_plan_free);
    g_clear_pointer(&view->target, loom_host_free);
    g_clear_pointer(&view->observed, loom_host_free);
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
    LOOM_SET(host, kinds, apply->words);
    for (guint i = 0; i < apply->backends->len; i++) {
        LoomBackend *backend = apply->backends->pdata[i];

        if (!backend->observe(backend, target, host, error))
            return NULL;
    }
    loom_host_sort(host); /* so that findings do not change places from run to run */
    return g_steal_pointer(&host);
}

/* NULL-terminated: a target that was observed speaks of no others. */
static GPtrArray *
kinds_of(const LoomApply *apply, const LoomHost *target)
{
    GPtrArray *kinds = g_ptr_array_new();

    for (guint i = 0; apply->kinds->pdata[i]; i++) {
        const LoomKind *kind = apply->kinds->pdata[i];

        if (!LOOM_HAS(target, kinds) ||
            (target->kinds && g_strv_contains((const char *const *)target->kinds, kind->element)))
            g_ptr_array_add(kinds, (gpointer)kind);
    }
    g_ptr_array_add(kinds, NULL);
    return kinds;
}

gboolean
loom_apply_look(LoomApply *apply, const LoomHost *target, LoomReport *report, LoomView *view,
                GError **error)
{
    g_autoptr(LoomHost) reduced = loom_record_copy(target);
    g_autoptr(GPtrArray) kinds = kinds_of(apply, target);
    LoomHost *observed;

    for (guint i = 0; i < apply->backends->len; i++) {
        LoomBackend *backend = apply->backends->pdata[i];

        if (backend->reduce)
            backend->reduce(backend, reduced, report);
    }
    observed = observe_all(apply, reduced, error);
    if (!observed)
        return FALSE;
    view->target = g_steal_pointer(&reduced);
    view->observed = observed;
    view->plan =
        loom_plan_compare(observed, view->target, (const LoomKind *const *)kinds->pdata, report);
    return TRUE;
}

LoomPlan *
loom_apply_plan(LoomApply *apply, const LoomHost *desired, LoomHost **observed, LoomReport *report,
                GError **error)
{
    g_auto(LoomView) view = {0};

    if (!loom_apply_look(apply, desired, report, &view, error))
        return NULL;
    g_ptr_array_add(apply->targets, g_steal_pointer(&view.target)); /* the plan borrows of it */
    *observed = g_steal_pointer(&view.observed);
    return g_steal_pointer(&view.plan);
}

const LoomFinding *
loom_apply_first_error(const LoomReport *report, size_t start)
{
    for (size_t i = start; i < loom_report_length(report); i++)
        if (loom_report_get(report, i)->severity == LOOM_SEVERITY_ERROR)
            return loom_report_get(report, i);
    return NULL;
}

/* --- steps ----------------------------------------------------------------------------------- */

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

gboolean
loom_apply_run_step(LoomApply *apply, const LoomStep *step, GError **error)
{
    LoomBackend *backend = backend_of(apply, step->kind);
    g_autofree char *line = NULL;

    if (backend->run_step(backend, step, error))
        return TRUE;
    line = loom_step_describe(step);
    g_prefix_error(error, _("Cannot %s: "), line);
    return FALSE;
}

static void
expect(const LoomApply *apply, const GPtrArray *steps)
{
    for (guint i = 0; i < apply->backends->len; i++) {
        LoomBackend *backend = apply->backends->pdata[i];

        if (backend->expect)
            backend->expect(backend, steps);
    }
}

static gboolean
run_all(LoomApply *apply, const LoomPlan *plan, GError **error)
{
    for (guint i = 0; i < plan->steps->len; i++) {
        if (loom_apply_is_asked_back(apply, error))
            return FALSE;
        loom_apply_tell(apply, LOOM_APPLY_RUNNING, plan->steps->pdata[i], i, plan->steps->len);
        if (!loom_apply_run_step(apply, plan->steps->pdata[i], error))
            return FALSE;
    }
    return TRUE;
}

gboolean
loom_apply_run_all(LoomApply *apply, const LoomPlan *plan, GError **error)
{
    gboolean done;

    expect(apply, plan->steps);
    done = run_all(apply, plan, error);
    expect(apply, NULL);
    return done;
}

GError *
loom_apply_run_most(LoomApply *apply, const LoomPlan *plan, LoomApplyPhase phase)
{
    GError *first = NULL;

    for (guint i = 0; i < plan->steps->len; i++) {
        loom_apply_tell(apply, phase, plan->steps->pdata[i], i, plan->steps->len);
        loom_apply_run_step(apply, plan->steps->pdata[i], first ? NULL : &first);
    }
    return first;
}

gboolean
loom_apply_finish(LoomApply *apply, const LoomHost *target, GError **error)
{
    for (guint i = 0; i < apply->backends->len; i++) {
        LoomBackend *backend = apply->backends->pdata[i];

        if (backend->finish && !backend->finish(backend, target, error))
            return FALSE;
    }
    return TRUE;
}
