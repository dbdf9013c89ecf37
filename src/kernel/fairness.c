/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Equal parts for the ports that share a class: a queue for each. */
#include "kernel/queues.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>

/*
 * Theory of operation
 *
 * Below the class, fq_codel serves its queues in turn, octet by octet, and a filter chooses the
 * queue by the device from which the packet came: a port's. Ports come and go without a change.
 * CoDel drops what waits too long; a queue that it empties so loses its turn, and its part with it.
 * So the time allowed is never below what some of the largest packets take; on fast links it is the
 * kernel's own.
 */
#define MICROSECONDS         G_GUINT64_CONSTANT(1000000)
#define TARGET_PACKETS       4u
#define TARGET_MIN           5000u /* microseconds, as the kernel has it */
#define TARGET_TOLERANCE     2     /* the kernel counts in 1024 nanoseconds */
#define INTERVAL_TARGETS     20u
#define QUEUES               1024u
#define QUEUE_HANDLE(number) ((0x5000u + (number)) << 16)

static guint32
target_of(guint64 ceiling)
{
    return (guint32)MAX(TARGET_PACKETS * LOOM_QUEUE_PACKET * MICROSECONDS / ceiling, TARGET_MIN);
}

/* --- reading --------------------------------------------------------------------------------- */

static void
on_filter(const struct nlmsghdr *message, gpointer data)
{
    const struct tcmsg *header = nlmsg_data(message);
    struct nlattr *found[TCA_MAX + 1] = {NULL}, *options[TCA_FLOW_MAX + 1] = {NULL};

    if (message->nlmsg_type != RTM_NEWTFILTER ||
        !loom_netlink_parse(message, sizeof *header, found, TCA_MAX) || !found[TCA_KIND] ||
        !g_str_equal(nla_get_string(found[TCA_KIND]), "flow") || !found[TCA_OPTIONS] ||
        nla_parse_nested(options, TCA_FLOW_MAX, found[TCA_OPTIONS], NULL) < 0)
        return;
    if (options[TCA_FLOW_KEYS] && nla_get_u32(options[TCA_FLOW_KEYS]) == 1u << FLOW_KEY_IIF &&
        options[TCA_FLOW_DIVISOR] && nla_get_u32(options[TCA_FLOW_DIVISOR]) == QUEUES)
        *(gboolean *)data = TRUE;
}

static gboolean
has_target(LoomKernel *kernel, int index, guint32 queue, guint32 target)
{
    g_autoptr(LoomMessage) request =
        loom_queue_message(RTM_GETQDISC, LOOM_QUEUE_GET, index, 0, queue);
    struct nlattr *found[TCA_MAX + 1] = {NULL}, *options[TCA_FQ_CODEL_MAX + 1] = {NULL};
    int number;
    const struct nlmsghdr *answer = loom_netlink_get(kernel->netlink, request, &number);

    return answer && loom_netlink_parse(answer, sizeof(struct tcmsg), found, TCA_MAX) &&
           found[TCA_OPTIONS] &&
           nla_parse_nested(options, TCA_FQ_CODEL_MAX, found[TCA_OPTIONS], NULL) >= 0 &&
           options[TCA_FQ_CODEL_TARGET] &&
           labs((long)nla_get_u32(options[TCA_FQ_CODEL_TARGET]) - (long)target) <= TARGET_TOLERANCE;
}

gboolean
loom_queue_is_fair(LoomKernel *kernel, int index, guint32 number, guint32 queue, guint64 ceiling)
{
    gboolean result = FALSE;

    if (!ceiling || queue != QUEUE_HANDLE(number) ||
        !has_target(kernel, index, queue, target_of(ceiling)))
        return FALSE;
    g_autoptr(LoomMessage) request = loom_queue_message(RTM_GETTFILTER, 0, index, queue, 0);
    return !loom_netlink_dump(kernel->netlink, request, on_filter, &result) && result;
}

/* --- messages -------------------------------------------------------------------------------- */

/* tc-fq_codel(8): a queue for each port, served in turn octet by octet. */
static LoomMessage *
queue_message(int index, guint32 number, guint32 target)
{
    struct nlattr *nest;
    LoomMessage *message = loom_queue_message(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, index,
                                              LOOM_QUEUE_ROOT | number, QUEUE_HANDLE(number));

    nla_put_string(message, TCA_KIND, "fq_codel");
    nest = nla_nest_start(message, TCA_OPTIONS);
    nla_put_u32(message, TCA_FQ_CODEL_TARGET, target);
    nla_put_u32(message, TCA_FQ_CODEL_INTERVAL, target * INTERVAL_TARGETS);
    nla_nest_end(message, nest);
    return message;
}

/* tc-flow(8): the queue by the index of the device from which the packet came. */
static LoomMessage *
filter_message(int index, guint32 number)
{
    struct tcmsg header = {
        .tcm_family = AF_UNSPEC,
        .tcm_ifindex = index,
        .tcm_parent = QUEUE_HANDLE(number),
        .tcm_handle = 1,
        .tcm_info = 1u << 16 | GUINT16_TO_BE(ETH_P_ALL),
    };
    LoomMessage *message =
        loom_netlink_message(RTM_NEWTFILTER, NLM_F_CREATE, &header, sizeof header);
    struct nlattr *nest;

    nla_put_string(message, TCA_KIND, "flow");
    nest = nla_nest_start(message, TCA_OPTIONS);
    nla_put_u32(message, TCA_FLOW_KEYS, 1u << FLOW_KEY_IIF);
    nla_put_u32(message, TCA_FLOW_MODE, FLOW_MODE_MAP);
    nla_put_u32(message, TCA_FLOW_DIVISOR, QUEUES);
    nla_nest_end(message, nest);
    return message;
}

void
loom_queue_add_fair(GPtrArray *messages, int index, guint32 number, guint64 ceiling)
{
    g_ptr_array_add(messages, queue_message(index, number, target_of(ceiling)));
    g_ptr_array_add(messages, filter_message(index, number));
}

int
loom_queue_end_fair(LoomKernel *kernel, int index, guint32 number)
{
    g_autoptr(LoomMessage) message =
        loom_queue_message(RTM_DELQDISC, 0, index, LOOM_QUEUE_ROOT | number, QUEUE_HANDLE(number));
    int result = loom_netlink_run_one(kernel->netlink, message);

    return result == ENOENT || result == EINVAL ? 0 : result; /* it is not there any more */
}
