/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans as text, for tests to compare with. */
#pragma once

#include "plan/plan.h"

/* As a person would read it: the findings, then one line per step and difference. */
char *loom_test_format_plan(const LoomPlan *plan, const LoomReport *report);
