/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Classes of guaranteed bandwidth: HTB on NICs, read from and written to rtnetlink. */
#include "host/classes.h"
#include "base/i18n.h"
#include "kernel/queues.h"

#include <errno.h>
#include <linux/gen_stats.h>
#include <string.h>

/*
 * Theory of operation
 *
 * Below the root class, which has the NIC's speed, all classes are side by side. HTB serves first
 * who has not had its rate, and then divides what is left by rounds of deficits: a class sends
 * 'quantum' octets in each. It does not look whether the deficit of a class allows its next packet,
 * so a quantum below the size of a packet counts as a packet, and packets of a guest have up to 64
 * KiB (GSO). Hence a quantum as large as a round of all weights may take, 20 ms,
 * but for NICs that are too slow for it.
 *
 * HTB has no word for "none" and "unlimited": rates in octets/s that no number of kbit/s gives.
 */
#define RATE_NONE    1001u
#define CEILING_NONE G_GUINT64_CONSTANT(125000000001)
#define ROUND_PARTS                                                                                \
    5000u /* of a second's octets at the ceiling, for a weight of one: 20 ms for 100 */
#define ROUND_MIN     1600u
#define QUANTUM_EQUAL 65537u /* of a class without a weight: odd, so that no weight gives it */
#define BURST_MIN     2000u
#define BURST_PARTS   1000u /* of a second's octets: what may go at once */
#define TICK          64u   /* net/pkt_sched.h: nanoseconds */
#define NANOSECONDS   G_GUINT64_CONSTANT(1000000000)
#define KBIT          125u /* octets */
#define DRAIN_TRIES   10
#define DRAIN_WAIT    (20 * 1000) /* microseconds */

/* A class as HTB counts: octets. */
typedef struct {
    guint64 rate, ceiling; /* per second */
    guint32 quantum;
} Shape;

static guint64
round_of(guint64 ceiling)
{
    return CLAMP(ceiling / ROUND_PARTS, ROUND_MIN, LOOM_QUEUE_PACKET) & ~G_GUINT64_CONSTANT(1);
}

static Shape
shape_of(const LoomClass *class)
{
    guint64 ceiling = class->ceiling ? class->ceiling * KBIT : CEILING_NONE;

    return (Shape){
        .rate = class->rate ? class->rate * KBIT : RATE_NONE,
        .ceiling = ceiling,
        .quantum = class->weight ? (guint32)(class->weight * round_of(ceiling)) : QUANTUM_EQUAL,
    };
}

/* --- reading --------------------------------------------------------------------------------- */

/* One class as the kernel tells of it. */
typedef struct {
    guint32 number, parent, queue;
    Shape shape;
} Seen;

static void
on_class(const struct nlmsghdr *message, gpointer data)
{
    const struct tcmsg *header = nlmsg_data(message);
    struct nlattr *found[TCA_MAX + 1] = {NULL}, *options[TCA_HTB_MAX + 1] = {NULL};
    const struct tc_htb_opt *told;
    GArray *classes = data;
    Seen seen;

    if (message->nlmsg_type != RTM_NEWTCLASS ||
        !loom_netlink_parse(message, sizeof *header, found, TCA_MAX) || !found[TCA_OPTIONS] ||
        nla_parse_nested(options, TCA_HTB_MAX, found[TCA_OPTIONS], NULL) < 0 ||
        TC_H_MAJ(header->tcm_handle) != LOOM_QUEUE_ROOT || !options[TCA_HTB_PARMS] ||
        nla_len(options[TCA_HTB_PARMS]) < (int)sizeof *told)
        return;
    told = nla_data(options[TCA_HTB_PARMS]);
    seen = (Seen){
        .number = TC_H_MIN(header->tcm_handle),
        .parent = header->tcm_parent,
        .queue = header->tcm_info,
        .shape = {told->rate.rate, told->ceil.rate, told->quantum},
    };
    if (options[TCA_HTB_RATE64])
        seen.shape.rate = nla_get_u64(options[TCA_HTB_RATE64]);
    if (options[TCA_HTB_CEIL64])
        seen.shape.ceiling = nla_get_u64(options[TCA_HTB_CEIL64]);
    g_array_append_val(classes, seen);
}

/* A weight that no class of ours has is none of the table's: it shows as another than wanted. */
static void
describe(LoomClass *class, const Shape *shape)
{
    guint64 round = round_of(shape->ceiling);

    if (shape->ceiling != CEILING_NONE)
        LOOM_SET_NUMBER(class, ceiling, shape->ceiling / KBIT);
    if (shape->rate != RATE_NONE)
        LOOM_SET_NUMBER(class, rate, shape->rate / KBIT);
    if (shape->quantum != QUANTUM_EQUAL)
        LOOM_SET_NUMBER(class, weight, MAX(shape->quantum / round, 1));
}

