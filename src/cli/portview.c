/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every port of this host, as it should be and as the kernel has it. */
#include "cli/portview.h"

#include "base/i18n.h"
#include "base/mac.h"
#include "base/units.h"
#include "cli/work.h"
#include "port/port.h"
#include "port/program.h"
#include "port/state.h"

#include <string.h>

/* --- what should be ----------------------------------------------------------------------------
 */

static void
view_free(gpointer data)
{
    LoomPortView *view = data;

    loom_record_free(view->port);
    loom_record_free(view->wanted);
    loom_record_free(view->actual);
    g_free(view->guest);
    g_free(view);
}

/* PORT is owned by the view from here on. */
static LoomPortView *
add_view(LoomPortViews *views, LoomPort *port, LoomPort *wanted, const char *bridge)
{
    LoomPortView *view = g_new0(LoomPortView, 1);

    view->port = port;
    view->wanted = wanted;
    view->bridge = bridge;
    g_ptr_array_add(views->views, view);
    return view;
}

/* What libvirt's portgroup says, as ports are limited: by libvirt. */
static void
set_limits(LoomPortView *view, const LoomHost *committed)
{
    const LoomNetwork *network =
        committed ? loom_host_find(committed, &loom_network_kind, view->port->network) : NULL;

    for (guint i = 0; network && i < network->portgroups->len; i++) {
        const LoomPortgroup *portgroup = network->portgroups->pdata[i];

        if (g_strcmp0(portgroup->name, view->port->portgroup) != 0)
            continue;
        view->max = loom_units_kilobytes_to_mbit(portgroup->outaverage);
        view->maxin = loom_units_kilobytes_to_mbit(portgroup->inaverage);
    }
}

static const LoomClass *
find_class(const LoomPortViews *views, const LoomPortView *view)
{
    const GPtrArray *classes = views->committed ? views->committed->classes : NULL;

    for (guint i = 0; classes && view->port->class && i < classes->len; i++) {
        const LoomClass *class = classes->pdata[i];

        if (g_strcmp0(class->name, view->port->class) == 0 &&
            g_strcmp0(class->logicalswitch, view->port->logicalswitch) == 0)
            return class;
    }
    return NULL;
}

static void
add_guests(LoomPortViews *views, const char *rundir, LoomReport *report)
{
    g_autoptr(GPtrArray) states = loom_port_state_list(rundir, LOOM_PORT_LIVE, NULL, report);

    for (guint i = 0; i < states->len; i++) {
        const LoomHost *state = states->pdata[i];
        LoomPort *port = loom_record_copy(loom_port_state_port(state));
        LoomPortView *view = add_view(views, port, loom_port_in_kernel(port),
                                      g_intern_string(loom_port_state_network(state)->bridge));

        view->guest = g_strdup(loom_port_state_guest(state));
        set_limits(view, views->committed);
    }
}

void
loom_port_views_add_planned(LoomPortViews *views, const LoomPort *port, const char *guest,
                            const char *bridge)
{
    LoomPortView *view =
        add_view(views, loom_record_copy(port), loom_port_in_kernel(port), g_intern_string(bridge));

    view->guest = g_strdup(guest);
    view->condition = LOOM_PORT_PLANNED;
    view->class = find_class(views, view);
    set_limits(view, views->committed);
}

/* A host vNIC's port is the far end of its veth. */
static void
add_vnics(LoomPortViews *views)
{
    const LoomHost *host = views->committed;

    for (guint i = 0; i < host->ports->len; i++) {
        const LoomPort *port = host->ports->pdata[i];
        const LoomLink *link =
            port->link ? loom_host_find(host, &loom_link_kind, port->link) : NULL;
        LoomPortView *view;
        LoomPort *wanted;

        if (!link || link->kind != LOOM_LINK_VETH || !link->peer)
            continue;
        wanted = loom_port_in_kernel(port);
        if (LOOM_HAS(port, max))
            LOOM_SET_NUMBER(wanted, max, port->max);
        if (LOOM_HAS(port, maxin))
            LOOM_SET_NUMBER(wanted, maxin, port->maxin);
        view = add_view(views, loom_record_copy(port), wanted, link->master);
        view->vnic = link->peer;
        view->max = port->max;
        view->maxin = port->maxin;
    }
}

/* --- what is -----------------------------------------------------------------------------------
 */

static gboolean
read_kernel(LoomPortViews *views, GError **error)
{
    g_autoptr(LoomHost) target = loom_host_new();
    g_autoptr(LoomBackend) kernel = loom_kernel_new(error);

    if (!kernel)
        return FALSE;
    for (guint i = 0; i < views->views->len; i++) {
        const LoomPortView *view = views->views->pdata[i];
        LoomLink *link = loom_record_new(&loom_link_kind); /* wherever it is now */

        LOOM_SET(link, name, view->port->link);
        loom_record_add(target, link);
        loom_record_add(target, loom_record_copy(view->wanted));
    }
    views->observed = loom_host_new();
    if (!kernel->observe(kernel, target, views->observed, error))
        return FALSE;
    views->drops = loom_kernel_read_all_drops(kernel, error);
    if (!views->drops)
        return FALSE;
    views->counters = loom_kernel_read_counters(kernel, error);
    return views->counters != NULL;
}

