/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a target the kernel is not told: what others make, and what this kernel lacks. */
#include "kernel/session.h"

#include "base/i18n.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <string.h>
#include <sys/utsname.h>

/* --- Open vSwitch ---------------------------------------------------------------------------- */

static gboolean
is_openvswitch(const LoomLink *link)
{
    return link->kind == LOOM_LINK_OVS_BRIDGE || link->kind == LOOM_LINK_OVS_BOND ||
           link->kind == LOOM_LINK_OVS_INTERNAL;
}

/* The names of links of Open vSwitch, and of all that is in them. */
static GHashTable *
find_openvswitch(const LoomHost *target)
{
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint before;

    do {
        before = g_hash_table_size(names);
        for (guint i = 0; i < target->links->len; i++) {
            const LoomLink *link = target->links->pdata[i];

            if (is_openvswitch(link) ||
                (link->master && g_hash_table_contains(names, link->master)) ||
                (link->peer && g_hash_table_contains(names, link->peer)))
                g_hash_table_add(names, g_strdup(link->name));
        }
    } while (g_hash_table_size(names) > before);
    return names;
}

static void
drop_of(LoomHost *target, const LoomKind *kind, GHashTable *names)
{
    GPtrArray *list = loom_host_list(target, kind);

    for (guint i = list->len; i-- > 0;) {
        const LoomAttribute *attribute = kind->attributes;
        const char *link;

        while (!g_str_equal(attribute->name, kind == &loom_link_kind ? "name" : "link"))
            attribute++;
        link = G_STRUCT_MEMBER(const char *, list->pdata[i], attribute->offset);
        if (link && g_hash_table_contains(names, link))
            g_ptr_array_remove_index(list, i);
    }
}

static void
reduce_openvswitch(LoomHost *target, LoomReport *report)
{
    static const LoomKind *const hanging[] = {
        &loom_address_kind, &loom_route_kind,      &loom_neighbour_kind,
        &loom_port_kind,    &loom_class_kind,      &loom_dhcp_kind,
        &loom_manager_kind, &loom_host_probe_kind, &loom_link_kind, /* last: the names are theirs */
    };
    g_autoptr(GHashTable) names = find_openvswitch(target);

    if (!g_hash_table_size(names))
        return;
    for (guint i = 0; i < target->links->len; i++) {
        const LoomLink *link = target->links->pdata[i];

        if (link->kind == LOOM_LINK_OVS_BRIDGE)
            loom_report_add(report, LOOM_SEVERITY_WARNING, NULL,
                            _("Open vSwitch bridge '%s' is not made by this release, nor what is "
                              "in it: make it with ovs-vsctl, or give its logical switch "
                              "datapath='bridge'"),
                            link->name);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(hanging); i++)
        drop_of(target, hanging[i], names);
}

/* --- what others do -------------------------------------------------------------------------- */

/* Private VLANs are no links, addresses, routes or VLANs of ports. */
static void
reduce_port(LoomPort *port)
{
    static const size_t fields[] = {
        offsetof(LoomPort, pvlan),
        offsetof(LoomPort, secondary),
        offsetof(LoomPort, mtu),
    };

    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        loom_record_set(port, fields[i], NULL);
}

/* The names of both ends of our veths: what of ports may have limits. */
static GHashTable *
find_vnics(const LoomHost *target)
{
    GHashTable *names = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < target->links->len; i++) {
        const LoomLink *link = target->links->pdata[i];

        if (link->kind == LOOM_LINK_VETH && link->ours)
            g_hash_table_add(names, link->name);
    }
    return names;
}

static void
reduce_ports(LoomHost *target)
{
    g_autoptr(GHashTable) vnics = find_vnics(target);

    for (guint i = target->ports->len; i-- > 0;) {
        LoomPort *port = target->ports->pdata[i];

        if (!port->link) {
            g_ptr_array_remove_index(target->ports, i);
            continue;
        }
        reduce_port(port);
        LOOM_SET(port, prioritypop, loom_kernel_resets_priority(port) ? "yes" : NULL);
        if (!g_hash_table_contains(vnics, port->link)) {
            LOOM_SET(port, max, NULL);
            LOOM_SET(port, maxin, NULL);
        }
    }
}

/* The kernel's own metric is none, as it is when read. */
static void
reduce_routes(LoomHost *target)
{
    for (guint i = 0; i < target->routes->len; i++) {
        LoomRoute *route = target->routes->pdata[i];

        if (route->metric == loom_route_usual_metric(route->destination))
            LOOM_SET(route, metric, NULL);
    }
}

/* --- what a bond's mode does not have -------------------------------------------------------- */

