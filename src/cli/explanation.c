/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each value of a port, where it comes from, and what the kernel has: what explain shows. */
#include "cli/explanation.h"

#include "base/i18n.h"
#include "cli/portorigin.h"

#include <string.h>

static void
value_free(gpointer data)
{
    LoomExplainedValue *value = data;

    g_free(value->name);
    g_free(value->expected);
    g_free(value->actual);
    g_ptr_array_unref(value->chain);
    g_free(value);
}

/* What values are made of. */
typedef struct {
    const LoomPortViews *views;
    const LoomPortView *view;
    const LoomFabric *fabric; /* NULL: it cannot be read */
    GPtrArray *values;
} Explanation;

/* ATTRIBUTE names the chain. Takes over EXPECTED and ACTUAL. */
static LoomExplainedValue *
add_value(const Explanation *explanation, const char *name, const char *attribute, char *expected,
          char *actual)
{
    const LoomPortView *view = explanation->view;
    LoomExplainedValue *value = g_new0(LoomExplainedValue, 1);

    value->name = g_strdup(name);
    value->expected = expected;
    value->actual = actual;
    value->chain = explanation->fabric
                       ? loom_port_origins_find(explanation->fabric, explanation->views->host,
                                                view->port, view->vnic, attribute)
                       : g_ptr_array_new();
    g_ptr_array_add(explanation->values, value);
    return value;
}

static void
add_compared(const Explanation *explanation, const char *name, const char *attribute,
             char *expected, char *actual)
{
    LoomExplainedValue *value = add_value(explanation, name, attribute, expected, actual);

    value->differs = explanation->view->link && g_strcmp0(expected, actual) != 0;
}

static char *
number_text(guint64 number)
{
    return number ? g_strdup_printf("%" G_GUINT64_FORMAT, number) : NULL;
}

/* --- the values --------------------------------------------------------------------------------
 */

/* Of ports, those that the kernel can tell; where RECORD is NULL: nothing. */
static char *
get_text(const LoomPort *port, const LoomAttribute *attribute)
{
    g_autofree char *text = port ? loom_record_get(port, attribute) : NULL;

    if (attribute->type == &loom_type_yes_no)
        return g_strdup(text ? text : "no");
    return text && *text && !g_str_equal(text, "0") ? g_steal_pointer(&text) : NULL;
}

static void
add_attributes(const Explanation *explanation)
{
    static const char *const shown[] = {
        "vlan",      "untagged",      "tagged",      "isolated",  "mtu",
        "tagguard",  "privateguard",  "macs",        "dhcpguard", "routerguard",
        "addresses", "priorityreset", "prioritypop", "priority",  NULL};
    const LoomPortView *view = explanation->view;

    for (size_t i = 0; i < loom_port_kind.attribute_count; i++) {
        const LoomAttribute *attribute = &loom_port_kind.attributes[i];
        g_autofree char *expected = NULL, *actual = NULL;

        if (!g_strv_contains(shown, attribute->name))
            continue;
        expected = get_text(view->wanted, attribute);
        actual = view->link ? get_text(view->actual, attribute) : NULL;
        if (!expected && !actual)
            continue;
        add_value(explanation, attribute->name, attribute->name, g_steal_pointer(&expected),
                  g_steal_pointer(&actual))
            ->differs = view->link && view->differs >> i & 1;
    }
}

static void
add_vnic_mtu(const Explanation *explanation)
{
    const LoomPortView *view = explanation->view;
    const LoomLink *wanted = view->vnic ? loom_host_find(explanation->views->committed,
                                                         &loom_link_kind, view->port->link)
                                        : NULL;

    if (wanted && LOOM_HAS(wanted, mtu))
        add_compared(explanation, "mtu", "mtu", number_text(wanted->mtu),
                     view->link ? number_text(view->link->mtu) : NULL);
}

/* Where several ports share a class, it is the portgroup's. */
static const LoomClass *
find_actual_class(const Explanation *explanation, const LoomClass *wanted)
{
    g_autofree char *key =
        g_strdup_printf("%s/%" G_GUINT64_FORMAT, wanted->link, explanation->view->port->priority);

    return loom_host_find(explanation->views->observed, &loom_class_kind, key);
}

static void
add_class(const Explanation *explanation, const LoomClass *wanted)
{
    const LoomClass *actual =
        explanation->view->link ? find_actual_class(explanation, wanted) : NULL;
    gboolean has_weight = wanted->weight != 0;
    const char *attribute = has_weight ? "weight" : "min";
    g_autofree char *name = g_strdup_printf(_("%s on %s"), attribute, wanted->link);

    add_compared(explanation, name, attribute,
                 number_text(has_weight ? wanted->weight : wanted->rate / 1000),
                 actual ? number_text(has_weight ? actual->weight : actual->rate / 1000) : NULL);
}

