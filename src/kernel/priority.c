/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Priorities that a port's vNIC may not set: the kernel takes the tag away that has them. */
#include "kernel/guards.h"
#include "kernel/queues.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/tc_act/tc_vlan.h>
#include <string.h>

/*
 * At the ingress of a device traffic control looks at a frame before nftables does: what a filter
 * has taken the tag of VLAN 0 from has neither VLAN nor priority, and passes the guard "priority",
 * which stays, and stops what no filter has seen. Frames with a second tag are left to the guard
 * "tags".
 *
 * The one qdisc there may be libvirt's, for <bandwidth>, or come to be: it deletes whichever is
 * there before it makes its own (virNetDevBandwidthSet()). Its filter says "pass", and ends the
 * walk; ours says "go on". So ours comes first, by the priority that the kernel gives it, one below
 * all that are there; and where others came before it since, it is made again.
 */

#define HANDLE    0x4c6f6f6du /* "Loom" */
#define QDISC     TC_H_MAKE(TC_H_INGRESS, 0)
#define PRIORITY  0xffff0000u /* of tcm_info */
#define NO_MODULE ENOENT

/* What the ingress of one link has. */
typedef struct {
    gboolean has_qdisc;
    guint32 parent;     /* of filters */
    guint32 first, own; /* places in the walk (tcm_info); 0: there is none */
    gboolean is_exact;  /* ours is what we would make */
    guint others;       /* messages about filters that are not ours */
} Ingress;

static gboolean is_refused;

/* --- reading --------------------------------------------------------------------------------- */

static gboolean
pops(struct nlattr *list)
{
    struct nlattr *actions[TCA_ACT_MAX_PRIO + 1] = {NULL}, *action[TCA_ACT_MAX + 1] = {NULL};
    struct nlattr *options[TCA_VLAN_MAX + 1] = {NULL};
    const struct tc_vlan *told;

    if (nla_parse_nested(actions, TCA_ACT_MAX_PRIO, list, NULL) < 0 || !actions[1] || actions[2] ||
        nla_parse_nested(action, TCA_ACT_MAX, actions[1], NULL) < 0 || !action[TCA_ACT_KIND] ||
        !g_str_equal(nla_get_string(action[TCA_ACT_KIND]), "vlan") || !action[TCA_ACT_OPTIONS] ||
        nla_parse_nested(options, TCA_VLAN_MAX, action[TCA_ACT_OPTIONS], NULL) < 0 ||
        !options[TCA_VLAN_PARMS] || nla_len(options[TCA_VLAN_PARMS]) < (int)sizeof *told)
        return FALSE;
    told = nla_data(options[TCA_VLAN_PARMS]);
    return told->v_action == TCA_VLAN_ACT_POP && told->action == TC_ACT_UNSPEC;
}

/* A kernel before 5.19 counts no tags. */
static gboolean
is_exact(const struct tcmsg *header, struct nlattr *options)
{
    struct nlattr *found[TCA_FLOWER_MAX + 1] = {NULL};

    return TC_H_MIN(header->tcm_info) == htons(ETH_P_8021Q) && options &&
           nla_parse_nested(found, TCA_FLOWER_MAX, options, NULL) >= 0 &&
           found[TCA_FLOWER_KEY_VLAN_ID] && !nla_get_u16(found[TCA_FLOWER_KEY_VLAN_ID]) &&
           !found[TCA_FLOWER_KEY_VLAN_PRIO] && !found[TCA_FLOWER_KEY_VLAN_ETH_TYPE] &&
           found[TCA_FLOWER_ACT] && pops(found[TCA_FLOWER_ACT]);
}

/* Each place is told of by itself, and then each filter that it has, with a handle. */
static void
on_filter(const struct nlmsghdr *message, gpointer data)
{
    const struct tcmsg *header = nlmsg_data(message);
    struct nlattr *found[TCA_MAX + 1] = {NULL};
    Ingress *ingress = data;
    guint32 place;

    if (message->nlmsg_type != RTM_NEWTFILTER ||
        !loom_netlink_parse(message, sizeof *header, found, TCA_MAX) || !found[TCA_KIND])
        return;
    place = header->tcm_info & PRIORITY;
    if (found[TCA_CHAIN] && nla_get_u32(found[TCA_CHAIN])) {
        ingress->others++;
        return;
    }
    if (!ingress->first || place < ingress->first)
        ingress->first = place;
    if (!header->tcm_handle)
        return;
    if (header->tcm_handle != HANDLE || !g_str_equal(nla_get_string(found[TCA_KIND]), "flower")) {
        ingress->others++;
        return;
    }
    ingress->own = place;
    ingress->is_exact = is_exact(header, found[TCA_OPTIONS]);
}

/* Somebody's who looks at what leaves as well. */
static gboolean
is_clsact(const struct nlmsghdr *qdisc)
{
    struct nlattr *found[TCA_MAX + 1] = {NULL};

    return loom_netlink_parse(qdisc, sizeof(struct tcmsg), found, TCA_MAX) && found[TCA_KIND] &&
           g_str_equal(nla_get_string(found[TCA_KIND]), "clsact");
}

/* 0 or an errno. */
static int
read_ingress(LoomKernel *kernel, int index, Ingress *ingress)
{
    g_autoptr(LoomMessage) qdisc =
        loom_queue_message(RTM_GETQDISC, LOOM_QUEUE_GET, index, TC_H_INGRESS, 0);
    g_autoptr(LoomMessage) filters = NULL;
    const struct nlmsghdr *answer;
    int number;

    *ingress = (Ingress){.parent = QDISC};
    answer = loom_netlink_get(kernel->netlink, qdisc, &number);
    if (!answer) /* there is none, or the kernel's own */
        return number == ENOENT || number == EPROTO ? 0 : number;
    ingress->has_qdisc = TRUE;
    if (is_clsact(answer))
        ingress->parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
    filters = loom_queue_message(RTM_GETTFILTER, 0, index, ingress->parent, 0);
    return loom_netlink_dump(kernel->netlink, filters, on_filter, ingress);
}

