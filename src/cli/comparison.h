/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs, for people and for programs: one output of plan, status and apply. */
#pragma once

#include "cli/work.h"

/* RESULT: a word for scripts, such as "agrees". PLAN may be NULL: no steps. */
void loom_print_json(const LoomHost *host, const char *result, const LoomPlan *plan,
                     const LoomReport *report);

/* Adds what runs on with an older definition, and until when. */
void loom_report_pending(const LoomHost *observed, LoomReport *report);

/*
 * Compares, and prints what differs. DIFFERS: the status where it does, LOOM_EXIT_DIFFERS for one
 * who asks whether the host is in order, hooks included.
 */
LoomExit loom_print_comparison(const LoomSession *session, LoomWork *work, LoomExit differs);