/* A name is used again: what has another guest's MAC is not this port's tap. */
static gboolean
is_its_device(const LoomPortView *view, const LoomLink *link)
{
    return !view->port->mac ||
           (link->mac && loom_mac_parse(link->mac) == loom_port_tap_mac(view->port->mac));
}

static LoomPortCondition
judge(const LoomPortView *view)
{
    if (!view->link)
        return LOOM_PORT_GONE;
    if (!view->link->master || (!view->actual && view->differs))
        return LOOM_PORT_CLOSED;
    return view->differs || g_strcmp0(view->link->master, view->bridge) != 0 ? LOOM_PORT_DIFFERS
                                                                             : LOOM_PORT_AGREES;
}

/* With the MTU of its device, which is a tap's port's. NULL: there is nothing to tell of. */
static LoomPort *
copy_actual(const LoomPortView *view, const LoomPort *observed)
{
    LoomPort *actual = observed ? loom_record_copy(observed) : NULL;

    if (actual && LOOM_HAS(view->wanted, mtu))
        LOOM_SET_NUMBER(actual, mtu, view->link->mtu);
    return actual;
}

static void
look_at(const LoomPortViews *views, LoomPortView *view, GHashTable *links, GHashTable *ports)
{
    const LoomLinkCounters *counters = g_hash_table_lookup(views->counters, view->port->link);
    const LoomLink *link = g_hash_table_lookup(links, view->port->link);
    LoomPort *nothing;

    view->class = find_class(views, view);
    if (!link || !is_its_device(view, link)) {
        view->condition = LOOM_PORT_GONE;
        return;
    }
    view->link = link;
    view->actual = copy_actual(view, g_hash_table_lookup(ports, view->port->link));
    view->drops = g_hash_table_lookup(views->drops, view->port->link);
    if (counters)
        view->counters = *counters;
    nothing = loom_record_new(&loom_port_kind);
    LOOM_SET(nothing, link, view->port->link);
    view->differs = loom_record_differs(view->actual ? view->actual : nothing, view->wanted);
    loom_record_free(nothing);
    view->condition = judge(view);
}

/* What somebody put into a switch of ours. */
static void
add_unknown(LoomPortViews *views, GHashTable *known, GHashTable *ports)
{
    for (guint i = 0; i < views->observed->links->len; i++) {
        const LoomLink *link = views->observed->links->pdata[i];
        const LoomLink *master =
            link->master ? loom_host_find(views->committed, &loom_link_kind, link->master) : NULL;
        LoomPortView *view;
        LoomPort *port;

        if (!master || master->kind != LOOM_LINK_BRIDGE ||
            g_hash_table_contains(known, link->name) ||
            loom_host_find(views->committed, &loom_link_kind, link->name))
            continue;
        port = loom_record_new(&loom_port_kind);
        LOOM_SET(port, link, link->name);
        LOOM_SET(port, logicalswitch, master->logicalswitch);
        view = add_view(views, port, loom_record_copy(port), master->name);
        view->link = link;
        view->actual = copy_actual(view, g_hash_table_lookup(ports, link->name));
        view->condition = LOOM_PORT_UNKNOWN;
        if (g_hash_table_lookup(views->counters, link->name))
            view->counters = *(LoomLinkCounters *)g_hash_table_lookup(views->counters, link->name);
    }
}

static void
look_at_all(LoomPortViews *views)
{
    g_autoptr(GHashTable) links = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) ports = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < views->observed->links->len; i++) {
        LoomLink *link = views->observed->links->pdata[i];

        g_hash_table_insert(links, link->name, link);
    }
    for (guint i = 0; i < views->observed->ports->len; i++) {
        LoomPort *port = views->observed->ports->pdata[i];

        if (port->link)
            g_hash_table_insert(ports, port->link, port);
    }
    for (guint i = 0; i < views->views->len; i++) {
        LoomPortView *view = views->views->pdata[i];

        look_at(views, view, links, ports);
        if (view->link)
            g_hash_table_add(known, view->port->link);
    }
    if (views->committed)
        add_unknown(views, known, ports);
}

/* --- all of it ---------------------------------------------------------------------------------
 */

static int
rank(const LoomPortView *view)
{
    return view->vnic ? 0 : view->guest ? 1 : 2;
}