static gboolean
is_done(const Ingress *ingress)
{
    return ingress->own && ingress->is_exact && ingress->own == ingress->first;
}

void
loom_kernel_find_pop(LoomKernel *kernel, LoomPort *port)
{
    int index = port->priorityreset ? loom_kernel_find_index(kernel, port->link) : 0;
    Ingress ingress;

    if (index && !read_ingress(kernel, index, &ingress) && ingress.has_qdisc)
        LOOM_SET_NUMBER(port, prioritypop, is_done(&ingress));
}

void
loom_kernel_read_pops(LoomKernel *kernel, LoomHost *host)
{
    for (guint i = 0; g_hash_table_size(kernel->ingress) && i < host->ports->len; i++) {
        LoomPort *port = host->ports->pdata[i];

        if (port->link && g_hash_table_contains(kernel->ingress, port->link))
            loom_kernel_find_pop(kernel, port);
    }
}

/* --- writing --------------------------------------------------------------------------------- */

gboolean
loom_kernel_resets_priority(const LoomPort *port)
{
    static int has_modules = -1;

    if (!port->link || !port->priorityreset || is_refused || !loom_guards_takes_no_vlan(port))
        return FALSE;
    if (has_modules < 0)
        has_modules = loom_kernel_has_module("sch_ingress") &&
                      loom_kernel_has_module("cls_flower") && loom_kernel_has_module("act_vlan");
    return has_modules;
}

/* tc-flower(8), tc-vlan(8) */
static LoomMessage *
filter_message(int index, const Ingress *ingress)
{
    const struct tc_vlan pop = {.action = TC_ACT_UNSPEC, .v_action = TCA_VLAN_ACT_POP};
    struct tcmsg header = {
        .tcm_family = AF_UNSPEC,
        .tcm_ifindex = index,
        .tcm_parent = ingress->parent,
        .tcm_handle = HANDLE,
        .tcm_info = TC_H_MAKE(0, htons(ETH_P_8021Q)),
    };
    LoomMessage *message =
        loom_netlink_message(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof header);
    struct nlattr *options, *actions, *action, *details;

    nla_put_string(message, TCA_KIND, "flower");
    options = nla_nest_start(message, TCA_OPTIONS);
    nla_put_u16(message, TCA_FLOWER_KEY_ETH_TYPE, htons(ETH_P_8021Q));
    nla_put_u8(message, TCA_FLOWER_KEY_NUM_OF_VLANS, 1);
    nla_put_u16(message, TCA_FLOWER_KEY_VLAN_ID, 0);
    nla_put_u32(message, TCA_FLOWER_FLAGS, TCA_CLS_FLAGS_SKIP_HW);
    actions = nla_nest_start(message, TCA_FLOWER_ACT);
    action = nla_nest_start(message, 1);
    nla_put_string(message, TCA_ACT_KIND, "vlan");
    details = nla_nest_start(message, TCA_ACT_OPTIONS);
    nla_put(message, TCA_VLAN_PARMS, sizeof pop, &pop);
    nla_nest_end(message, details);
    nla_nest_end(message, action);
    nla_nest_end(message, actions);
    nla_nest_end(message, options);
    return message;
}

static int
delete_own(LoomKernel *kernel, int index, const Ingress *ingress)
{
    struct tcmsg header = {
        .tcm_family = AF_UNSPEC,
        .tcm_ifindex = index,
        .tcm_parent = ingress->parent,
        .tcm_handle = HANDLE,
        .tcm_info = TC_H_MAKE(ingress->own, htons(ETH_P_8021Q)),
    };
    g_autoptr(LoomMessage) message =
        loom_netlink_message(RTM_DELTFILTER, 0, &header, sizeof header);

    nla_put_string(message, TCA_KIND, "flower");
    return loom_netlink_run_one(kernel->netlink, message);
}

/* Of another kind, clsact, none is made or deleted. */
static int
change_qdisc(LoomKernel *kernel, int type, int flags, int index)
{
    g_autoptr(LoomMessage) message = loom_queue_message(type, flags, index, TC_H_INGRESS, QDISC);

    nla_put_string(message, TCA_KIND, "ingress");
    return loom_netlink_run_one(kernel->netlink, message);
}

static void
add_own(LoomKernel *kernel, int index, const Ingress *ingress)
{
    g_autoptr(LoomMessage) message = filter_message(index, ingress);
    int number = 0;

    if (!ingress->has_qdisc)
        number = change_qdisc(kernel, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, index);
    if (!number || number == EEXIST)
        number = loom_netlink_run_one(kernel->netlink, message);
    if (number == NO_MODULE || number == EOPNOTSUPP)
        is_refused = TRUE;
    if (number && number != EEXIST && !ingress->has_qdisc)
        change_qdisc(kernel, RTM_DELQDISC, 0, index);
}

int
loom_kernel_set_pop(LoomKernel *kernel, int index, gboolean wanted)
{
    Ingress ingress;
    int number = read_ingress(kernel, index, &ingress);

    if (number || (wanted && is_done(&ingress)))
        return number;
    if (ingress.own)
        number = delete_own(kernel, index, &ingress);
    if (wanted)
        add_own(kernel, index, &ingress);
    else if (!number && ingress.own && !ingress.others)
        number = change_qdisc(kernel, RTM_DELQDISC, 0, index);
    return number == ENOENT ? 0 : number; /* somebody else has done it meanwhile */
}