static void
reduce_bond(LoomLink *bond, LoomReport *report)
{
    size_t count;
    const LoomWireRow *rows = loom_link_rows(LOOM_LINK_BOND, &count);

    for (size_t i = 0; bond->mode && i < count; i++) {
        if (!loom_record_has(bond, rows[i].offset) || loom_link_row_applies(&rows[i], bond))
            continue;
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL,
                        _("team '%s' has no '%s' in mode %s: it is left out"), bond->name,
                        loom_wire_attribute(&loom_link_kind, rows[i].offset)->name, bond->mode);
        loom_record_set(bond, rows[i].offset, NULL);
    }
}

/* --- what this kernel lacks ------------------------------------------------------------------ */

static gboolean
lists_module(const char *list, const char *name)
{
    struct utsname system;
    g_autofree char *path = NULL, *text = NULL;
    g_autofree char *file = g_strdup_printf("/%s.ko", name);

    if (uname(&system) < 0)
        return FALSE;
    path = g_build_filename("/lib/modules", system.release, list, NULL);
    return g_file_get_contents(path, &text, NULL, NULL) && strstr(text, file) != NULL;
}

gboolean
loom_kernel_has_module(const char *name)
{
    g_autofree char *loaded = g_build_filename("/sys/module", name, NULL);

    return g_file_test(loaded, G_FILE_TEST_IS_DIR) || lists_module("modules.builtin", name) ||
           lists_module("modules.dep", name);
}

static void
ignore(const struct nlmsghdr *message G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
}

/* Where bridges are there and cannot be asked for VLANs, they have none. */
static gboolean
filters_vlans(LoomKernel *kernel)
{
    struct br_vlan_msg header = {.family = AF_BRIDGE};
    g_autoptr(LoomMessage) request = loom_netlink_message(RTM_GETVLAN, 0, &header, sizeof header);

    return loom_netlink_dump(kernel->netlink, request, ignore, NULL) != EOPNOTSUPP ||
           !g_file_test("/sys/module/bridge", G_FILE_TEST_IS_DIR);
}

/* Ports that share a class are equal in it by fq_codel and the flow classifier. */
static void
reduce_classes(LoomHost *target, LoomReport *report)
{
    gboolean is_fair = FALSE;

    for (guint i = 0; i < target->classes->len; i++)
        is_fair |= ((LoomClass *)target->classes->pdata[i])->fair;
    if (!is_fair || (loom_kernel_has_module("sch_fq_codel") && loom_kernel_has_module("cls_flow")))
        return;
    for (guint i = 0; i < target->classes->len; i++)
        LOOM_SET((LoomClass *)target->classes->pdata[i], fair, NULL);
    loom_report_add(
        report, LOOM_SEVERITY_WARNING, NULL,
        _("this kernel has no fq_codel or no flow classifier, so ports of one portgroup "
          "divide its share as their packets come, and not equally: install all of the "
          "kernel's modules, and try: modprobe -a sch_fq_codel cls_flow"));
}

static const LoomLink *
find_kind(const LoomHost *target, LoomLinkKind kind)
{
    for (guint i = 0; i < target->links->len; i++) {
        const LoomLink *link = target->links->pdata[i];

        if (link->kind == (int)kind && link->ours)
            return link;
    }
    return NULL;
}

static void
check_kernel(LoomKernel *kernel, const LoomHost *target, LoomReport *report)
{
    const LoomLink *bond = find_kind(target, LOOM_LINK_BOND);
    const LoomLink *bridge = find_kind(target, LOOM_LINK_BRIDGE);

    if (bond && !loom_kernel_has_module("bonding"))
        loom_report_add(report, LOOM_SEVERITY_ERROR, NULL,
                        _("this kernel has no bonding driver, which team '%s' needs: install all "
                          "of the kernel's modules, and try: modprobe bonding"),
                        bond->name);
    if (bridge && bridge->vlanfiltering && !filters_vlans(kernel))
        loom_report_add(report, LOOM_SEVERITY_ERROR, NULL,
                        _("this kernel's bridges cannot filter VLANs, which switch '%s' needs: "
                          "boot one with CONFIG_BRIDGE_VLAN_FILTERING"),
                        bridge->name);
}

void
loom_kernel_reduce(LoomBackend *backend, LoomHost *target, LoomReport *report)
{
    reduce_openvswitch(target, report);
    reduce_ports(target);
    reduce_classes(target, report);
    reduce_routes(target);
    for (guint i = 0; i < target->links->len; i++)
        if (((LoomLink *)target->links->pdata[i])->kind == LOOM_LINK_BOND)
            reduce_bond(target->links->pdata[i], report);
    loom_kernel_reduce_features((LoomKernel *)backend, target, report);
    check_kernel((LoomKernel *)backend, target, report);
}
