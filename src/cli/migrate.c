/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom migrate: a guest, or all of a host's, to another host over the right network. */
#include "base/error.h"
#include "base/i18n.h"
#include "base/json.h"
#include "cli/moves.h"
#include "cli/movetell.h"
#include "cli/output.h"

#include <stdio.h>
#include <unistd.h>

/* What was found out about all guests, in their order. */
typedef struct {
    const LoomRoad *road;
    GStrv guests;
    GPtrArray *checks; /* of GPtrArray of LoomCheck, for each */
} Verdicts;

static void
verdicts_clear(Verdicts *verdicts)
{
    g_clear_pointer(&verdicts->guests, g_strfreev);
    g_clear_pointer(&verdicts->checks, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Verdicts, verdicts_clear)

static LoomVerdict
worst_of(const Verdicts *verdicts)
{
    LoomVerdict worst = loom_checks_get_worst(verdicts->road->checks);

    for (guint i = 0; i < verdicts->checks->len; i++)
        worst = MAX(worst, loom_checks_get_worst(verdicts->checks->pdata[i]));
    return worst;
}

static void
print_checks(const LoomSession *session, const GPtrArray *checks)
{
    for (guint i = 0; i < checks->len; i++)
        loom_check_print(session, checks->pdata[i], stdout);
}

static void
print_text(const Verdicts *verdicts)
{
    const LoomSession *session = verdicts->road->session;

    print_checks(session, verdicts->road->checks);
    for (guint i = 0; i < verdicts->checks->len; i++) {
        if (session->is_all && !session->is_quiet)
            loom_output_print(stdout, LOOM_BOLD, "%s\n", verdicts->guests[i]);
        print_checks(session, verdicts->checks->pdata[i]);
    }
}

static void
add_member(JsonBuilder *builder, const char *name, const char *value)
{
    json_builder_set_member_name(builder, name);
    if (value)
        json_builder_add_string_value(builder, value);
    else
        json_builder_add_null_value(builder);
}

static void
add_checks(JsonBuilder *builder, LoomVerdict verdict, const GPtrArray *checks)
{
    add_member(builder, "verdict", loom_verdict_format(verdict));
    json_builder_set_member_name(builder, "checks");
    json_builder_begin_array(builder);
    for (guint i = 0; i < checks->len; i++)
        loom_check_add_json(builder, checks->pdata[i]);
    json_builder_end_array(builder);
}

static void
print_json(const Verdicts *verdicts)
{
    const LoomRoad *road = verdicts->road;
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    add_member(builder, "from", road->from_name);
    add_member(builder, "destination", road->to_name);
    add_member(builder, "network", road->path ? road->path->network : NULL);
    add_member(builder, "address", road->address);
    add_checks(builder, worst_of(verdicts), road->checks);
    json_builder_set_member_name(builder, "guests");
    json_builder_begin_array(builder);
    for (guint i = 0; i < verdicts->checks->len; i++) {
        json_builder_begin_object(builder);
        add_member(builder, "name", verdicts->guests[i]);
        add_checks(builder, loom_checks_get_worst(verdicts->checks->pdata[i]),
                   verdicts->checks->pdata[i]);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    text = loom_json_finish(builder);
    fputs(text, stdout);
}

static LoomExit
check(const LoomRoad *road, const char *const *guests)
{
    g_auto(Verdicts) verdicts = {road, g_strdupv((GStrv)guests), NULL};

    verdicts.checks = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    for (; *guests; guests++)
        g_ptr_array_add(verdicts.checks, loom_road_check_guest(road, *guests));
    if (road->session->is_json)
        print_json(&verdicts);
    else
        print_text(&verdicts);
    return worst_of(&verdicts) == LOOM_VERDICT_ERROR ? LOOM_EXIT_FAILED : LOOM_EXIT_DONE;
}

static LoomExit
move(const LoomRoad *road, const char *const *guests)
{
    loom_move_tell_checks(road, NULL, road->checks);
    if (loom_checks_get_worst(road->checks) != LOOM_VERDICT_ERROR)
        return loom_moves_run(road, guests);
    return loom_session_fail(g_error_new(
        LOOM_ERROR, LOOM_ERROR_INVALID,
        _("No guest was moved: there is no way to '%s'; virt-loom migrate --check tells more"),
        road->to_name ? road->to_name : "?"));
}

static LoomExit
usage_error(const char *message)
{
    fprintf(stderr, "virt-loom: %s%s", message, _("; see virt-loom --help\n"));
    return LOOM_EXIT_USAGE;
}

/* Whoever reads moves from a pipe or a file is a program; of a check, as of other commands, nobody
 * knows. */
static gboolean
is_read_by_program(const LoomSession *session)
{
    return !session->format_word && !session->is_check && !session->is_quiet &&
           !isatty(STDOUT_FILENO);
}

LoomExit
loom_command_migrate(LoomSession *session, char **arguments)
{
    const guint count = g_strv_length(arguments);
    g_autoptr(LoomRoad) road = NULL;
    g_auto(GStrv) all = NULL;
    const char *only[] = {arguments[0], NULL};
    const char *const *guests = only;
    GError *error = NULL;

    if (session->is_all ? count != 1 : count != 2)
        return usage_error(session->is_all ? _("migrate --all takes one argument, DEST")
                                           : _("migrate takes two arguments, DOMAIN and DEST"));
    if (session->is_all && session->is_offline)
        return usage_error(_("--all moves guests that run, and --offline those that do not"));
    session->is_json |= is_read_by_program(session);
    road = loom_road_new(session, arguments[count - 1]);
    if (!road)
        return LOOM_EXIT_FAILED;
    if (session->is_all) {
        all = loom_virt_list_running(road->from, &error);
        if (!all)
            return loom_session_fail(error);
        guests = (const char *const *)all;
    }
    if (road->from_meant && road->to_meant)
        loom_road_choose(road);
    return session->is_check ? check(road, guests) : move(road, guests);
}
