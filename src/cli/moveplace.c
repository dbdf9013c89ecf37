/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where guests run after an evacuation, whole or interrupted. */
#include "cli/moveplace.h"

#include "base/i18n.h"
#include "cli/output.h"

#include <string.h>

char *
loom_move_place_identify(const LoomRoad *road, const char *name)
{
    gboolean active;
    g_autofree char *xml = loom_virt_read_guest(road->from, name, &active, NULL);
    g_autoptr(LoomGuest) guest = xml ? loom_guest_parse(xml, strlen(xml), name, NULL) : NULL;

    return guest ? g_strdup(guest->uuid) : NULL;
}

static gboolean
runs_at(LoomBackend *host, const LoomMoveTold *told, gboolean *runs, GError **error)
{
    LoomGuestPresence presence;

    if (!loom_virt_find_guest(host, told->name, told->uuid, &presence, error))
        return FALSE;
    *runs = presence == LOOM_GUEST_RUNS;
    return TRUE;
}

/* The source first: a guest goes there from here only, so that one under way is not missed. */
static void
find_one(const LoomRoad *road, LoomMoveTold *told)
{
    told->place.is_known = told->uuid &&
                           runs_at(road->from, told, &told->place.source, &told->place.error) &&
                           runs_at(road->to, told, &told->place.destination, &told->place.error);
}

void
loom_move_place_find(const LoomRoad *road, const GPtrArray *moves)
{
    for (guint i = 0; i < moves->len; i++)
        find_one(road, moves->pdata[i]);
}

char *
loom_move_place_format(const LoomRoad *road, const LoomMoveTold *told)
{
    if (!told->place.is_known || !(told->place.source || told->place.destination))
        return NULL;
    if (told->place.source && told->place.destination)
        return g_strdup_printf("%s, %s", road->from_name, road->to_name);
    return g_strdup(told->place.source ? road->from_name : road->to_name);
}

void
loom_move_place_add_json(JsonBuilder *builder, const LoomRoad *road, const LoomMoveTold *told)
{
    json_builder_set_member_name(builder, "runs");
    if (!told->place.is_known) {
        json_builder_add_null_value(builder);
        return;
    }
    json_builder_begin_array(builder);
    if (told->place.source)
        json_builder_add_string_value(builder, road->from_name);
    if (told->place.destination)
        json_builder_add_string_value(builder, road->to_name);
    json_builder_end_array(builder);
}

/* Where a guest that is on one host is nothing is to be said of it. */
static gboolean
check_one(const LoomRoad *road, const LoomMoveTold *told)
{
    if (told->place.is_known && told->place.source != told->place.destination)
        return TRUE;
    loom_output_print(stderr, LOOM_RED, "virt-loom: %s: ", _("error"));
    if (!told->place.is_known)
        fprintf(
            stderr,
            _("Where guest '%s' runs is not known (%s): before it is started anywhere, see virsh "
              "list at '%s' and at '%s'\n"),
            told->name,
            told->place.error ? told->place.error->message : _("it was not found at first"),
            road->from_name, road->to_name);
    else if (told->place.source)
        fprintf(stderr,
                _("Guest '%s' is at both '%s' and '%s': see virsh domstate --reason at each, and "
                  "end one\n"),
                told->name, road->from_name, road->to_name);
    else
        fprintf(stderr, _("Guest '%s' runs neither at '%s' nor at '%s'\n"), told->name,
                road->from_name, road->to_name);
    return FALSE;
}

static void
print_sum(const LoomRoad *road, const GPtrArray *moves)
{
    guint here = 0;

    if (!road->session->is_all) {
        const LoomMoveTold *told = moves->pdata[0];

        printf(_("%s: runs at %s, and only there\n"), told->name,
               told->place.source ? road->from_name : road->to_name);
        return;
    }
    for (guint i = 0; i < moves->len; i++)
        here += ((const LoomMoveTold *)moves->pdata[i])->place.source;
    printf(ngettext("%u guest runs on exactly one host: %u at '%s', %u at '%s'\n",
                    "%u guests run, each on exactly one host: %u at '%s', %u at '%s'\n",
                    moves->len),
           moves->len, here, road->from_name, moves->len - here, road->to_name);
}

gboolean
loom_move_place_tell(const LoomRoad *road, const GPtrArray *moves)
{
    gboolean is_right = TRUE;

    for (guint i = 0; i < moves->len; i++)
        is_right &= check_one(road, moves->pdata[i]);
    if (is_right && moves->len && !road->session->is_json && !road->session->is_quiet)
        print_sum(road, moves);
    return is_right;
}
