/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What types of attributes are made of; only base/ includes this. */
#pragma once

#include "base/record.h"

/* Most types keep their canonical text: a char * that the record owns. */
char *loom_text_format(const LoomAttribute *attribute, gconstpointer field);
gboolean loom_text_equal(gconstpointer a, gconstpointer b);
void loom_text_copy(gpointer to, gconstpointer from);
void loom_text_clear(gpointer field);

/* Such a type: its identifier, what a value should be, and the parser that makes the text. */
#define LOOM_TEXT_TYPE(identifier, what, parser)                                                   \
    const LoomType identifier = {                                                                  \
        .name = (what),                                                                            \
        .size = sizeof(char *),                                                                    \
        .parse = parser,                                                                           \
        .format = loom_text_format,                                                                \
        .equal = loom_text_equal,                                                                  \
        .copy = loom_text_copy,                                                                    \
        .clear = loom_text_clear,                                                                  \
    }
