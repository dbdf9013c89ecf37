/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who notices that a plan runs: its steps are walked, and after each it is asked who is cut off. */
#include "plan/notice.h"

#include "base/i18n.h"
#include "plan/paths.h"

#include <inttypes.h>
#include <string.h>

/* The host at one point of the plan; all names and records are borrowed. */
typedef struct {
    const LoomHost *from;
    const LoomStep *step;
    LoomPaths *paths;
    GHashTable *addresses; /* sets of addresses (texts), by link */
    GHashTable *places;    /* sets of links, by address */
    GHashTable *guests;    /* lists of guests' vNICs (GPtrArray), by link */
    GHashTable *wanted;    /* addresses that TO has somewhere */
    GHashTable *noticed;   /* LoomNotice, by who */
    GPtrArray *notices;
} Walk;

static char *
describe_who(const LoomRecord *who, const char *link)
{
    const LoomGuestTap *guest = (const LoomGuestTap *)who;
    const LoomSessions *sessions = (const LoomSessions *)who;

    if (who->kind == &loom_guest_tap_kind)
        return g_strdup_printf(_("guest '%s' on '%s'"), guest->name ? guest->name : guest->domain,
                               link);
    if (who->kind == &loom_sessions_kind)
        return g_strdup_printf(_("sessions of port %" PRIu64 " on address '%s' (%" PRIu64 ")"),
                               sessions->port, sessions->address, sessions->count);
    if (who->kind == &loom_address_kind)
        return g_strdup_printf(_("address '%s' on '%s'"), ((const LoomAddress *)who)->address,
                               link);
    return g_strdup_printf(_("link '%s', which is not virt-loom's,"), link);
}

/* Whether WHO has or uses an address that is wanted nowhere. */
static gboolean
is_over(const Walk *walk, const LoomRecord *who)
{
    const char *address = who->kind == &loom_address_kind    ? ((const LoomAddress *)who)->address
                          : who->kind == &loom_sessions_kind ? ((const LoomSessions *)who)->address
                                                             : NULL;

    return address && !g_hash_table_contains(walk->wanted, address);
}

/* WHERE: the link to which its address moves, or NULL. */
static void
notice(Walk *walk, LoomNoticeEffect effect, const LoomRecord *who, const char *link,
       const char *where)
{
    LoomNotice *known = g_hash_table_lookup(walk->noticed, who);
    g_autofree char *name = describe_who(who, link);
    g_autofree char *step = loom_step_describe(walk->step);

    if (known && known->effect >= effect)
        return;
    if (!known) {
        known = g_new0(LoomNotice, 1);
        g_hash_table_insert(walk->noticed, (gpointer)who, known);
        g_ptr_array_add(walk->notices, known);
    }
    g_free(known->text);
    *known = (LoomNotice){effect, walk->step, who, link, NULL};
    known->text =
        effect == LOOM_NOTICE_MOVE
            ? g_strdup_printf(_("%s: moves to '%s', which another NIC carries"), name, where)
        : is_over(walk, who) ? g_strdup_printf(_("%s: ended by: %s"), name, step)
                             : g_strdup_printf(_("%s: interrupted by: %s"), name, step);
}

/* The records of FROM about that address: itself, and sessions on it. */
static void
notice_address(Walk *walk, LoomNoticeEffect effect, const char *text, const char *where)
{
    const char *link = NULL;

    for (guint i = 0; i < walk->from->addresses->len; i++) {
        const LoomAddress *address = walk->from->addresses->pdata[i];

        if (!g_str_equal(address->address, text) || g_strcmp0(address->origin, "kernel") == 0)
            continue;
        link = address->link;
        notice(walk, effect, &address->record, link, where);
    }
    for (guint i = 0; link && i < walk->from->sessions->len; i++) {
        const LoomSessions *sessions = walk->from->sessions->pdata[i];

        if (g_str_equal(sessions->address, text))
            notice(walk, effect, &sessions->record, link, where);
    }
}

/* The link, not in CUT, that has that address too, and a path; or NULL. */
static const char *
find_other_place(const Walk *walk, const char *address, GHashTable *cut)
{
    g_autoptr(GList) places = loom_sets_list(walk->places, address);

    for (GList *place = places; place; place = place->next)
        if (loom_paths_reach(walk->paths, place->data, cut))
            return place->data;
    return NULL;
}

static void
notice_link(Walk *walk, const char *name, GHashTable *cut)
{
    const LoomLink *link = loom_paths_find(walk->paths, name);
    g_autoptr(GList) addresses = loom_sets_list(walk->addresses, name);
    const GPtrArray *guests = g_hash_table_lookup(walk->guests, name);

    for (GList *address = addresses; address; address = address->next) {
        const char *where = find_other_place(walk, address->data, cut);

        notice_address(walk, where ? LOOM_NOTICE_MOVE : LOOM_NOTICE_INTERRUPTION, address->data,
                       where);
    }
    for (guint i = 0; guests && i < guests->len; i++)
        notice(walk, LOOM_NOTICE_INTERRUPTION, guests->pdata[i], name, NULL);
    if (link && !guests && !addresses && !link->ours && link->kind != LOOM_LINK_PHYSICAL)
        notice(walk, LOOM_NOTICE_INTERRUPTION, &link->record, link->name, NULL);
}

