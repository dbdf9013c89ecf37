/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the agent tells: one line each, and nothing twice. */
#include "agent/agent.h"

#include <stdio.h>

/* The journal takes lines of stderr with their priority (sd-daemon(3)); else there is syslog. */
static void
say(int priority, const char *message)
{
    g_autofree char *line = g_utf8_make_valid(message, -1);

    for (char *at = line; *at; at++)
        if (g_ascii_iscntrl(*at))
            *at = '?';
    if (g_getenv("JOURNAL_STREAM"))
        fprintf(stderr, "<%d>%s\n", priority, line);
    else
        syslog(priority, "%s", line);
}

void
loom_agent_say(int priority, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    say(priority, message);
}

void
loom_agent_say_once(LoomAgent *agent, const char *object, int priority, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (g_strcmp0(g_hash_table_lookup(agent->told, object), message) == 0)
        return;
    say(priority, message);
    g_hash_table_insert(agent->told, g_strdup(object), g_steal_pointer(&message));
}

void
loom_agent_forget(LoomAgent *agent, const char *object)
{
    g_hash_table_remove(agent->told, object);
}

static void
append_value(GString *text, const char *value)
{
    if (value)
        g_string_append_printf(text, "'%s'", value);
    else
        g_string_append(text, "none");
}

char *
loom_agent_describe_change(const LoomStep *step)
{
    g_autoptr(GPtrArray) differences = loom_step_differences(step);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < differences->len; i++) {
        const LoomDifference *difference = differences->pdata[i];

        g_string_append_printf(text, "%s%s from ", i ? ", " : "", difference->name);
        append_value(text, difference->to);
        g_string_append(text, " to ");
        append_value(text, difference->from);
    }
    return g_string_free(text, FALSE);
}
