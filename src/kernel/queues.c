/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Queueing disciplines at the root of links: which are ours, and which somebody else's. */
#include "kernel/queues.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>

/* What one dump of all qdiscs tells. */
typedef struct {
    LoomKernel *kernel;
    LoomReading *reading;
    GArray *shaped;     /* indices of links with our classes */
    GHashTable *limits; /* octets/s by index: of links with our limit */
} Roots;

/* --- messages -------------------------------------------------------------------------------- */

LoomMessage *
loom_queue_message(int type, int flags, int index, guint32 parent, guint32 handle)
{
    struct tcmsg header = {
        .tcm_family = AF_UNSPEC,
        .tcm_ifindex = index,
        .tcm_parent = parent,
        .tcm_handle = handle,
    };

    return loom_netlink_message(type, flags, &header, sizeof header);
}

/* Of a qdisc that sees what comes in, also that of another kind than libvirt's: clsact. */
static void
note_ingress(const Roots *roots, const struct nlmsghdr *message)
{
    const struct tcmsg *header = nlmsg_data(message);
    const LoomLinkSeen *link;

    if (message->nlmsg_type != RTM_NEWQDISC || nlmsg_datalen(message) < (int)sizeof *header ||
        header->tcm_parent != TC_H_INGRESS)
        return;
    link = loom_reading_find(roots->reading, header->tcm_ifindex);
    if (link)
        g_hash_table_add(roots->kernel->ingress, g_strdup(link->record->name));
}

/* The root that somebody chose, as "tbf 8001:"; NULL: it is the kernel's default. */
static char *
describe_root(const struct nlmsghdr *message)
{
    const struct tcmsg *header = nlmsg_data(message);
    struct nlattr *found[TCA_MAX + 1] = {NULL};

    if (message->nlmsg_type != RTM_NEWQDISC ||
        !loom_netlink_parse(message, sizeof *header, found, TCA_MAX) || !found[TCA_KIND] ||
        header->tcm_parent != TC_H_ROOT || !header->tcm_handle)
        return NULL;
    return g_strdup_printf("%s %x:", nla_get_string(found[TCA_KIND]), header->tcm_handle >> 16);
}

static char *
find_root(LoomKernel *kernel, int index)
{
    g_autoptr(LoomMessage) request =
        loom_queue_message(RTM_GETQDISC, LOOM_QUEUE_GET, index, TC_H_ROOT, 0);
    int number;
    const struct nlmsghdr *answer = loom_netlink_get(kernel->netlink, request, &number);

    return answer ? describe_root(answer) : NULL;
}

/* --- steps ----------------------------------------------------------------------------------- */

LoomMessage *
loom_queue_root_message(int index, const char *kind)
{
    /* the kernel itself keeps this from replacing any qdisc that somebody chose */
    LoomMessage *message = loom_queue_message(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, index,
                                              TC_H_ROOT, LOOM_QUEUE_ROOT);

    nla_put_string(message, TCA_KIND, kind);
    return message;
}

LoomQueueResult
loom_queue_put_root(LoomKernel *kernel, const char *link, int index, LoomMessage *message,
                    GError **error)
{
    int number = loom_netlink_run_one(kernel->netlink, message);
    g_autofree char *ours = g_strdup_printf(" %x:", LOOM_KERNEL_QDISC_MAJOR), *present = NULL;

    if (!number)
        return LOOM_QUEUE_MADE;
    if (number != EEXIST) {
        loom_netlink_set_error(kernel->netlink, error, number,
                               _("The kernel refused a queueing discipline on link '%s'"), link);
        return LOOM_QUEUE_REFUSED;
    }
    present = find_root(kernel, index);
    if (present && g_str_has_suffix(present, ours))
        return LOOM_QUEUE_PRESENT;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                _("Link '%s' has the queueing discipline '%s' of somebody else"), link,
                present ? present : "?");
    return LOOM_QUEUE_REFUSED;
}

int
loom_queue_delete_root(LoomKernel *kernel, int index)
{
    g_autoptr(LoomMessage) message =
        loom_queue_message(RTM_DELQDISC, 0, index, TC_H_ROOT, LOOM_QUEUE_ROOT);
    int number = loom_netlink_run_one(kernel->netlink, message);

    return number == ENOENT || number == EINVAL ? 0 : number; /* it is not there, or not ours */
}