/* The link whose index gives that number; NULL: there is none any more. */
static const char *
find_tap(const LoomReading *reading, guint64 number)
{
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, reading->links);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const LoomLinkSeen *seen = value;

        if (seen->record && loom_class_number_of_tap((guint)seen->index) == number &&
            seen->record->kind == LOOM_LINK_OTHER)
            return seen->record->name;
    }
    return NULL;
}

static void
add_class(LoomKernel *kernel, const LoomReading *reading, const char *link, int index,
          const Seen *seen)
{
    LoomClass *class = loom_record_new(&loom_class_kind);

    LOOM_SET(class, link, link);
    LOOM_SET_NUMBER(class, priority, seen->number);
    if (seen->shape.rate)
        describe(class, &seen->shape);
    if (loom_queue_is_fair(kernel, index, seen->number, seen->queue, seen->shape.ceiling))
        LOOM_SET_NUMBER(class, fair, TRUE);
    if (loom_class_is_guests(class))
        LOOM_SET(class, port, find_tap(reading, class->priority));
    loom_record_add(reading->host, class);
}

gboolean
loom_kernel_read_classes(LoomKernel *kernel, LoomReading *reading, const char *name, int index,
                         GError **error)
{
    g_autoptr(LoomMessage) request = loom_queue_message(RTM_GETTCLASS, 0, index, 0, 0);
    g_autoptr(GArray) classes = g_array_new(FALSE, FALSE, sizeof(Seen));
    int number = loom_netlink_dump(kernel->netlink, request, on_class, classes);
    guint64 ceiling = 0;

    if (number) {
        loom_netlink_set_error(kernel->netlink, error, number,
                               _("Cannot read the bandwidth classes of link '%s'"), name);
        return FALSE;
    }
    for (guint i = 0; i < classes->len; i++)
        if (g_array_index(classes, Seen, i).number == LOOM_CLASS_ROOT)
            ceiling = g_array_index(classes, Seen, i).shape.ceiling;
    for (guint i = 0; i < classes->len; i++) {
        Seen *seen = &g_array_index(classes, Seen, i);

        if (seen->number == LOOM_CLASS_ROOT)
            continue;
        seen->shape.ceiling = MIN(seen->shape.ceiling, ceiling);
        add_class(kernel, reading, name, index, seen);
    }
    if (classes->len < 2) /* a root that was left over: to be deleted, it must be seen */
        add_class(kernel, reading, name, index, &(Seen){.number = LOOM_CLASS_DEFAULT});
    return TRUE;
}

/* --- steps ----------------------------------------------------------------------------------- */

static struct tc_ratespec
ratespec(guint64 rate)
{
    return (struct tc_ratespec){
        .linklayer = TC_LINKLAYER_ETHERNET, /* else the kernel wants tables */
        .rate = (guint32)MIN(rate, G_MAXUINT32),
    };
}

static guint32
burst_time(guint64 rate)
{
    return (guint32)(MAX(rate / BURST_PARTS, BURST_MIN) * (NANOSECONDS / TICK) / rate);
}

static LoomMessage *
class_message(int index, guint32 parent, guint32 number, const Shape *shape)
{
    LoomMessage *message = loom_queue_message(RTM_NEWTCLASS, NLM_F_CREATE, index,
                                              LOOM_QUEUE_ROOT | parent, LOOM_QUEUE_ROOT | number);
    struct tc_htb_opt options = {
        .rate = ratespec(shape->rate),
        .ceil = ratespec(shape->ceiling),
        .buffer = burst_time(shape->rate),
        .cbuffer = burst_time(shape->ceiling),
        .quantum = shape->quantum,
    };
    struct nlattr *nest;

    nla_put_string(message, TCA_KIND, "htb");
    nest = nla_nest_start(message, TCA_OPTIONS);
    nla_put(message, TCA_HTB_PARMS, sizeof options, &options);
    if (shape->rate > G_MAXUINT32)
        nla_put_u64(message, TCA_HTB_RATE64, shape->rate);
    if (shape->ceiling > G_MAXUINT32)
        nla_put_u64(message, TCA_HTB_CEIL64, shape->ceiling);
    nla_nest_end(message, nest);
    return message;
}

static void
free_message(gpointer message)
{
    nlmsg_free(message);
}

