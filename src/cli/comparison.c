/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs, for people and for programs. */
#include "cli/comparison.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/json.h"
#include "cli/output.h"

#include <inttypes.h>
#include <stdio.h>

static void
observe_users(const LoomWork *work, LoomSurvey *survey)
{
    for (guint i = 0; i < work->backends->len; i++) {
        LoomBackend *backend = work->backends->pdata[i];
        g_autoptr(GError) error = NULL;

        if (!backend->observe_users || backend->observe_users(backend, survey->observed, &error))
            continue;
        survey->is_blind = TRUE;
        loom_report_add(survey->report, LOOM_SEVERITY_WARNING, NULL,
                        _("who would notice the change is not fully known: %s"), error->message);
    }
}

gboolean
loom_survey_take(const LoomWork *work, LoomSurvey *survey, GError **error)
{
    survey->report = loom_report_new();
    survey->plan =
        loom_apply_plan(work->apply, work->desired, &survey->observed, survey->report, error);
    if (!survey->plan)
        return FALSE;
    loom_report_pending(survey->observed, survey->report);
    if (survey->plan->steps->len)
        observe_users(work, survey);
    survey->notices = loom_plan_find_notices(survey->plan, survey->observed, work->desired);
    return TRUE;
}

void
loom_survey_clear(LoomSurvey *survey)
{
    g_clear_pointer(&survey->notices, g_ptr_array_unref);
    g_clear_pointer(&survey->plan, loom_plan_free);
    g_clear_pointer(&survey->observed, loom_host_free);
    g_clear_pointer(&survey->report, loom_report_free);
}

gboolean
loom_survey_agrees(const LoomSurvey *survey)
{
    return !survey->plan->steps->len && !loom_report_count(survey->report, LOOM_SEVERITY_ERROR);
}

void
loom_report_pending(const LoomHost *observed, LoomReport *report)
{
    for (guint i = 0; i < observed->networks->len; i++) {
        const LoomNetwork *network = observed->networks->pdata[i];

        if (network->ours && network->pending)
            loom_report_add(report, LOOM_SEVERITY_NOTE, NULL,
                            _("network '%s' runs with its former definition until it is "
                              "restarted; guests on it keep their ports (virsh net-destroy, then "
                              "virsh net-start)"),
                            network->name);
    }
}

/* --- for people ---------------------------------------------------------------------------------
 */

const char *
loom_cost_describe(LoomCost cost)
{
    switch (cost) {
    case LOOM_COST_LIVE:
        return _("live");
    case LOOM_COST_DOWN:
        return _("link down");
    default:
        return _("replace");
    }
}

static void
print_differences(const LoomStep *step)
{
    g_autoptr(GPtrArray) differences = loom_step_differences(step);

    for (guint i = 0; i < differences->len; i++) {
        const LoomDifference *difference = differences->pdata[i];

        printf("    %s: ", difference->name);
        if (difference->from)
            loom_output_print(stdout, LOOM_RED, "%s", difference->from);
        if (difference->from && difference->to)
            printf(" -> ");
        if (difference->to)
            loom_output_print(stdout, LOOM_GREEN, "%s", difference->to);
        printf("\n");
    }
}

void
loom_print_step(const LoomStep *step, const GPtrArray *notices)
{
    static const char marks[] = {'+', '~', '-'};
    static const LoomColour colours[] = {LOOM_GREEN, LOOM_YELLOW, LOOM_RED};
    g_autofree char *what = loom_step_describe(step);

    loom_output_print(stdout, colours[step->verb], "%c %s", marks[step->verb], what);
    loom_output_print(stdout, LOOM_DIM, "  (%s)\n", loom_cost_describe(step->cost));
    if (step->verb == LOOM_STEP_CHANGE)
        print_differences(step);
    for (guint i = 0; i < notices->len; i++) {
        const LoomNotice *notice = notices->pdata[i];

        if (notice->step == step)
            loom_output_print(stdout,
                              notice->effect == LOOM_NOTICE_INTERRUPTION ? LOOM_RED : LOOM_YELLOW,
                              "    ! %s\n", notice->text);
    }
}