/* --- reading --------------------------------------------------------------------------------- */

static void
on_qdisc(const struct nlmsghdr *message, gpointer data)
{
    const struct tcmsg *header = nlmsg_data(message);
    struct nlattr *found[TCA_MAX + 1] = {NULL};
    g_autofree char *root = describe_root(message);
    const Roots *roots = data;
    const LoomLinkSeen *link;

    note_ingress(roots, message);
    if (!root || !loom_netlink_parse(message, sizeof *header, found, TCA_MAX))
        return;
    link = loom_reading_find(roots->reading, header->tcm_ifindex);
    if (header->tcm_handle != LOOM_QUEUE_ROOT) {
        if (link && (link->record->kind == LOOM_LINK_PHYSICAL || link->record->ours))
            LOOM_SET(link->record, qdisc, root);
    } else if (g_str_equal(nla_get_string(found[TCA_KIND]), "htb")) {
        g_array_append_val(roots->shaped, header->tcm_ifindex);
    } else if (found[TCA_OPTIONS]) {
        guint64 limit = loom_queue_read_limit(found[TCA_OPTIONS]);

        g_hash_table_insert(roots->limits, GINT_TO_POINTER(header->tcm_ifindex),
                            g_memdup2(&limit, sizeof limit));
    }
}

static guint64
limit_of(const Roots *roots, int index)
{
    const guint64 *limit = g_hash_table_lookup(roots->limits, GINT_TO_POINTER(index));

    return limit ? (*limit + LOOM_KERNEL_MBIT - 1) / LOOM_KERNEL_MBIT : 0;
}

/* What a host vNIC sends goes into its port's peer, and what it receives into the port. */
static void
set_limits(LoomKernel *kernel, const Roots *roots)
{
    const GPtrArray *ports = roots->reading->host->ports;
    g_autoptr(GHashTable) links = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_remove_all(kernel->limited);
    if (!g_hash_table_size(roots->limits))
        return;
    g_hash_table_iter_init(&iterator, roots->reading->links);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const LoomLinkSeen *seen = value;

        if (seen->record && seen->record->ours && seen->record->kind == LOOM_LINK_VETH)
            g_hash_table_insert(links, seen->record->name, value);
    }
    for (guint i = 0; i < ports->len; i++) {
        LoomPort *port = ports->pdata[i];
        const LoomLinkSeen *seen = port->link ? g_hash_table_lookup(links, port->link) : NULL;
        guint64 sent = seen ? limit_of(roots, seen->other) : 0;
        guint64 received = seen ? limit_of(roots, seen->index) : 0;

        if (sent)
            LOOM_SET_NUMBER(port, max, sent);
        if (received)
            LOOM_SET_NUMBER(port, maxin, received);
        if (sent || received)
            g_hash_table_add(kernel->limited, g_strdup(port->link));
    }
}

static gboolean
read_shaped(LoomKernel *kernel, const Roots *roots, GError **error)
{
    for (guint i = 0; i < roots->shaped->len; i++) {
        int index = g_array_index(roots->shaped, int, i);
        const LoomLinkSeen *link = loom_reading_find(roots->reading, index);

        if (link &&
            !loom_kernel_read_classes(kernel, roots->reading, link->record->name, index, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
loom_kernel_read_queues(LoomKernel *kernel, LoomReading *reading, GError **error)
{
    struct tcmsg any = {.tcm_family = AF_UNSPEC};
    g_autoptr(LoomMessage) request = loom_netlink_message(RTM_GETQDISC, 0, &any, sizeof any);
    g_autoptr(GArray) shaped = g_array_new(FALSE, FALSE, sizeof(int));
    g_autoptr(GHashTable) limits = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    Roots roots = {kernel, reading, shaped, limits};
    int number;

    g_hash_table_remove_all(kernel->ingress);
    number = loom_netlink_dump(kernel->netlink, request, on_qdisc, &roots);
    if (number && number != EOPNOTSUPP) { /* a kernel without traffic control has none */
        loom_netlink_set_error(kernel->netlink, error, number,
                               _("Cannot read this machine's queueing disciplines"));
        return FALSE;
    }
    set_limits(kernel, &roots);
    return read_shaped(kernel, &roots, error);
}
