/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a change must stand before it is committed: it is so, it works, somebody says so. */
#include "apply/engine.h"

#include "apply/probe.h"
#include "base/error.h"
#include "base/i18n.h"

/* Milliseconds. A bond's LACP partner may be slow; a bridge listens and learns 15 s each. */
#define SETTLE_USUAL   10000u
#define SETTLE_LACP    40000u
#define SETTLE_STP     45000u
#define PAUSE_SHORTEST 20u
#define PAUSE_LONGEST  1000u
#define PROBE_PATIENCE 1000u
/* Seconds. */
#define STEP_LONGEST  20u
#define REST_LONGEST  180u /* to be proven, read, synced */
#define PROBE_LONGEST (PROBE_PATIENCE / 1000 + 1)

/* Pauses that get longer, until a moment. */
typedef struct {
    gint64 until;
    guint pause;
} Patience;

static guint
settle_limit(const LoomHost *target)
{
    guint limit = SETTLE_USUAL;

    for (guint i = 0; i < target->links->len; i++) {
        const LoomLink *link = target->links->pdata[i];

        if (g_strcmp0(link->mode, "802.3ad") == 0)
            limit = MAX(limit, SETTLE_LACP);
        if (link->stp)
            limit = MAX(limit, SETTLE_STP);
    }
    return limit;
}

static gint64
now(const LoomApply *apply)
{
    return apply->clock.now(apply->clock.data);
}

static Patience
patience_until(gint64 until)
{
    return (Patience){until, PAUSE_SHORTEST};
}

/* FALSE: it is over. */
static gboolean
wait_a_moment(const LoomApply *apply, Patience *patience)
{
    gint64 left = patience->until - now(apply);

    if (left <= 0)
        return FALSE;
    apply->clock.sleep(MIN(left, patience->pause), apply->clock.data);
    patience->pause = MIN(patience->pause * 2, PAUSE_LONGEST);
    return TRUE;
}

/* What is left to do: a line for a person, or NULL. */
static char *
describe_rest(const LoomPlan *plan, const LoomReport *report)
{
    const LoomFinding *finding = loom_apply_first_error(report, 0);

    if (finding)
        return g_strdup(finding->message);
    return plan->steps->len ? loom_step_describe(plan->steps->pdata[0]) : NULL;
}

gboolean
loom_apply_verify(LoomApply *apply, const LoomHost *target, GError **error)
{
    Patience patience = patience_until(now(apply) + settle_limit(target));

    if (!apply->is_reverting)
        loom_apply_tell(apply, LOOM_APPLY_VERIFYING, NULL, 0, 0);
    for (;;) {
        g_autoptr(LoomReport) report = loom_report_new();
        g_auto(LoomView) view = {0};
        g_autofree char *rest = NULL;

        if (!loom_apply_look(apply, target, report, &view, error))
            return FALSE;
        rest = describe_rest(view.plan, report);
        if (!rest) {
            loom_apply_keep_last(apply, g_steal_pointer(&view.observed));
            return TRUE;
        }
        if (loom_apply_is_asked_back(apply, error))
            return FALSE;
        if (wait_a_moment(apply, &patience))
            continue;
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                    _("The host differs from what was asked for although every step succeeded; "
                      "first of %u left: %s"),
                    MAX(1, view.plan->steps->len), rest);
        return FALSE;
    }
}

static gboolean
try_probe(LoomApply *apply, const LoomHostProbe *probe, const LoomHost *target, gint64 start,
          GError **error)
{
    guint seconds = loom_probe_get_settle(probe, target);
    Patience patience = patience_until(start + seconds * G_GINT64_CONSTANT(1000));

    for (;;) {
        g_autoptr(GError) cause = NULL;

        if (loom_apply_is_asked_back(apply, error))
            return FALSE;
        if (apply->prober.probe(probe, apply->last, PROBE_PATIENCE, apply->prober.data, &cause))
            return TRUE;
        if (wait_a_moment(apply, &patience))
            continue;
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("%s. It was asked for %u s"),
                    cause->message, seconds);
        return FALSE;
    }
}

gboolean
loom_apply_probe(LoomApply *apply, const LoomHost *target, GError **error)
{
    gint64 start = now(apply);

    for (guint i = 0; apply->prober.probe && i < target->probes->len; i++) {
        loom_apply_tell(apply, LOOM_APPLY_PROBING, NULL, i, target->probes->len);
        if (!try_probe(apply, target->probes->pdata[i], target, start, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
loom_apply_await_confirmation(LoomApply *apply, GError **error)
{
    gint64 start = now(apply);
    Patience patience = patience_until(start + apply->confirm * G_GINT64_CONSTANT(1000));
    guint told = G_MAXUINT;

    for (; apply->confirm; patience.pause = PAUSE_SHORTEST * 2) {
        guint seconds = (now(apply) - start) / 1000;

        if (seconds != told)
            loom_apply_tell(apply, LOOM_APPLY_CONFIRMING, NULL, seconds, apply->confirm);
        told = seconds;
        if (loom_apply_read_request(apply) == LOOM_REQUEST_CONFIRM)
            return TRUE;
        if (loom_apply_is_asked_back(apply, error))
            return FALSE;
        if (wait_a_moment(apply, &patience))
            continue;
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                    _("The change was not confirmed within %u s"), apply->confirm);
        return FALSE;
    }
    return TRUE;
}

guint
loom_apply_time_limit(const LoomApply *apply, const LoomHost *target, size_t steps)
{
    guint settle = settle_limit(target) / 1000;
    guint probes = 0;

    for (guint i = 0; apply->prober.probe && i < target->probes->len; i++)
        probes = MAX(probes, loom_probe_get_settle(target->probes->pdata[i], target));
    probes += target->probes->len * PROBE_LONGEST;
    return REST_LONGEST + 2 * (steps * STEP_LONGEST + settle) + probes + apply->confirm;
}
