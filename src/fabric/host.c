/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of hosts and their NICs. */
#include "fabric/host.h"

#include "base/i18n.h"

static gboolean
count_parse(const LoomAttribute *attribute, const char *text, gpointer field)
{
    if (!g_str_equal(text, "all"))
        return loom_type_number.parse(attribute, text, field);
    *(guint64 *)field = LOOM_NIC_COUNT_ALL;
    return TRUE;
}

static char *
count_format(const LoomAttribute *attribute, gconstpointer field)
{
    return *(const guint64 *)field == LOOM_NIC_COUNT_ALL
               ? g_strdup("all")
               : loom_type_number.format(attribute, field);
}

static gboolean
count_equal(gconstpointer a, gconstpointer b)
{
    return loom_type_number.equal(a, b);
}

static void
count_copy(gpointer to, gconstpointer from)
{
    loom_type_number.copy(to, from);
}

static const LoomType type_count = {
    .name = N_("a number from 1 to 64, or all"),
    .size = sizeof(guint64),
    .parse = count_parse,
    .format = count_format,
    .equal = count_equal,
    .copy = count_copy,
    .json = LOOM_JSON_NUMBER, /* all: 0 */
};

static const LoomAttribute nic_attributes[] = {
    LOOM_ATTRIBUTE(LoomNicRule, name, loom_type_device),
    LOOM_ATTRIBUTE(LoomNicRule, mac, loom_type_mac),
    LOOM_ATTRIBUTE(LoomNicRule, pci, loom_type_pci),
    LOOM_ATTRIBUTE(LoomNicRule, driver, loom_type_identifier),
    LOOM_ATTRIBUTE(LoomNicRule, speed, loom_type_number, .min = 1, .max = 4294967),
    LOOM_ATTRIBUTE(LoomNicRule, count, type_count, .min = 1, .max = 64, .fallback = "1"),
};
static const LoomKind nic_kind = {
    .element = "nic",
    .noun = N_("NIC"),
    .size = sizeof(LoomNicRule),
    LOOM_ATTRIBUTES(nic_attributes),
};

static const LoomAttribute host_switch_attributes[] = {
    LOOM_ATTRIBUTE(LoomHostSwitch, logicalswitch, loom_type_name,
                   .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomHostSwitch, device, loom_type_device, .flags = LOOM_REQUIRED),
    LOOM_ATTRIBUTE(LoomHostSwitch, uplink, loom_type_name, .flags = LOOM_REQUIRED),
};
static const LoomChild host_switch_children[] = {
    LOOM_CHILDREN(LoomHostSwitch, nics, nic_kind),
    LOOM_CHILDREN(LoomHostSwitch, vnics, loom_vnic_kind),
};
static const LoomKind host_switch_kind = {
    .element = "switch",
    .size = sizeof(LoomHostSwitch),
    LOOM_ATTRIBUTES(host_switch_attributes),
    LOOM_CHILD_KINDS(host_switch_children),
};

static const LoomAttribute host_attributes[] = {
    LOOM_ATTRIBUTE(LoomFabricHost, name, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomFabricHost, hostgroup, loom_type_name, .flags = LOOM_REQUIRED),
};
static const LoomChild host_children[] = {
    LOOM_CHILDREN(LoomFabricHost, switches, host_switch_kind),
};
const LoomKind loom_fabric_host_kind = {
    .element = "host",
    .noun = N_("host"),
    .size = sizeof(LoomFabricHost),
    LOOM_ATTRIBUTES(host_attributes),
    LOOM_CHILD_KINDS(host_children),
};

GPtrArray *
loom_host_switch_list_vnics(const LoomHostSwitch *host_switch)
{
    GPtrArray *vnics = g_ptr_array_new();
    const LoomUplink *uplink = host_switch->resolved_uplink;

    for (guint i = 0; uplink && i < uplink->vnics->len; i++)
        g_ptr_array_add(vnics, uplink->vnics->pdata[i]);
    for (guint i = 0; i < host_switch->vnics->len; i++)
        g_ptr_array_add(vnics, host_switch->vnics->pdata[i]);
    return vnics;
}
