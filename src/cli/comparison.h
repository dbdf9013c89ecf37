/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs, for people and for programs: one output of plan, status, rehearse and apply. */
#pragma once

#include "cli/work.h"
#include "plan/notice.h"

#include <json-glib/json-glib.h>

/* The host as it is beside what it should be, and who would notice the change. */
typedef struct {
    LoomReport *report;
    LoomHost *observed;
    LoomPlan *plan;
    GPtrArray *notices; /* of LoomNotice; empty where there are no steps */
    gboolean is_blind;  /* who would notice could not be read, as REPORT says */
} LoomSurvey;

/* Reads only. SURVEY is empty, and is cleared by the caller before WORK. */
gboolean loom_survey_take(const LoomWork *work, LoomSurvey *survey, GError **error);
void loom_survey_clear(LoomSurvey *survey);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LoomSurvey, loom_survey_clear)

/* Whether the host agrees, as far as backends see. */
gboolean loom_survey_agrees(const LoomSurvey *survey);

/* "live", "link down", "replace": for a person, translated. */
const char *loom_cost_describe(LoomCost cost);

/* The step as lines of a diff: what, at which cost, its differences, who notices it. */
void loom_print_step(const LoomStep *step, const GPtrArray *notices);

/* "Interrupts guest 'web1', ...", or nobody; who is named once. */
void loom_print_interruptions(const LoomSurvey *survey);

/* "Host 'x' differs from fabric 'y': 5 changes are needed." */
void loom_print_verdict(const LoomHost *desired, gboolean agrees, guint steps);

/* FALSE, with an error that names who, where the plan interrupts or nobody knows whether it does.
 */
gboolean loom_survey_is_gentle(const LoomSurvey *survey, GError **error);

/* Adds what runs on with an older definition, and until when. */
void loom_report_pending(const LoomHost *observed, LoomReport *report);

/* A member of an object; VALUE NULL: null. */
void loom_json_add_member(JsonBuilder *builder, const char *name, const char *value);

/* Adds more members to the object of a step, or of one of its differences (else NULL). */
typedef void (*LoomStepWriter)(JsonBuilder *builder, const LoomStep *step,
                               const LoomDifference *difference, gpointer data);

/* Members "steps", "notices" and "interrupts" of an object; WRITER may be NULL. */
void loom_json_add_survey(JsonBuilder *builder, const LoomSurvey *survey, LoomStepWriter writer,
                          gpointer data);

/* What an apply has to say: RESULT is a word for scripts, such as "agrees". */
void loom_print_json(const LoomHost *host, const char *result, const LoomReport *report);

/* Surveys, and prints the plan: plan, and apply --dry-run. */
LoomExit loom_print_plan(const LoomSession *session, const LoomWork *work);