static char *
describe_who(const LoomNotice *notice)
{
    const LoomRecord *who = notice->who;
    const LoomGuestTap *guest = (const LoomGuestTap *)who;
    const LoomSessions *sessions = (const LoomSessions *)who;

    if (who->kind == &loom_guest_tap_kind)
        return g_strdup_printf(_("guest '%s'"), guest->name ? guest->name : guest->domain);
    if (who->kind == &loom_address_kind)
        return g_strdup_printf(_("address '%s'"), ((const LoomAddress *)who)->address);
    if (who->kind == &loom_sessions_kind)
        return g_strdup_printf(ngettext("%" PRIu64 " session of %s port %" PRIu64,
                                        "%" PRIu64 " sessions of %s port %" PRIu64,
                                        (unsigned long)sessions->count),
                               sessions->count, sessions->address, sessions->port);
    return g_strdup_printf(_("link '%s'"), ((const LoomLink *)who)->name);
}

/* Each once: a guest may have several vNICs. NULL: nobody. */
static char *
list_interrupted(const LoomSurvey *survey)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GString) list = g_string_new(NULL);

    for (guint i = 0; i < survey->notices->len; i++) {
        const LoomNotice *notice = survey->notices->pdata[i];
        g_autofree char *who = describe_who(notice);

        if (notice->effect != LOOM_NOTICE_INTERRUPTION || g_hash_table_contains(seen, who))
            continue;
        g_string_append_printf(list, "%s%s", list->len ? ", " : "", who);
        g_hash_table_add(seen, g_steal_pointer(&who));
    }
    return list->len ? g_strdup(list->str) : NULL;
}

void
loom_print_interruptions(const LoomSurvey *survey)
{
    g_autofree char *who = list_interrupted(survey);

    if (!survey->plan->steps->len)
        return;
    if (who)
        loom_output_print(stdout, LOOM_RED, _("Interrupts: %s.\n"), who);
    else if (!survey->is_blind)
        printf("%s\n", _("Interrupts nobody."));
}

gboolean
loom_survey_is_gentle(const LoomSurvey *survey, GError **error)
{
    g_autofree char *who = list_interrupted(survey);

    if (!who && !survey->is_blind)
        return TRUE;
    if (who)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("The change would interrupt %s, and --no-interruption forbids that"), who);
    else
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("Whom the change would interrupt could not be read, and --no-interruption "
                      "demands to know"));
    return FALSE;
}

void
loom_print_verdict(const LoomHost *desired, gboolean agrees, guint steps)
{
    if (agrees)
        printf(_("Host '%s' agrees with fabric '%s'.\n"), desired->name, desired->fabric);
    else if (steps)
        printf(ngettext("Host '%s' differs from fabric '%s': %u change is needed.\n",
                        "Host '%s' differs from fabric '%s': %u changes are needed.\n", steps),
               desired->name, desired->fabric, steps);
    else
        printf(_("Host '%s' differs from fabric '%s'.\n"), desired->name, desired->fabric);
}

/* --- for programs -------------------------------------------------------------------------------
 */

void
loom_json_add_member(JsonBuilder *builder, const char *name, const char *value)
{
    json_builder_set_member_name(builder, name);
    if (value)
        json_builder_add_string_value(builder, value);
    else
        json_builder_add_null_value(builder);
}

