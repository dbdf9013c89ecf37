/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guaranteed bandwidth: the classes on each physical NIC of a team. */
#include "host/classes.h"
#include "compile/compiler.h"

/*
 * Theory of operation
 *
 * Classes belong on each NIC, not on the bond, where they guarantee nothing. Every class has the
 * NIC's speed as its ceiling, so that what nobody uses is shared. By weight, a classification has
 * its part of the sum of all weights, and its ports divide that equally below it; or each port has
 * the weight, and then nothing is computed from a sum, which changes as ports come and go. Absolute
 * minimums are promises per port, kept on every NIC since any may carry the port. Traffic of no
 * port has weight 1. A class is recognised by its packets' priority (host/classes.h).
 */
#define RATE_DEFAULT 1000u /* kbit/s: of no port, where minimums are absolute */

gboolean
loom_compile_is_per_port(const LoomLogicalSwitch *logical_switch)
{
    return logical_switch->weightper == LOOM_WEIGHT_PER_PORT ||
           logical_switch->minbandwidth == LOOM_MIN_BANDWIDTH_ABSOLUTE;
}

guint64
loom_compile_find_class(const LoomLogicalSwitch *logical_switch,
                        const LoomSwitchPortgroup *portgroup)
{
    guint64 number = LOOM_CLASS_PORTGROUPS;

    for (guint i = 0; i < logical_switch->portgroups->len; i++, number++)
        if (logical_switch->portgroups->pdata[i] == portgroup && number < LOOM_CLASS_VNICS)
            return number;
    return LOOM_CLASS_DEFAULT;
}

guint64
loom_compile_find_vnic_class(const LoomHostSwitch *host_switch, const LoomVnic *vnic)
{
    const LoomSwitchPortgroup *portgroup =
        loom_logical_switch_find_portgroup(host_switch->logical_switch, vnic->resolved);
    g_autoptr(GPtrArray) vnics = loom_host_switch_list_vnics(host_switch);
    guint64 number = LOOM_CLASS_VNICS;

    if (!portgroup)
        return LOOM_CLASS_DEFAULT;
    for (guint i = 0; loom_compile_is_per_port(host_switch->logical_switch) && i < vnics->len;
         i++, number++)
        if (vnics->pdata[i] == vnic && number < LOOM_CLASS_GUESTS)
            return number;
    return loom_compile_find_class(host_switch->logical_switch, portgroup);
}

/* The sum of what divides the NIC, where portgroups do. */
static guint64
sum_weights(const LoomLogicalSwitch *logical_switch)
{
    guint64 sum = 1;

    for (guint i = 0; i < logical_switch->portgroups->len; i++) {
        const LoomSwitchPortgroup *portgroup = logical_switch->portgroups->pdata[i];

        sum += MAX(portgroup->resolved->bandwidth->weight, 1);
    }
    return sum;
}

/* What the switch promises to host vNICs together, in kbit/s. */
static guint64
sum_minimums(const LoomHostSwitch *host_switch)
{
    g_autoptr(GPtrArray) vnics = loom_host_switch_list_vnics(host_switch);
    guint64 sum = 0;

    for (guint i = 0; i < vnics->len; i++) {
        const LoomVnic *vnic = vnics->pdata[i];
        const LoomSwitchPortgroup *portgroup =
            loom_logical_switch_find_portgroup(host_switch->logical_switch, vnic->resolved);

        if (portgroup)
            sum += portgroup->resolved->bandwidth->min * 1000;
    }
    return sum;
}

/* In kbit/s; a NIC that is unplugged has none, and then the committed host knows. 0: unknown. */
static guint64
find_ceiling(const LoomCompiler *compiler, const char *nic)
{
    const LoomLink *fact = loom_compile_find_fact(compiler, nic);

    if (fact && LOOM_HAS(fact, speed))
        return fact->speed * 1000;
    for (guint i = 0; compiler->committed && i < compiler->committed->classes->len; i++) {
        const LoomClass *class = compiler->committed->classes->pdata[i];

        if (g_str_equal(class->link, nic))
            return class->ceiling;
    }
    return 0;
}

/* One NIC whose classes are being made. */
typedef struct {
    const LoomCompiler *compiler;
    const LoomCompiledSwitch *compiled;
    const char *nic;
    guint64 ceiling; /* kbit/s; 0: unknown */
    guint64 sum;     /* of weights; 0: each port has its own */
    guint64 minimum; /* of host vNICs together, kbit/s */
} Shared;

