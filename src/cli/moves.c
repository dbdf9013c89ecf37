/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The moves of one command: a queue, as many under way as may be, and a line about them. */
#include "cli/moves.h"

#include "base/error.h"
#include "base/i18n.h"
#include "cli/interrupt.h"
#include "cli/moveplace.h"
#include "cli/movetell.h"
#include "cli/output.h"
#include "guest/rewrite.h"

#include <string.h>

enum { LOOK_AGAIN = 200 * 1000 }; /* microseconds: how often a person sees something new */

typedef struct {
    const LoomRoad *road;
    GPtrArray *moves; /* of LoomMoveTold, in the order of the guests */
    guint at_a_time;
    gboolean is_given_up;
} Moves;

static LoomMoveWay
make_way(const LoomRoad *road)
{
    const LoomMigrationPath *path = road->path;
    const LoomSession *session = road->session;
    LoomMoveWay way = {
        .is_offline = session->is_offline,
        .persistent = session->is_persistent,
        .undefine_source = session->undefine_source,
        .copy_storage = session->copy_storage,
    };

    if (!path)
        return way;
    way.address = road->address;
    way.listens = road->listens;
    way.tls_destination = path->tls ? road->to_name : NULL;
    way.compression = path->compression;
    way.max = path->max;
    way.parallel = path->parallel;
    way.postcopy = path->postcopy;
    return way;
}

/* The guest in the destination's terms, where its networks are called otherwise there. */
typedef struct {
    char *xml, *definition; /* NULL: it needs no change */
} Terms;

static void
terms_clear(Terms *terms)
{
    g_free(terms->xml);
    g_free(terms->definition);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Terms, terms_clear)

static gboolean
retarget(const LoomRoad *road, const char *guest, LoomGuestForm form, char **result, GError **error)
{
    g_autofree char *xml = loom_virt_read_portable(road->from, guest, form, error);
    g_autofree char *restated = NULL;

    if (xml && form == LOOM_GUEST_RUNNING)
        restated = loom_road_restate(road, guest, g_strdup(xml), error);
    else
        restated = g_strdup(xml);
    if (!restated || !loom_guest_retarget(road->from_seen, road->to_seen, restated,
                                          strlen(restated), guest, result, error))
        return FALSE;
    if (!*result && !g_str_equal(restated, xml))
        *result = g_steal_pointer(&restated);
    return TRUE;
}

static gboolean
find_terms(const LoomRoad *road, const char *guest, Terms *terms, GError **error)
{
    return (road->session->is_offline ||
            retarget(road, guest, LOOM_GUEST_RUNNING, &terms->xml, error)) &&
           retarget(road, guest, LOOM_GUEST_DEFINITION, &terms->definition, error);
}

static void
fail(const Moves *moves, LoomMoveTold *told, GError *error)
{
    told->state = LOOM_MOVE_FAILED;
    told->error = error;
    loom_road_forget_guest(moves->road, told->uuid);
    loom_move_tell_end(moves->road, told);
}

/* Checked at the last moment: what was so when the others began may have changed. */
static void
start(const Moves *moves, LoomMoveTold *told)
{
    g_autoptr(GPtrArray) checks = loom_road_check_guest(moves->road, told->name);
    LoomMoveWay way = make_way(moves->road);
    g_auto(Terms) terms = {NULL, NULL};
    gboolean active = FALSE;
    g_autofree char *xml =
        loom_road_restate(moves->road, told->name,
                          loom_virt_read_guest(moves->road->from, told->name, &active, NULL), NULL);
    GError *error = NULL;

    loom_move_tell_checks(moves->road, told->name, checks);
    if (loom_checks_get_worst(checks) == LOOM_VERDICT_ERROR) {
        fail(moves, told,
             g_error_new(LOOM_ERROR, LOOM_ERROR_INVALID,
                         _("Guest '%s' was not moved: the check before found errors"), told->name));
        return;
    }
    if (find_terms(moves->road, told->name, &terms, &error)) {
        way.xml = terms.xml;
        way.definition = terms.definition;
        told->move = loom_move_start(moves->road->from, moves->road->to, told->name, &way, &error);
    }
    if (!told->move) {
        fail(moves, told, error);
        return;
    }
    if (!moves->road->session->is_offline)
        told->xml = g_steal_pointer(&xml);
    told->state = LOOM_MOVE_UNDER_WAY;
    loom_move_tell_start(moves->road, told);
}

static void
watch(const Moves *moves, LoomMoveTold *told)
{
    if (!loom_move_is_over(told->move)) {
        loom_move_look(told->move, &told->stats);
        loom_move_tell_progress(moves->road, told);
        if (moves->is_given_up)
            loom_move_abort(told->move);
        return;
    }
    told->state = loom_move_finish(told->move, &told->stats, &told->error) ? LOOM_MOVE_DONE
                                                                           : LOOM_MOVE_FAILED;
    g_clear_pointer(&told->move, loom_move_free);
    loom_road_forget_guest(moves->road, told->uuid);
    loom_move_tell_end(moves->road, told);
    if (told->state == LOOM_MOVE_DONE && told->xml) {
        g_autoptr(GPtrArray) arrival = loom_road_check_arrival(moves->road, told->name, told->xml);

        loom_move_tell_arrival(moves->road, told->name, arrival);
    }
}

static void
notice_interruption(Moves *moves)
{
    if (moves->is_given_up || !loom_interrupt_count())
        return;
    moves->is_given_up = TRUE;
    loom_move_tell_interruption(moves->road);
}

/* Those that wait and may begin, and those under way. FALSE: there is nothing more to do. */
static gboolean
turn(Moves *moves)
{
    guint under_way = 0;

    for (guint i = 0; i < moves->moves->len; i++) {
        LoomMoveTold *told = moves->moves->pdata[i];

        if (told->state == LOOM_MOVE_UNDER_WAY)
            watch(moves, told);
        under_way += told->state == LOOM_MOVE_UNDER_WAY;
    }
    for (guint i = 0; i < moves->moves->len && under_way < moves->at_a_time; i++) {
        LoomMoveTold *told = moves->moves->pdata[i];

        notice_interruption(moves); /* to begin one takes a while */
        if (told->state != LOOM_MOVE_WAITS || moves->is_given_up)
            continue;
        start(moves, told);
        under_way += told->state == LOOM_MOVE_UNDER_WAY;
    }
    return under_way > 0;
}

LoomExit
loom_moves_run(const LoomRoad *road, const char *const *guests)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(loom_move_told_free);
    Moves moves = {road, list, road->path && road->path->concurrent ? road->path->concurrent : 2,
                   FALSE};

    for (; *guests; guests++) {
        LoomMoveTold *told = g_new0(LoomMoveTold, 1);

        told->name = g_strdup(*guests);
        told->uuid = loom_move_place_identify(road, *guests);
        g_ptr_array_add(list, told);
    }
    loom_interrupt_catch();
    while (turn(&moves)) {
        loom_move_tell_line(road, list);
        g_usleep(LOOK_AGAIN);
        notice_interruption(&moves);
    }
    loom_interrupt_release();
    loom_output_progress(NULL);
    return loom_move_tell_summary(road, list) ? LOOM_EXIT_DONE : LOOM_EXIT_FAILED;
}