static void
add_step(JsonBuilder *builder, const LoomStep *step, LoomStepWriter writer, gpointer data)
{
    g_autoptr(GPtrArray) differences = loom_step_differences(step);

    json_builder_begin_object(builder);
    loom_json_add_member(builder, "verb", loom_verb_format(step->verb));
    loom_json_add_member(builder, "kind", step->kind->element);
    loom_json_add_member(builder, "name", step->key);
    loom_json_add_member(builder, "cost", loom_cost_format(step->cost));
    json_builder_set_member_name(builder, "differences");
    json_builder_begin_array(builder);
    for (guint i = 0; i < differences->len; i++) {
        const LoomDifference *difference = differences->pdata[i];

        json_builder_begin_object(builder);
        loom_json_add_member(builder, "name", difference->name);
        loom_json_add_member(builder, "actual", difference->from);
        loom_json_add_member(builder, "expected", difference->to);
        if (writer)
            writer(builder, step, difference, data);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    if (writer)
        writer(builder, step, NULL, data);
    json_builder_end_object(builder);
}

static void
add_notice(JsonBuilder *builder, const LoomNotice *notice, guint step)
{
    json_builder_begin_object(builder);
    loom_json_add_member(builder, "effect", loom_notice_effect_format(notice->effect));
    loom_json_add_member(builder, "kind", notice->who->kind->element);
    json_builder_set_member_name(builder, "who");
    loom_json_add_record(builder, notice->who);
    loom_json_add_member(builder, "link", notice->link);
    json_builder_set_member_name(builder, "step");
    json_builder_add_int_value(builder, step);
    loom_json_add_member(builder, "text", notice->text);
    json_builder_end_object(builder);
}

void
loom_json_add_survey(JsonBuilder *builder, const LoomSurvey *survey, LoomStepWriter writer,
                     gpointer data)
{
    const GPtrArray *steps = survey->plan->steps;
    g_autoptr(GHashTable) numbers = g_hash_table_new(NULL, NULL);

    json_builder_set_member_name(builder, "steps");
    json_builder_begin_array(builder);
    for (guint i = 0; i < steps->len; i++) {
        g_hash_table_insert(numbers, steps->pdata[i], GUINT_TO_POINTER(i));
        add_step(builder, steps->pdata[i], writer, data);
    }
    json_builder_end_array(builder);
    json_builder_set_member_name(builder, "notices");
    json_builder_begin_array(builder);
    for (guint i = 0; i < survey->notices->len; i++) {
        const LoomNotice *notice = survey->notices->pdata[i];

        add_notice(builder, notice, GPOINTER_TO_UINT(g_hash_table_lookup(numbers, notice->step)));
    }
    json_builder_end_array(builder);
    json_builder_set_member_name(builder, "interrupts");
    json_builder_add_boolean_value(builder, loom_notices_interrupt(survey->notices));
}

/* SURVEY may be NULL. */
static void
print_document(const LoomHost *host, const char *result, const LoomSurvey *survey,
               const LoomReport *report)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    loom_json_add_member(builder, "host", host->name);
    loom_json_add_member(builder, "result", result);
    if (survey) {
        loom_json_add_survey(builder, survey, NULL, NULL);
    } else {
        json_builder_set_member_name(builder, "steps");
        json_builder_begin_array(builder);
        json_builder_end_array(builder);
    }
    json_builder_set_member_name(builder, "findings");
    loom_json_add_report(builder, report);
    json_builder_end_object(builder);
    text = loom_json_finish(builder);
    fputs(text, stdout);
}

void
loom_print_json(const LoomHost *host, const char *result, const LoomReport *report)
{
    print_document(host, result, NULL, report);
}

static void
print_survey(const LoomSession *session, const LoomHost *desired, const LoomSurvey *survey)
{
    gboolean agrees = loom_survey_agrees(survey);

    if (session->is_json) {
        print_document(desired, agrees ? "agrees" : "differs", survey, survey->report);
        return;
    }
    for (guint i = 0; i < survey->plan->steps->len; i++)
        loom_print_step(survey->plan->steps->pdata[i], survey->notices);
    loom_session_print_report(session, survey->report, stderr);
    if (session->is_quiet)
        return;
    loom_print_verdict(desired, agrees, survey->plan->steps->len);
    loom_print_interruptions(survey);
}

LoomExit
loom_print_plan(const LoomSession *session, const LoomWork *work)
{
    g_auto(LoomSurvey) survey = {0};
    GError *error = NULL;

    if (!loom_survey_take(work, &survey, &error))
        return loom_session_fail(error);
    print_survey(session, work->desired, &survey);
    if (session->no_interruption && !loom_survey_is_gentle(&survey, &error))
        return loom_session_fail(error);
    return loom_report_count(survey.report, LOOM_SEVERITY_ERROR) ? LOOM_EXIT_FAILED
                                                                 : LOOM_EXIT_DONE;
}
