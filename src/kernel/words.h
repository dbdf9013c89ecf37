/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words for rtnetlink's numbers, those of iproute2; a number without a word is its digits. */
#pragma once

#include <glib.h>

typedef struct {
    unsigned number;
    const char *word;
} LoomWord;

/* Of rtm_scope and ifa_scope, rtm_protocol, rtm_type; each ends with a NULL. */
extern const LoomWord loom_word_scopes[], loom_word_protocols[], loom_word_route_types[];

/* Owned by the caller. */
char *loom_word_format(const LoomWord *words, unsigned number);

/* FALSE: TEXT is neither one of WORDS nor a number up to 255. */
gboolean loom_word_parse(const LoomWord *words, const char *text, guint8 *number);
