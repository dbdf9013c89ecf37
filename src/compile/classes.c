/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guaranteed bandwidth: the classes on each physical NIC of a team. */
#include "compile/compiler.h"

/*
 * Theory of operation
 *
 * Classes belong on each NIC, not on the bond, where they guarantee nothing. Every class has the
 * NIC's speed as its ceiling, so that what nobody uses is shared. By weight, a classification has
 * its share of 100 and its ports divide that equally below it (or each port has the weight: per
 * port). Absolute minimums are promises per port, kept on every NIC since any may carry the port.
 * Traffic of no port has weight 1. A class is recognised by its packets' priority.
 */
#define PRIORITY_DEFAULT 2u  /* 1 is the root */
#define PRIORITY_FIRST   16u /* of the portgroups, in the switch's order */
#define PRIORITY_PORTS   256u
#define RATE_DEFAULT     1000u /* kbit/s: of no port, where minimums are absolute */

gboolean
loom_compile_is_per_port(const LoomLogicalSwitch *logical_switch)
{
    return logical_switch->weightper == LOOM_WEIGHT_PER_PORT ||
           logical_switch->minbandwidth == LOOM_MIN_BANDWIDTH_ABSOLUTE;
}

static LoomClass *
add_class(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled, const char *nic,
          const char *name, guint64 priority)
{
    const LoomLink *fact = loom_compile_find_fact(compiler, nic);
    LoomClass *class = loom_record_new(&loom_class_kind);

    LOOM_SET(class, link, nic);
    LOOM_SET(class, name, name);
    LOOM_SET_NUMBER(class, priority, priority);
    LOOM_SET(class, logicalswitch, compiled->host_switch->logicalswitch);
    if (fact && LOOM_HAS(fact, speed))
        LOOM_SET_NUMBER(class, ceiling, fact->speed * 1000);
    loom_record_add(compiler->result, class);
    return class;
}

static void
set_weight(LoomClass *class, guint64 weight)
{
    LOOM_SET_NUMBER(class, weight, MAX(weight, 1));
    if (LOOM_HAS(class, ceiling))
        LOOM_SET_NUMBER(class, rate, MAX(class->ceiling * class->weight / 100, 1));
}

static void
set_bandwidth(LoomClass *class, const LoomLogicalSwitch *logical_switch,
              const LoomSwitchPortgroup *portgroup)
{
    const LoomBandwidth *bandwidth = portgroup->resolved->bandwidth;

    if (logical_switch->minbandwidth == LOOM_MIN_BANDWIDTH_ABSOLUTE)
        LOOM_SET_NUMBER(class, rate, MAX(bandwidth->min * 1000, 1));
    else
        set_weight(class, bandwidth->weight);
}

/* One class for each host vNIC of its own: where weights or minimums are per port. */
static void
add_port_classes(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled, const char *nic)
{
    const LoomLogicalSwitch *logical_switch = compiled->host_switch->logical_switch;
    g_autoptr(GPtrArray) vnics = loom_host_switch_list_vnics(compiled->host_switch);

    for (guint i = 0; i < vnics->len; i++) {
        const LoomVnic *vnic = vnics->pdata[i];
        const LoomSwitchPortgroup *portgroup =
            loom_logical_switch_find_portgroup(logical_switch, vnic->resolved);

        if (portgroup)
            set_bandwidth(add_class(compiler, compiled, nic, vnic->name, PRIORITY_PORTS + i),
                          logical_switch, portgroup);
    }
}

static void
add_portgroup_classes(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled,
                      const char *nic)
{
    const LoomLogicalSwitch *logical_switch = compiled->host_switch->logical_switch;

    for (guint i = 0; i < logical_switch->portgroups->len; i++) {
        const LoomSwitchPortgroup *portgroup = logical_switch->portgroups->pdata[i];

        set_bandwidth(
            add_class(compiler, compiled, nic, portgroup->classification, PRIORITY_FIRST + i),
            logical_switch, portgroup);
    }
}

static void
add_default_class(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled, const char *nic)
{
    LoomClass *class = add_class(compiler, compiled, nic, "default", PRIORITY_DEFAULT);

    if (compiled->host_switch->logical_switch->minbandwidth == LOOM_MIN_BANDWIDTH_ABSOLUTE)
        LOOM_SET_NUMBER(class, rate, RATE_DEFAULT);
    else
        set_weight(class, 1);
}

void
loom_compile_classes(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled)
{
    const LoomLogicalSwitch *logical_switch = compiled->host_switch->logical_switch;

    if (logical_switch->minbandwidth == LOOM_MIN_BANDWIDTH_NONE)
        return;
    for (guint i = 0; i < compiled->nics->len; i++) {
        const char *nic = compiled->nics->pdata[i];

        add_default_class(compiler, compiled, nic);
        if (loom_compile_is_per_port(logical_switch))
            add_port_classes(compiler, compiled, nic);
        else
            add_portgroup_classes(compiler, compiled, nic);
    }
}