static gboolean
put_root(LoomKernel *kernel, const char *link, int index, GError **error)
{
    static const struct tc_htb_glob options = {
        .version = 3, .rate2quantum = 10, .defcls = LOOM_CLASS_DEFAULT};
    struct nlattr *nest;

    if (g_hash_table_contains(kernel->shaped, link))
        return TRUE;
    g_autoptr(LoomMessage) message = loom_queue_root_message(index, "htb");
    nest = nla_nest_start(message, TCA_OPTIONS);
    nla_put(message, TCA_HTB_INIT, sizeof options, &options);
    nla_nest_end(message, nest);
    return loom_queue_put_root(kernel, link, index, message, error) != LOOM_QUEUE_REFUSED &&
           g_hash_table_add(kernel->shaped, g_strdup(link));
}

static gboolean
put(LoomKernel *kernel, const LoomClass *class, const LoomClass *from, int index, GError **error)
{
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(free_message);
    guint32 number = (guint32) class->priority;
    Shape shape = shape_of(class);
    Shape all = {shape.ceiling, shape.ceiling, QUANTUM_EQUAL};
    int result;

    if (!put_root(kernel, class->link, index, error))
        return FALSE;
    g_ptr_array_add(messages, class_message(index, 0, LOOM_CLASS_ROOT, &all));
    g_ptr_array_add(messages, class_message(index, LOOM_CLASS_ROOT, number, &shape));
    if (class->fair) {
        loom_queue_add_fair(messages, index, number, shape.ceiling);
    }
    result = loom_netlink_run(kernel->netlink, messages);
    if (!result && from && from->fair && !class->fair)
        result = loom_queue_end_fair(kernel, index, number);
    if (result)
        loom_netlink_set_error(kernel->netlink, error, result,
                               _("The kernel refused bandwidth class '%s' on link '%s'"),
                               class->name ? class->name : "?", class->link);
    return !result;
}

static gboolean
has_packets(LoomKernel *kernel, int index, guint32 class)
{
    g_autoptr(LoomMessage) request =
        loom_queue_message(RTM_GETTCLASS, LOOM_QUEUE_GET, index, 0, class);
    struct nlattr *found[TCA_MAX + 1] = {NULL}, *counts[TCA_STATS_MAX + 1] = {NULL};
    struct gnet_stats_queue queue = {0};
    int number;
    const struct nlmsghdr *answer = loom_netlink_get(kernel->netlink, request, &number);

    if (!answer || !loom_netlink_parse(answer, sizeof(struct tcmsg), found, TCA_MAX) ||
        !found[TCA_STATS2] ||
        nla_parse_nested(counts, TCA_STATS_MAX, found[TCA_STATS2], NULL) < 0 ||
        !counts[TCA_STATS_QUEUE])
        return FALSE;
    memcpy(&queue, nla_data(counts[TCA_STATS_QUEUE]),
           MIN(sizeof queue, (size_t)nla_len(counts[TCA_STATS_QUEUE])));
    return queue.qlen != 0;
}

/* What is in the class when it goes is lost; nobody sends into it any more, so it empties. */
static gboolean delete (LoomKernel *kernel, const LoomClass *class, int index, GError **error)
{
    guint32 handle = LOOM_QUEUE_ROOT | (guint32) class->priority;
    g_autoptr(LoomMessage) message = loom_queue_message(RTM_DELTCLASS, 0, index, 0, handle);
    g_autoptr(LoomMessage) root =
        loom_queue_message(RTM_DELTCLASS, 0, index, 0, LOOM_QUEUE_ROOT | LOOM_CLASS_ROOT);
    int number;

    for (int i = 0; class->priority != LOOM_CLASS_DEFAULT && i < DRAIN_TRIES &&
                    has_packets(kernel, index, handle);
         i++)
        g_usleep(DRAIN_WAIT);
    number = loom_netlink_run_one(kernel->netlink, message);
    if (!number || number == ENOENT || number == EINVAL) {
        /* it stays as long as others need it */
        number = loom_netlink_run_one(kernel->netlink, root);
        if (number != EBUSY) {
            g_hash_table_remove(kernel->shaped, class->link);
            number = loom_queue_delete_root(kernel, index);
        } else {
            number = 0;
        }
    }
    if (number)
        loom_netlink_set_error(kernel->netlink, error, number,
                               _("The kernel did not delete bandwidth class '%s' on link '%s'"),
                               class->name ? class->name : "?", class->link);
    return !number;
}

gboolean
loom_kernel_run_class(LoomKernel *kernel, const LoomStep *step, GError **error)
{
    const LoomClass *class = (const LoomClass *)(step->to ? step->to : step->from);
    int index = loom_kernel_find_index(kernel, class->link);

    if (!index)
        return step->verb == LOOM_STEP_DELETE || loom_kernel_refuse_missing(error, class->link);
    return step->to ? put(kernel, class, (const LoomClass *)step->from, index, error)
                    : delete (kernel, class, index, error);
}
