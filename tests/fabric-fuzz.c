/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes documents at random, the same way in every run. */
#include "fabric-fuzz.h"

#include <string.h>

/* A range of the text: what matches PATTERN, from a random place on; FALSE: nothing there. */
static gboolean
pick(const GString *text, GRand *random, const char *pattern, int *start, int *end)
{
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_RAW | G_REGEX_DOTALL, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    const int from = text->len ? g_rand_int_range(random, 0, text->len) : 0;

    if (!g_regex_match_full(regex, text->str, text->len, from, 0, &match, NULL))
        return FALSE;
    return g_match_info_fetch_pos(match, 0, start, end);
}

static void
mutate_value(GString *text, GRand *random)
{
    static const char *const values[] = {
        "",
        "0",
        "1",
        "4094",
        "4095",
        "65536",
        "18446744073709551616",
        "-1",
        "yes",
        "none",
        "../x",
        "10.0.0.1",
        "::",
        "::1",
        "255.255.255.255",
        "?",
        "0.0.0.0",
        "128",
        "33",
        "automatic",
        "pvlan",
        "trunk",
        "virtual",
        "x",
        "200-4094",
        "eth0",
        "int",
        "vlan",
        "single",
        "&#10;",
        "ff:ff:ff:ff:ff:ff",
        "100",
        "connected",
        "no",
    };
    int start, end;

    if (!pick(text, random, "'[^'\\n]*'", &start, &end))
        return;
    g_string_erase(text, start + 1, end - start - 2);
    g_string_insert(text, start + 1, values[g_rand_int_range(random, 0, G_N_ELEMENTS(values))]);
}

/* One value takes the place of another: names and addresses collide. */
static void
mutate_exchange(GString *text, GRand *random)
{
    g_autofree char *taken = NULL;
    int start, end;

    if (!pick(text, random, "'[^'\\n]*'", &start, &end))
        return;
    taken = g_strndup(text->str + start, end - start);
    if (!pick(text, random, "'[^'\\n]*'", &start, &end))
        return;
    g_string_erase(text, start, end - start);
    g_string_insert(text, start, taken);
}

static void
mutate_part(GString *text, GRand *random, const char *pattern)
{
    g_autofree char *part = NULL;
    int start, end;

    if (!pick(text, random, pattern, &start, &end))
        return;
    if (g_rand_boolean(random)) {
        g_string_erase(text, start, end - start);
        return;
    }
    part = g_strndup(text->str + start, end - start);
    g_string_insert(text, end, part);
}

static void
mutate_byte(GString *text, GRand *random)
{
    const gsize at = g_rand_int_range(random, 0, MAX(1, text->len));

    switch (g_rand_int_range(random, 0, 3)) {
    case 0:
        g_string_erase(text, at, at < text->len ? 1 : 0);
        break;
    case 1:
        g_string_insert_c(text, at, g_rand_int_range(random, 0, 256));
        break;
    default:
        g_string_truncate(text, at);
    }
}

GString *
loom_fuzz_mutate(const char *text, GRand *random)
{
    GString *mutant = g_string_new(text);
    const int changes = g_rand_int_range(random, 1, 5);

    for (int i = 0; i < changes; i++) {
        const int kind = g_rand_int_range(random, 0, 40);

        if (kind < 12)
            mutate_value(mutant, random);
        else if (kind < 24)
            mutate_exchange(mutant, random);
        else if (kind < 30)
            mutate_part(mutant, random, " [a-z]+='[^'\\n]*'");
        else if (kind < 39)
            mutate_part(mutant, random, "<[a-z0-9]+[^<>]*/>|<([a-z]+)[ >][^<]*</\\1>");
        else
            mutate_byte(mutant, random);
    }
    return mutant;
}