static int
compare_views(gconstpointer left, gconstpointer right)
{
    const LoomPortView *a = *(LoomPortView *const *)left, *b = *(LoomPortView *const *)right;
    int order = rank(a) - rank(b);

    if (!order)
        order = g_strcmp0(a->guest, b->guest);
    if (!order)
        order = g_strcmp0(a->vnic, b->vnic);
    if (!order)
        order = g_strcmp0(a->port->mac, b->port->mac);
    return order ? order : g_strcmp0(a->port->link, b->port->link);
}

LoomPortViews *
loom_port_views_read(const char *rundir, LoomReport *report, GError **error)
{
    g_autoptr(LoomPortViews) views = g_new0(LoomPortViews, 1);
    g_autoptr(LoomApply) apply = loom_work_open_state();
    GError *failure = NULL;

    views->views = g_ptr_array_new_with_free_func(view_free);
    views->committed = loom_apply_load_committed(apply, &failure);
    if (failure) {
        g_propagate_error(error, failure);
        return NULL;
    }
    if (views->committed) {
        views->host = g_strdup(views->committed->name);
        add_vnics(views);
    }
    add_guests(views, rundir, report);
    if (!read_kernel(views, error))
        return NULL;
    look_at_all(views);
    g_ptr_array_sort(views->views, compare_views);
    return g_steal_pointer(&views);
}

void
loom_port_views_free(LoomPortViews *views)
{
    if (!views)
        return;
    g_free(views->host);
    g_ptr_array_unref(views->views);
    loom_host_free(views->committed);
    loom_host_free(views->observed);
    g_clear_pointer(&views->counters, g_hash_table_unref);
    g_clear_pointer(&views->drops, g_hash_table_unref);
    g_free(views);
}

/* --- words -------------------------------------------------------------------------------------
 */

const char *
loom_port_condition_format(LoomPortCondition condition)
{
    static const char *const words[] = {"agrees", "differs", "closed",
                                        "gone",   "planned", "unknown"};

    return words[condition];
}

const char *
loom_port_condition_describe(LoomPortCondition condition)
{
    static const char *const words[] = {N_("as it should be"), N_("differs"),
                                        N_("closed"),          N_("no device"),
                                        N_("does not run"),    N_("unknown, closed")};

    return _(words[condition]);
}

LoomColour
loom_port_condition_colour(LoomPortCondition condition)
{
    static const LoomColour colours[] = {LOOM_PLAIN, LOOM_YELLOW, LOOM_RED,
                                         LOOM_RED,   LOOM_DIM,    LOOM_RED};

    return colours[condition];
}

char *
loom_port_view_vlans(const LoomPort *port)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *own = g_strdup_printf("%" G_GUINT64_FORMAT, port->vlan);

    if (port->pvlan)
        g_string_append_printf(text, "%s ", port->pvlan);
    if (port->vlan)
        g_string_append_printf(text, "%" G_GUINT64_FORMAT, port->vlan);
    if (port->untagged)
        g_string_append_printf(text, "%s%s", port->vlan ? "+" : "", port->untagged);
    if (port->tagged && !g_str_equal(port->tagged, own)) /* an isolated port's: it hears none */
        g_string_append_printf(text, "%s%s", text->len ? _(", tagged ") : _("tagged "),
                               port->tagged);
    return text->len ? g_strdup(g_strchomp(text->str)) : NULL;
}

char *
loom_port_view_guards(const LoomPort *port)
{
    const struct {
        gboolean is_on;
        const char *word;
    } guards[] = {
        {port->macs != NULL, "mac"},       {port->addresses != NULL, "address"},
        {port->dhcpguard, "dhcp"},         {port->routerguard, "router"},
        {port->priorityreset, "priority"}, {port->tagguard, "tag"},
        {port->privateguard, "private"},   {port->isolated, "isolated"},
    };
    g_autoptr(GString) text = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(guards); i++)
        if (guards[i].is_on)
            g_string_append_printf(text, "%s%s", text->len ? " " : "", guards[i].word);
    return text->len ? g_strdup(text->str) : NULL;
}

static void
append_rate(GString *text, const char *word, guint64 rate)
{
    if (rate)
        g_string_append_printf(text, "%s%s %" G_GUINT64_FORMAT, text->len ? ", " : "", word, rate);
}

char *
loom_port_view_rate(const LoomPortView *view)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (view->class) {
        append_rate(text, _("weight"), view->class->weight);
        append_rate(text, _("min"), view->class->weight ? 0 : view->class->rate / 1000);
    }
    append_rate(text, _("max"), view->max);
    append_rate(text, _("maxin"), view->maxin);
    return text->len ? g_strdup(text->str) : NULL;
}

guint64
loom_port_view_dropped(const LoomPortView *view)
{
    GHashTableIter iterator;
    gpointer count;
    guint64 sum = 0;

    if (!view->drops)
        return 0;
    g_hash_table_iter_init(&iterator, view->drops);
    while (g_hash_table_iter_next(&iterator, NULL, &count))
        sum += *(guint64 *)count;
    return sum;
}
