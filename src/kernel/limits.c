/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a host vNIC may send and receive at most: a token bucket on each end of its veth. */
#include "base/i18n.h"
#include "kernel/queues.h"

#include <errno.h>

#define BURST_MIN     (128u * 1024) /* two of the largest packets, which need not be cut then */
#define BURST_PARTS   200u          /* of a second's octets: 5 ms at full speed */
#define BACKLOG_MIN   (256u * 1024)
#define BACKLOG_PARTS 20u /* 50 ms */
#define TICK          64u /* net/pkt_sched.h: nanoseconds */
#define NANOSECONDS   G_GUINT64_CONSTANT(1000000000)

guint64
loom_queue_read_limit(const struct nlattr *options)
{
    struct nlattr *found[TCA_TBF_MAX + 1] = {NULL};
    const struct tc_tbf_qopt *told;

    if (nla_parse_nested(found, TCA_TBF_MAX, (struct nlattr *)options, NULL) < 0 ||
        !found[TCA_TBF_PARMS] || nla_len(found[TCA_TBF_PARMS]) < (int)sizeof *told)
        return 0;
    told = nla_data(found[TCA_TBF_PARMS]);
    return found[TCA_TBF_RATE64] ? nla_get_u64(found[TCA_TBF_RATE64]) : told->rate.rate;
}

/* tc-tbf(8) */
static LoomMessage *
limit_message(int index, guint64 rate)
{
    LoomMessage *message = loom_queue_root_message(index, "tbf");
    guint64 burst = MAX(rate / BURST_PARTS, BURST_MIN);
    struct tc_tbf_qopt options = {
        .rate = {.linklayer = TC_LINKLAYER_ETHERNET, .rate = (guint32)MIN(rate, G_MAXUINT32)},
        .limit = (guint32)MIN(MAX(rate / BACKLOG_PARTS, BACKLOG_MIN) + burst, G_MAXUINT32),
        .buffer = (guint32)(burst * (NANOSECONDS / TICK) / rate),
    };
    struct nlattr *nest;

    nest = nla_nest_start(message, TCA_OPTIONS);
    nla_put(message, TCA_TBF_PARMS, sizeof options, &options);
    nla_put_u32(message, TCA_TBF_BURST, (guint32)burst);
    if (rate > G_MAXUINT32)
        nla_put_u64(message, TCA_TBF_RATE64, rate);
    nla_nest_end(message, nest);
    return message;
}

/* MBIT 0: none. */
static gboolean
set_limit(LoomKernel *kernel, const char *link, guint64 mbit, GError **error)
{
    int index = loom_kernel_find_index(kernel, link), number;
    g_autoptr(LoomMessage) message = NULL;
    LoomQueueResult result;

    if (!index)
        return loom_kernel_refuse_missing(error, link);
    if (mbit) {
        message = limit_message(index, mbit * LOOM_KERNEL_MBIT);
        result = loom_queue_put_root(kernel, link, index, message, error);
        if (result != LOOM_QUEUE_PRESENT)
            return result == LOOM_QUEUE_MADE;
        nlmsg_hdr(message)->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE;
        number = loom_netlink_run_one(kernel->netlink, message); /* in place */
    } else {
        number = loom_queue_delete_root(kernel, index);
    }
    if (number)
        loom_netlink_set_error(kernel->netlink, error, number,
                               _("The kernel refused the limit of link '%s'"), link);
    return !number;
}

gboolean
loom_kernel_limit_port(LoomKernel *kernel, const char *link, guint64 max, guint64 maxin,
                       GError **error)
{
    g_auto(LoomLinkSeen) seen = {0};
    GError *failure = NULL;

    if (!max && !maxin && !g_hash_table_contains(kernel->limited, link))
        return TRUE;
    if (!loom_kernel_find_link(kernel, link, &seen, &failure) || !seen.record) {
        if (!failure)
            return loom_kernel_refuse_missing(error, link);
        g_propagate_error(error, failure);
        return FALSE;
    }
    if (!seen.record->peer)
        return loom_kernel_refuse_missing(error, link);
    g_hash_table_add(kernel->limited, g_strdup(link));
    return set_limit(kernel, seen.record->peer, max, error) &&
           set_limit(kernel, link, maxin, error);
}
