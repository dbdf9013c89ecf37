/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who notices that a plan runs: its steps are walked, and after each it is asked who is cut off. */
#include "plan/notice.h"

#include "base/i18n.h"

#include <string.h>

/* A link at one point of the plan. */
typedef struct {
    const LoomLink *link; /* the last record that said what it is */
    const char *master, *peer;
    gboolean up;
} State;

/* The host at one point of the plan; all names and records are borrowed. */
typedef struct {
    const LoomHost *from;
    const LoomStep *step;
    GHashTable *links;     /* State, by name */
    GHashTable *members;   /* sets of names, by master */
    GHashTable *above;     /* sets of names, by parent */
    GHashTable *addresses; /* sets of addresses (texts), by link */
    GHashTable *places;    /* sets of links, by address */
    GHashTable *guests;    /* lists of guests' vNICs (GPtrArray), by link */
    GHashTable *wanted;    /* addresses that TO has somewhere */
    GHashTable *noticed;   /* LoomNotice, by who */
    GPtrArray *notices;
} Walk;

static void
put(GHashTable *sets, const char *key, gconstpointer item)
{
    GHashTable *set = g_hash_table_lookup(sets, key);

    if (!set) {
        set = g_hash_table_new(g_str_hash, g_str_equal);
        g_hash_table_insert(sets, (gpointer)key, set);
    }
    g_hash_table_add(set, (gpointer)item);
}

static void
take(GHashTable *sets, const char *key, gconstpointer item)
{
    GHashTable *set = key ? g_hash_table_lookup(sets, key) : NULL;

    if (set)
        g_hash_table_remove(set, item);
}

/* The items of a set, as they are now; none where there is no such set. */
static GList *
list(GHashTable *sets, const char *key)
{
    GHashTable *set = key ? g_hash_table_lookup(sets, key) : NULL;

    return set ? g_hash_table_get_keys(set) : NULL;
}

static GHashTable *
sets_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_hash_table_unref);
}

/* Whether it carries its master, and not the other way round. */
static gboolean
is_uplink(const State *state)
{
    return state->link->kind == LOOM_LINK_PHYSICAL || state->link->kind == LOOM_LINK_BOND ||
           state->link->kind == LOOM_LINK_OVS_BOND;
}

/* Whether a NIC carries that bond or bridge, or that NIC itself, without those in BUT. */
static gboolean
is_carried(const Walk *walk, const char *name, GHashTable *but)
{
    const State *state = g_hash_table_lookup(walk->links, name);
    g_autoptr(GList) members = list(walk->members, name);

    if (!state || !state->up || g_hash_table_contains(but, name))
        return FALSE;
    if (state->link->kind == LOOM_LINK_PHYSICAL)
        return TRUE;
    for (GList *member = members; member; member = member->next) {
        const State *below = g_hash_table_lookup(walk->links, member->data);

        if (below && is_uplink(below) && is_carried(walk, member->data, but))
            return TRUE;
    }
    return FALSE;
}

/* Whether what has an address on that link reaches a NIC, without those in BUT. */
static gboolean
has_path(const Walk *walk, const char *name, GHashTable *but)
{
    const State *state = g_hash_table_lookup(walk->links, name);
    const State *peer = state && state->peer ? g_hash_table_lookup(walk->links, state->peer) : NULL;
    const char *bridge = peer ? peer->master : state ? state->master : NULL;

    if (!state || !state->up || g_hash_table_contains(but, name))
        return FALSE;
    switch (state->link->kind) {
    case LOOM_LINK_VETH:
    case LOOM_LINK_OVS_INTERNAL:
        return bridge && is_carried(walk, bridge, but);
    case LOOM_LINK_PHYSICAL:
    case LOOM_LINK_BOND:
        return !state->master && is_carried(walk, name, but);
    case LOOM_LINK_OTHER:
        return state->link->parent && has_path(walk, state->link->parent, but);
    default:
        return is_carried(walk, name, but);
    }
}

static void
mark(GHashTable *cut, GQueue *queue, const char *name)
{
    if (name && g_hash_table_add(cut, (gpointer)name))
        g_queue_push_tail(queue, (gpointer)name);
}

static void
mark_above(const Walk *walk, const char *name, GHashTable *cut, GQueue *queue)
{
    const State *state = g_hash_table_lookup(walk->links, name);
    g_autoptr(GList) above = list(walk->above, name), members = NULL;

    for (GList *upper = above; upper; upper = upper->next)
        mark(cut, queue, upper->data);
    if (!state)
        return;
    mark(cut, queue, state->peer);
    if (is_uplink(state)) {
        if (state->master && !is_carried(walk, state->master, cut))
            mark(cut, queue, state->master);
        return;
    }
    members = list(walk->members, name);
    for (GList *member = members; member; member = member->next) {
        const State *port = g_hash_table_lookup(walk->links, member->data);

        if (port && !is_uplink(port))
            mark(cut, queue, member->data);
    }
}

/* All links that are cut off while that one is down or gone: itself, and what needs it. */
static GHashTable *
find_cut(const Walk *walk, const char *name)
{
    GHashTable *cut = g_hash_table_new(g_str_hash, g_str_equal);
    g_auto(GQueue) queue = G_QUEUE_INIT;

    for (mark(cut, &queue, name); !g_queue_is_empty(&queue);)
        mark_above(walk, g_queue_pop_head(&queue), cut, &queue);
    return cut;
}

