/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines about guests that move. */
#include "cli/movetell.h"

#include "base/i18n.h"
#include "cli/moveplace.h"
#include "cli/output.h"

#include <inttypes.h>

enum { BAR_WIDTH = 24 };

void
loom_move_told_free(gpointer data)
{
    LoomMoveTold *told = data;

    g_clear_pointer(&told->move, loom_move_free);
    g_clear_error(&told->error);
    g_clear_error(&told->place.error);
    g_free(told->name);
    g_free(told->uuid);
    g_free(told->xml);
    g_free(told);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static JsonBuilder *
begin_event(const char *event, const char *guest)
{
    JsonBuilder *builder = json_builder_new();

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "event");
    json_builder_add_string_value(builder, event);
    if (guest) {
        json_builder_set_member_name(builder, "guest");
        json_builder_add_string_value(builder, guest);
    }
    return builder;
}

static void
add_text(JsonBuilder *builder, const char *name, const char *value)
{
    if (!value)
        return;
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, value);
}

static void
add_number(JsonBuilder *builder, const char *name, guint64 value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, (gint64)value);
}

static void
end_event(JsonBuilder *builder)
{
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *line = NULL;

    json_builder_end_object(builder);
    root = json_builder_get_root(builder);
    line = json_to_string(root, FALSE);
    printf("%s\n", line);
    fflush(stdout);
    g_object_unref(builder);
}

void
loom_check_add_json(JsonBuilder *builder, const LoomCheck *check)
{
    json_builder_begin_object(builder);
    add_text(builder, "verdict", loom_verdict_format(check->verdict));
    add_text(builder, "subject", check->subject);
    add_text(builder, "message", check->text);
    add_text(builder, "advice", check->advice);
    json_builder_end_object(builder);
}

static void
add_stats(JsonBuilder *builder, const LoomMoveStats *stats)
{
    add_number(builder, "elapsed", stats->elapsed);
    add_number(builder, "total", stats->total);
    add_number(builder, "processed", stats->processed);
    add_number(builder, "remaining", stats->remaining);
    add_number(builder, "rate", stats->rate);
}

/* --- text ------------------------------------------------------------------------------------- */

void
loom_check_print(const LoomSession *session, const LoomCheck *check, FILE *to)
{
    static const LoomColour colours[] = {LOOM_GREEN, LOOM_YELLOW, LOOM_RED};
    static const char *const words[] = {N_("ok"), N_("warning"), N_("error")};

    if (session->is_quiet && check->verdict != LOOM_VERDICT_ERROR)
        return;
    loom_output_print(to, colours[check->verdict], "%s: ", _(words[check->verdict]));
    fputs(check->text, to);
    if (check->advice)
        fprintf(to, "; %s", check->advice);
    fputc('\n', to);
}

static char *
format_size(guint64 octets)
{
    return g_format_size_full(octets, G_FORMAT_SIZE_IEC_UNITS);
}

static const char *
network_of(const LoomRoad *road)
{
    return road->path ? road->path->network : NULL;
}

static void
print_done(const LoomRoad *road, const LoomMoveTold *told)
{
    g_autofree char *size = format_size(told->stats.processed);

    if (road->session->is_offline)
        printf(_("%s: defined at %s\n"), told->name, road->to_name);
    else
        printf(_("%s: runs at %s, moved over VM network '%s' (%s) in %.1f s: %s, downtime %" PRIu64
                 " ms\n"),
               told->name, road->to_name, road->path->network, road->address,
               (double)told->stats.elapsed / 1000, size, told->stats.downtime);
    fflush(stdout);
}

/* --- events ----------------------------------------------------------------------------------- */

static void
tell_check(const LoomCheck *check, const char *guest)
{
    JsonBuilder *builder = begin_event("check", guest);

    add_text(builder, "verdict", loom_verdict_format(check->verdict));
    add_text(builder, "subject", check->subject);
    add_text(builder, "message", check->text);
    add_text(builder, "advice", check->advice);
    end_event(builder);
}