static void
add_classes(const Explanation *explanation)
{
    const LoomPortView *view = explanation->view;
    const GPtrArray *classes = view->class ? explanation->views->committed->classes : NULL;

    for (guint i = 0; classes && i < classes->len; i++) {
        const LoomClass *class = classes->pdata[i];

        if (g_strcmp0(class->name, view->class->name) == 0 &&
            g_strcmp0(class->logicalswitch, view->class->logicalswitch) == 0)
            add_class(explanation, class);
    }
}

/* Of guests' ports they are libvirt's, which tells of them itself (virsh domiftune). */
static void
add_limits(const Explanation *explanation)
{
    const LoomPortView *view = explanation->view;
    const LoomPort *actual = view->vnic ? view->actual : NULL;
    const struct {
        const char *name;
        guint64 wanted, is;
    } limits[] = {{"max", view->max, actual ? actual->max : 0},
                  {"maxin", view->maxin, actual ? actual->maxin : 0}};

    for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
        if (!limits[i].wanted && !limits[i].is)
            continue;
        if (view->vnic)
            add_compared(explanation, limits[i].name, limits[i].name, number_text(limits[i].wanted),
                         number_text(limits[i].is));
        else
            add_value(explanation, limits[i].name, limits[i].name, number_text(limits[i].wanted),
                      view->link ? g_strdup(_("libvirt's")) : NULL);
    }
}

/* NULL: the fabric has none. */
static const LoomPortProfile *
find_profile(const Explanation *explanation)
{
    const LoomPortView *view = explanation->view;

    return explanation->fabric
               ? loom_port_origins_find_profile(explanation->fabric, explanation->views->host,
                                                view->port, view->vnic)
               : NULL;
}

/* A hint for the guest's <driver queues=''>, which is nobody's but its own to follow. */
static void
add_queues(const Explanation *explanation, const LoomPortProfile *profile)
{
    const LoomPortView *view = explanation->view;

    if (!view->guest || !profile->offload->vmq)
        return;
    add_value(explanation, "queues", "queues",
              profile->offload->queues ? number_text(profile->offload->queues)
                                       : g_strdup(_("one per processor")),
              number_text(view->link ? view->counters.queues : 0));
}

/* What a profile may ask of NICs. */
typedef struct {
    const char *word;
    size_t profile, link;
} Offload;

/* Words, as yes and no are. */
static const char *
describe_offload(const LoomLink *nic, const Offload *offload)
{
    if (!nic || !loom_record_has(nic, offload->link))
        return "not available";
    if (nic->withheld && g_strv_contains((const char *const *)nic->withheld, offload->word))
        return "withheld";
    return G_STRUCT_MEMBER(gboolean, nic, offload->link) ? "on" : "off";
}

static void
add_offload(const Explanation *explanation, const LoomLink *nic, const Offload *offload)
{
    const LoomLink *actual =
        loom_host_find(explanation->views->observed, &loom_link_kind, nic->name);
    g_autofree char *name = g_strdup_printf(_("%s on %s"), offload->word, nic->name);

    add_value(explanation, name, offload->word, g_strdup("on"),
              g_strdup(describe_offload(actual, offload)))
        ->differs = actual && loom_record_has(actual, offload->link) &&
                    !G_STRUCT_MEMBER(gboolean, actual, offload->link);
}

/* Of the NICs behind the switch: what one port asks for, all of its ports get. */
static void
add_offloads(const Explanation *explanation, const LoomPortProfile *profile)
{
    static const Offload offloads[] = {
        {"ipsec", offsetof(LoomOffload, ipsec), offsetof(LoomLink, ipsec)},
        {"rss", offsetof(LoomOffload, rss), offsetof(LoomLink, rss)},
    };
    const LoomHost *committed = explanation->views->committed;

    for (size_t i = 0; i < G_N_ELEMENTS(offloads); i++)
        for (guint k = 0; committed && k < committed->links->len; k++) {
            const LoomLink *link = committed->links->pdata[k];

            if (G_STRUCT_MEMBER(gboolean, profile->offload, offloads[i].profile) &&
                link->kind == LOOM_LINK_PHYSICAL &&
                g_strcmp0(link->logicalswitch, explanation->view->port->logicalswitch) == 0)
                add_offload(explanation, link, &offloads[i]);
        }
}

GPtrArray *
loom_explanation_values(const LoomPortViews *views, const LoomPortView *view,
                        const LoomFabric *fabric)
{
    Explanation explanation = {views, view, fabric, g_ptr_array_new_with_free_func(value_free)};
    const LoomPortProfile *profile = find_profile(&explanation);

    add_compared(&explanation, "bridge", "bridge", g_strdup(view->bridge),
                 view->link ? g_strdup(view->link->master) : NULL);
    add_attributes(&explanation);
    if (view->vnic)
        add_vnic_mtu(&explanation);
    add_classes(&explanation);
    add_limits(&explanation);
    if (profile) {
        add_queues(&explanation, profile);
        add_offloads(&explanation, profile);
    }
    return explanation.values;
}