static char *
describe_who(const LoomRecord *who, const char *link)
{
    const LoomGuestTap *guest = (const LoomGuestTap *)who;
    const LoomSessions *sessions = (const LoomSessions *)who;

    if (who->kind == &loom_guest_tap_kind)
        return g_strdup_printf(_("guest '%s' on '%s'"), guest->name ? guest->name : guest->domain,
                               link);
    if (who->kind == &loom_sessions_kind)
        return g_strdup_printf(
            _("sessions of port %" G_GUINT64_FORMAT " on address '%s' (%" G_GUINT64_FORMAT ")"),
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
    g_autoptr(GList) places = list(walk->places, address);

    for (GList *place = places; place; place = place->next)
        if (has_path(walk, place->data, cut))
            return place->data;
    return NULL;
}

static void
notice_link(Walk *walk, const char *name, GHashTable *cut)
{
    const State *state = g_hash_table_lookup(walk->links, name);
    g_autoptr(GList) addresses = list(walk->addresses, name);
    const GPtrArray *guests = g_hash_table_lookup(walk->guests, name);

    for (GList *address = addresses; address; address = address->next) {
        const char *where = find_other_place(walk, address->data, cut);

        notice_address(walk, where ? LOOM_NOTICE_MOVE : LOOM_NOTICE_INTERRUPTION, address->data,
                       where);
    }
    for (guint i = 0; guests && i < guests->len; i++)
        notice(walk, LOOM_NOTICE_INTERRUPTION, guests->pdata[i], name, NULL);
    if (state && !guests && !addresses && !state->link->ours &&
        state->link->kind != LOOM_LINK_PHYSICAL)
        notice(walk, LOOM_NOTICE_INTERRUPTION, &state->link->record, state->link->name, NULL);
}

static void
set_master(Walk *walk, State *state, const char *master)
{
    take(walk->members, state->master, state->link->name);
    state->master = master;
    if (master)
        put(walk->members, master, state->link->name);
}

static void
set_link(Walk *walk, const LoomLink *link)
{
    State *state = g_hash_table_lookup(walk->links, link->name);

    if (!state) {
        state = g_new0(State, 1);
        g_hash_table_insert(walk->links, link->name, state);
        state->link = link;
        if (link->parent)
            put(walk->above, link->parent, link->name);
    }
    if (LOOM_HAS(link, up))
        state->up = link->up;
    if (link->peer)
        state->peer = link->peer;
    set_master(walk, state, link->master);
}

static void
delete_link(Walk *walk, const char *name)
{
    State *state = g_hash_table_lookup(walk->links, name);
    const char *peer = state ? state->peer : NULL;
    g_autoptr(GList) addresses = list(walk->addresses, name);
    g_autoptr(GList) members = list(walk->members, name);

    if (!state)
        return;
    for (GList *address = addresses; address; address = address->next)
        take(walk->places, address->data, name);
    g_hash_table_remove(walk->addresses, name);
    for (GList *member = members; member; member = member->next)
        set_master(walk, g_hash_table_lookup(walk->links, member->data), NULL);
    set_master(walk, state, NULL);
    g_hash_table_remove(walk->links, name);
    if (peer)
        delete_link(walk, peer);
}

static void
walk_link(Walk *walk)
{
    const LoomStep *step = walk->step;

    if (step->verb == LOOM_STEP_DELETE || step->cost == LOOM_COST_DOWN) {
        g_autoptr(GHashTable) cut = find_cut(walk, step->key);
        g_autoptr(GList) names = g_hash_table_get_keys(cut);

        for (GList *name = names; name; name = name->next)
            notice_link(walk, name->data, cut);
    }
    if (step->verb == LOOM_STEP_DELETE)
        delete_link(walk, ((const LoomLink *)step->from)->name);
    else
        set_link(walk, (const LoomLink *)step->to);
}

static void
set_address(Walk *walk, const LoomAddress *address)
{
    put(walk->addresses, address->link, address->address);
    put(walk->places, address->address, address->link);
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
    take(walk->addresses, address->link, address->address);
    take(walk->places, address->address, address->link);
    where = find_other_place(walk, address->address, nothing);
    notice_address(walk, where ? LOOM_NOTICE_MOVE : LOOM_NOTICE_INTERRUPTION, address->address,
                   where);
}

static void
fill(Walk *walk)
{
    for (guint i = 0; i < walk->from->links->len; i++)
        set_link(walk, walk->from->links->pdata[i]);
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
    g_autoptr(GHashTable) links = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    g_autoptr(GHashTable) members = sets_new();
    g_autoptr(GHashTable) above = sets_new();
    g_autoptr(GHashTable) addresses = sets_new();
    g_autoptr(GHashTable) places = sets_new();
    g_autoptr(GHashTable) guests =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    g_autoptr(GHashTable) wanted = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) noticed = g_hash_table_new(NULL, NULL);
    GPtrArray *notices = g_ptr_array_new_with_free_func((GDestroyNotify)loom_notice_free);
    Walk walk = {from,   NULL,   links,  members, above,  addresses,
                 places, guests, wanted, noticed, notices};

    fill(&walk);
    for (guint i = 0; i < to->addresses->len; i++)
        g_hash_table_add(wanted, ((LoomAddress *)to->addresses->pdata[i])->address);
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