static LoomClass *
add_class(const Shared *shared, const char *name, guint64 priority)
{
    LoomClass *class = loom_record_new(&loom_class_kind);

    LOOM_SET(class, link, shared->nic);
    LOOM_SET_NUMBER(class, priority, priority);
    LOOM_SET(class, name, name);
    LOOM_SET(class, logicalswitch, shared->compiled->host_switch->logicalswitch);
    if (shared->ceiling)
        LOOM_SET_NUMBER(class, ceiling, shared->ceiling);
    loom_record_add(shared->compiler->result, class);
    return class;
}

static void
set_weight(const Shared *shared, LoomClass *class, guint64 weight)
{
    LOOM_SET_NUMBER(class, weight, MAX(weight, 1));
    if (shared->ceiling && shared->sum)
        LOOM_SET_NUMBER(class, rate, MAX(shared->ceiling * class->weight / shared->sum, 1));
}

static void
set_bandwidth(const Shared *shared, LoomClass *class, const LoomSwitchPortgroup *portgroup)
{
    const LoomBandwidth *bandwidth = portgroup->resolved->bandwidth;

    if (shared->compiled->host_switch->logical_switch->minbandwidth != LOOM_MIN_BANDWIDTH_ABSOLUTE)
        set_weight(shared, class, bandwidth->weight);
    else if (bandwidth->min)
        LOOM_SET_NUMBER(class, rate, bandwidth->min * 1000);
}

/* One class for each host vNIC of its own: where weights or minimums are per port. */
static void
add_vnic_classes(const Shared *shared)
{
    const LoomHostSwitch *host_switch = shared->compiled->host_switch;
    g_autoptr(GPtrArray) vnics = loom_host_switch_list_vnics(host_switch);

    for (guint i = 0; i < vnics->len; i++) {
        const LoomVnic *vnic = vnics->pdata[i];
        const LoomSwitchPortgroup *portgroup =
            loom_logical_switch_find_portgroup(host_switch->logical_switch, vnic->resolved);
        guint64 number = loom_compile_find_vnic_class(host_switch, vnic);

        if (number >= LOOM_CLASS_VNICS)
            set_bandwidth(shared, add_class(shared, vnic->name, number), portgroup);
    }
}

static void
add_portgroup_classes(const Shared *shared)
{
    const LoomLogicalSwitch *logical_switch = shared->compiled->host_switch->logical_switch;

    for (guint i = 0; i < logical_switch->portgroups->len; i++) {
        const LoomSwitchPortgroup *portgroup = logical_switch->portgroups->pdata[i];
        guint64 number = loom_compile_find_class(logical_switch, portgroup);
        LoomClass *class;

        if (number == LOOM_CLASS_DEFAULT)
            continue;
        class = add_class(shared, portgroup->classification, number);
        set_bandwidth(shared, class, portgroup);
        LOOM_SET_NUMBER(class, fair, TRUE);
        if (loom_compile_is_per_port(logical_switch))
            LOOM_SET_NUMBER(class, perport, TRUE);
        if (shared->minimum)
            LOOM_SET_NUMBER(class, reserved, shared->minimum);
    }
}

static void
add_default_class(const Shared *shared)
{
    LoomClass *class = add_class(shared, "default", LOOM_CLASS_DEFAULT);

    if (shared->compiled->host_switch->logical_switch->minbandwidth == LOOM_MIN_BANDWIDTH_ABSOLUTE)
        LOOM_SET_NUMBER(class, rate, RATE_DEFAULT);
    else
        set_weight(shared, class, 1);
}

void
loom_compile_classes(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled)
{
    const LoomLogicalSwitch *logical_switch = compiled->host_switch->logical_switch;
    gboolean is_per_port = loom_compile_is_per_port(logical_switch);
    guint64 sum = is_per_port ? 0 : sum_weights(logical_switch);
    guint64 minimum = logical_switch->minbandwidth == LOOM_MIN_BANDWIDTH_ABSOLUTE
                          ? sum_minimums(compiled->host_switch)
                          : 0;

    if (logical_switch->minbandwidth == LOOM_MIN_BANDWIDTH_NONE)
        return;
    for (guint i = 0; i < compiled->nics->len; i++) {
        const char *nic = compiled->nics->pdata[i];
        Shared shared = {compiler, compiled, nic, find_ceiling(compiler, nic), sum, minimum};

        add_default_class(&shared);
        add_portgroup_classes(&shared);
        if (is_per_port)
            add_vnic_classes(&shared);
    }
}
