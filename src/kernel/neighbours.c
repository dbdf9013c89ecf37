/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Permanent neighbours: read from and written to rtnetlink. */
#include "kernel/session.h"

#include "base/i18n.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>

void
loom_kernel_read_neighbour(const struct nlmsghdr *message, gpointer data)
{
    const LoomReading *reading = data;
    const struct ndmsg *header = nlmsg_data(message);
    struct nlattr *found[NDA_MAX + 1] = {NULL};
    const LoomLinkSeen *link;
    LoomNeighbour *neighbour;

    if (message->nlmsg_type != RTM_NEWNEIGH ||
        !loom_netlink_parse(message, sizeof *header, found, NDA_MAX) ||
        !(header->ndm_state & NUD_PERMANENT) || header->ndm_flags & NTF_PROXY ||
        (header->ndm_family != AF_INET && header->ndm_family != AF_INET6))
        return;
    g_autofree char *address = loom_wire_format_address(header->ndm_family, found[NDA_DST]);
    g_autofree char *mac = loom_wire_format_mac(found[NDA_LLADDR]);
    link = loom_reading_find(reading, header->ndm_ifindex);
    if (!link || !address || !mac)
        return;
    neighbour = loom_record_new(&loom_neighbour_kind);
    LOOM_SET(neighbour, link, link->record->name);
    LOOM_SET(neighbour, address, address);
    LOOM_TRY(neighbour, mac, mac);
    loom_record_add(reading->host, neighbour);
}

static LoomMessage *
make_message(int type, int flags, const LoomNeighbour *neighbour, int index)
{
    static const LoomWireRow mac = LOOM_WIRE(LoomNeighbour, NDA_LLADDR, mac, MAC);
    struct ndmsg header = {
        .ndm_family = strchr(neighbour->address, ':') ? AF_INET6 : AF_INET,
        .ndm_ifindex = index,
        .ndm_state = NUD_PERMANENT,
    };
    LoomMessage *message = loom_netlink_message(type, flags, &header, sizeof header);

    loom_wire_put_address(message, NDA_DST, neighbour->address);
    if (neighbour->mac && type == RTM_NEWNEIGH)
        loom_wire_put(message, &mac, neighbour);
    return message;
}

gboolean
loom_kernel_run_neighbour(LoomKernel *kernel, const LoomStep *step, GError **error)
{
    const LoomNeighbour *neighbour = (const LoomNeighbour *)(step->to ? step->to : step->from);
    gboolean is_delete = step->verb == LOOM_STEP_DELETE;
    int index = loom_kernel_find_index(kernel, neighbour->link), number;

    if (!index)
        return is_delete || loom_kernel_refuse_missing(error, neighbour->link);
    g_autoptr(LoomMessage) message =
        make_message(is_delete ? RTM_DELNEIGH : RTM_NEWNEIGH,
                     is_delete ? 0 : NLM_F_CREATE | NLM_F_REPLACE, neighbour, index);
    number = loom_netlink_run_one(kernel->netlink, message);
    if (!number || (is_delete && (number == ENOENT || number == ENODEV)))
        return TRUE;
    loom_netlink_set_error(kernel->netlink, error, number,
                           _("The kernel refused to set or delete the neighbour %s on link '%s'"),
                           neighbour->address, neighbour->link);
    return FALSE;
}