void
loom_move_tell_arrival(const LoomRoad *road, const char *guest, const GPtrArray *checks)
{
    for (guint i = 0; i < checks->len; i++) {
        if (road->session->is_json)
            tell_check(checks->pdata[i], guest);
        else
            loom_check_print(road->session, checks->pdata[i], stdout);
    }
    fflush(stdout);
}

void
loom_move_tell_checks(const LoomRoad *road, const char *guest, const GPtrArray *checks)
{
    for (guint i = 0; i < checks->len; i++) {
        const LoomCheck *check = checks->pdata[i];

        if (check->verdict == LOOM_VERDICT_OK)
            continue;
        if (road->session->is_json) {
            tell_check(check, guest);
        } else {
            loom_output_progress(NULL);
            loom_check_print(road->session, check, stderr);
        }
    }
}

void
loom_move_tell_start(const LoomRoad *road, const LoomMoveTold *told)
{
    JsonBuilder *builder;

    if (!road->session->is_json)
        return;
    builder = begin_event("start", told->name);
    add_text(builder, "from", road->from_name);
    add_text(builder, "destination", road->to_name);
    add_text(builder, "network", network_of(road));
    add_text(builder, "address", road->address);
    end_event(builder);
}

void
loom_move_tell_progress(const LoomRoad *road, const LoomMoveTold *told)
{
    JsonBuilder *builder;

    if (!road->session->is_json || !told->stats.total)
        return;
    builder = begin_event("progress", told->name);
    add_stats(builder, &told->stats);
    end_event(builder);
}

void
loom_move_tell_end(const LoomRoad *road, const LoomMoveTold *told)
{
    gboolean is_done = told->state == LOOM_MOVE_DONE;

    loom_output_progress(NULL);
    if (road->session->is_json) {
        JsonBuilder *builder = begin_event(is_done ? "moved" : "failed", told->name);

        if (is_done) {
            add_stats(builder, &told->stats);
            add_number(builder, "downtime", told->stats.downtime);
        } else {
            add_text(builder, "message", told->error->message);
        }
        end_event(builder);
    }
    if (!is_done) { /* standard error may be read by another than the objects are */
        loom_output_print(stderr, LOOM_RED, "virt-loom: %s: ", _("error"));
        fprintf(stderr, "%s\n", told->error->message);
    } else if (!road->session->is_json && !road->session->is_quiet) {
        print_done(road, told);
    }
}

void
loom_move_tell_interruption(const LoomRoad *road)
{
    loom_output_progress(NULL);
    if (road->session->is_json)
        end_event(begin_event("interrupted", NULL));
    else
        fprintf(stderr, "%s\n",
                _("virt-loom: interrupted; guests under way are taken back to the source"));
}

/* --- all of them ------------------------------------------------------------------------------ */

static guint
count(const GPtrArray *moves, int state)
{
    guint number = 0;

    for (guint i = 0; i < moves->len; i++)
        number += (int)((const LoomMoveTold *)moves->pdata[i])->state == state;
    return number;
}

static void
show_one(const LoomMoveTold *told)
{
    const LoomMoveStats *stats = &told->stats;
    const guint64 done = stats->total ? stats->total - MIN(stats->remaining, stats->total) : 0;
    const guint filled = stats->total ? (guint)(done * BAR_WIDTH / stats->total) : 0;
    g_autofree char *bar = g_strnfill(filled, '#');
    g_autofree char *rest = g_strnfill(BAR_WIDTH - filled, '-');
    g_autofree char *left = format_size(stats->remaining);
    g_autofree char *rate = format_size(stats->rate);

    loom_output_progress(_("%s [%s%s] %u%%, %s/s, %s left"), told->name, bar, rest,
                         stats->total ? (unsigned)(done * 100 / stats->total) : 0, rate, left);
}

