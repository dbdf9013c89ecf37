/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON out of records and reports, by json-glib; only the front doors need it. */
#pragma once

#include "base/record.h"
#include "base/report.h"

#include <json-glib/json-glib.h>

/*
 * One object: present attributes and non-NULL defaults by their names (numbers and yes/no as JSON
 * numbers and booleans), child lists as arrays named after the element.
 */
void loom_json_add_record(JsonBuilder *builder, gconstpointer record);

/* An array of {"severity", "file", "line", "message"} in the report's order. */
void loom_json_add_report(JsonBuilder *builder, const LoomReport *report);

/* The whole document, indented, with a newline at its end; owned by the caller. */
char *loom_json_finish(JsonBuilder *builder);