/* With a link go the addresses on it, and on the other end of a veth. */
static void
delete_link(Walk *walk, const LoomLink *link)
{
    const char *const ends[] = {link->name, link->peer};

    for (size_t i = 0; i < G_N_ELEMENTS(ends) && ends[i]; i++) {
        g_autoptr(GList) addresses = loom_sets_list(walk->addresses, ends[i]);

        for (GList *address = addresses; address; address = address->next)
            loom_sets_remove(walk->places, address->data, ends[i]);
        g_hash_table_remove(walk->addresses, ends[i]);
    }
    loom_paths_delete(walk->paths, link->name);
}

static void
walk_link(Walk *walk)
{
    const LoomStep *step = walk->step;

    if (step->verb == LOOM_STEP_DELETE || step->cost == LOOM_COST_DOWN) {
        g_autoptr(GHashTable) cut = loom_paths_find_cut(walk->paths, step->key);
        g_autoptr(GList) names = g_hash_table_get_keys(cut);

        for (GList *name = names; name; name = name->next)
            notice_link(walk, name->data, cut);
    }
    if (step->verb == LOOM_STEP_DELETE)
        delete_link(walk, (const LoomLink *)step->from);
    else
        loom_paths_set(walk->paths, (const LoomLink *)step->to);
}

static void
set_address(Walk *walk, const LoomAddress *address)
{
    loom_sets_add(walk->addresses, address->link, address->address);
    loom_sets_add(walk->places, address->address, address->link);
}

static void
walk_address(Walk *walk)
{
    const LoomAddress *address = (const LoomAddress *)walk->step->from;
    g_autoptr(GHashTable) nothing = g_hash_table_new(g_str_hash, g_str_equal);
    const char *where;

    if (walk->step->verb != LOOM_STEP_DELETE) {
        set_address(walk, (const LoomAddress *)walk->step->to);
        return;
    }
    loom_sets_remove(walk->addresses, address->link, address->address);
    loom_sets_remove(walk->places, address->address, address->link);
    where = find_other_place(walk, address->address, nothing);
    notice_address(walk, where ? LOOM_NOTICE_MOVE : LOOM_NOTICE_INTERRUPTION, address->address,
                   where);
}

static void
fill(Walk *walk)
{
    for (guint i = 0; i < walk->from->addresses->len; i++)
        set_address(walk, walk->from->addresses->pdata[i]);
    for (guint i = 0; i < walk->from->guests->len; i++) {
        const LoomGuestTap *guest = walk->from->guests->pdata[i];
        GPtrArray *known;

        if (!guest->link)
            continue;
        known = g_hash_table_lookup(walk->guests, guest->link);
        if (!known) {
            known = g_ptr_array_new();
            g_hash_table_insert(walk->guests, guest->link, known);
        }
        g_ptr_array_add(known, (gpointer)guest);
    }
}

static int
notice_compare(gconstpointer a, gconstpointer b)
{
    const LoomNotice *one = *(LoomNotice *const *)a, *other = *(LoomNotice *const *)b;

    if (one->effect != other->effect)
        return one->effect < other->effect ? 1 : -1;
    return strcmp(one->text, other->text);
}

GPtrArray *
loom_plan_find_notices(const LoomPlan *plan, const LoomHost *from, const LoomHost *to)
{
    g_autoptr(LoomPaths) paths = loom_paths_new(from);
    g_autoptr(GHashTable) addresses = loom_sets_new();
    g_autoptr(GHashTable) places = loom_sets_new();
    g_autoptr(GHashTable) guests =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    g_autoptr(GHashTable) wanted = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) noticed = g_hash_table_new(NULL, NULL);
    GPtrArray *notices = g_ptr_array_new_with_free_func((GDestroyNotify)loom_notice_free);
    Walk walk = {
        .from = from,
        .paths = paths,
        .addresses = addresses,
        .places = places,
        .guests = guests,
        .wanted = wanted,
        .noticed = noticed,
        .notices = notices,
    };

    fill(&walk);
    for (guint i = 0; i < to->addresses->len; i++)
        g_hash_table_add(wanted, ((LoomAddress *)to->addresses->pdata[i])->address);
    for (guint i = 0; i < plan->made->len; i++)
        if (((const LoomRecord *)plan->made->pdata[i])->kind == &loom_address_kind)
            g_hash_table_add(wanted, ((LoomAddress *)plan->made->pdata[i])->address);
    for (guint i = 0; i < plan->steps->len; i++) {
        walk.step = plan->steps->pdata[i];
        if (walk.step->kind == &loom_link_kind)
            walk_link(&walk);
        else if (walk.step->kind == &loom_address_kind)
            walk_address(&walk);
    }
    g_ptr_array_sort(notices, notice_compare);
    return notices;
}

gboolean
loom_notices_interrupt(const GPtrArray *notices)
{
    for (guint i = 0; i < notices->len; i++)
        if (((const LoomNotice *)notices->pdata[i])->effect == LOOM_NOTICE_INTERRUPTION)
            return TRUE;
    return FALSE;
}

const char *
loom_notice_effect_format(LoomNoticeEffect effect)
{
    static const char *const words[] = {"move", "interruption"};

    return words[effect];
}

void
loom_notice_free(LoomNotice *notice)
{
    if (!notice)
        return;
    g_free(notice->text);
    g_free(notice);
}