void
loom_move_tell_line(const LoomRoad *road, const GPtrArray *moves)
{
    guint64 rate = 0, remaining = 0;
    g_autofree char *rate_text = NULL, *left = NULL;

    if (road->session->is_json)
        return;
    if (moves->len == 1) {
        show_one(moves->pdata[0]);
        return;
    }
    for (guint i = 0; i < moves->len; i++) {
        const LoomMoveTold *told = moves->pdata[i];

        if (told->state != LOOM_MOVE_UNDER_WAY)
            continue;
        rate += told->stats.rate;
        remaining += told->stats.remaining;
    }
    rate_text = format_size(rate);
    left = format_size(remaining);
    loom_output_progress(_("%u of %u moved, %u under way, %u failed: %s/s, %s left of these"),
                         count(moves, LOOM_MOVE_DONE), moves->len,
                         count(moves, LOOM_MOVE_UNDER_WAY), count(moves, LOOM_MOVE_FAILED),
                         rate_text, left);
}

static void
print_table(const LoomRoad *road, const GPtrArray *moves)
{
    static const char *const words[] = {N_("not begun"), N_("under way"), N_("moved"),
                                        N_("failed")};
    static const LoomColour colours[] = {LOOM_YELLOW, LOOM_PLAIN, LOOM_GREEN, LOOM_RED};
    g_autoptr(LoomTable) table = loom_table_new(6, _("GUEST"), _("RESULT"), _("SECONDS"), _("DATA"),
                                                _("DOWNTIME MS"), _("RUNS AT"));

    for (guint i = 0; i < moves->len; i++) {
        const LoomMoveTold *told = moves->pdata[i];
        gboolean is_done = told->state == LOOM_MOVE_DONE;
        g_autofree char *seconds = g_strdup_printf("%.1f", (double)told->stats.elapsed / 1000);
        g_autofree char *size = format_size(told->stats.processed);
        g_autofree char *downtime = g_strdup_printf("%" PRIu64, told->stats.downtime);
        g_autofree char *place = loom_move_place_format(road, told);

        loom_table_add(table, told->name, _(words[told->state]), is_done ? seconds : NULL,
                       is_done ? size : NULL, is_done ? downtime : NULL, place);
        loom_table_paint(table, colours[told->state]);
    }
    loom_table_print(table, stdout);
}

static void
tell_summary_event(const LoomRoad *road, const GPtrArray *moves)
{
    static const char *const words[] = {"notbegun", "underway", "moved", "failed"};
    JsonBuilder *builder = begin_event("summary", NULL);

    add_number(builder, "moved", count(moves, LOOM_MOVE_DONE));
    add_number(builder, "failed", count(moves, LOOM_MOVE_FAILED));
    add_number(builder, "notbegun", count(moves, LOOM_MOVE_WAITS));
    if (!road->session->is_offline) {
        json_builder_set_member_name(builder, "guests");
        json_builder_begin_array(builder);
        for (guint i = 0; i < moves->len; i++) {
            const LoomMoveTold *told = moves->pdata[i];

            json_builder_begin_object(builder);
            add_text(builder, "name", told->name);
            add_text(builder, "result", words[told->state]);
            loom_move_place_add_json(builder, road, told);
            json_builder_end_object(builder);
        }
        json_builder_end_array(builder);
    }
    end_event(builder);
}

/* Of one guest that has moved it was said where it is, and one that did not begin is untouched. */
static gboolean
is_place_told(const LoomRoad *road, const GPtrArray *moves)
{
    const LoomMoveTold *first = moves->len ? moves->pdata[0] : NULL;

    return road->session->is_offline ||
           (!road->session->is_all && (first->state == LOOM_MOVE_DONE || !first->xml));
}

gboolean
loom_move_tell_summary(const LoomRoad *road, const GPtrArray *moves)
{
    const gboolean is_done = count(moves, LOOM_MOVE_DONE) == moves->len;

    if (!road->session->is_offline)
        loom_move_place_find(road, moves);
    if (road->session->is_json)
        tell_summary_event(road, moves);
    else if (road->session->is_all && moves->len && !road->session->is_quiet)
        print_table(road, moves);
    return (is_place_told(road, moves) || loom_move_place_tell(road, moves)) && is_done;
}
