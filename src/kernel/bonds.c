/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Teams: a bond's options, some of which it takes only when down or empty, and its members. */
#include "kernel/change.h"

#include "base/error.h"
#include "base/i18n.h"

#include <linux/if.h>
#include <linux/if_link.h>

#define ROUNDS_MAX 5 /* a mode sets other options, and miimon scales the delays */

/* --- members --------------------------------------------------------------------------------- */

typedef struct {
    int index;
    gboolean is_up;
} Member;

static void
on_member(const struct nlmsghdr *message, gpointer data)
{
    GArray *members = data;
    g_auto(LoomLinkSeen) seen = {0};

    if (loom_link_parse(message, &seen)) {
        Member member = {seen.index, seen.is_up};
        g_array_append_val(members, member);
    }
}

static gboolean
list_members(const LoomLinkChange *change, int master, GArray *members, GError **error)
{
    struct ifinfomsg any = {.ifi_family = AF_UNSPEC};
    g_autoptr(LoomMessage) request = loom_netlink_message(RTM_GETLINK, 0, &any, sizeof any);
    int number;

    nla_put_u32(request, IFLA_MASTER, (guint32)master);
    number = loom_netlink_dump(change->kernel->netlink, request, on_member, members);
    if (number)
        loom_netlink_set_error(change->kernel->netlink, error, number,
                               _("Cannot read what is in link '%s'"), change->to->name);
    return !number;
}

static gboolean
release(const LoomLinkChange *change, const GArray *members, GError **error)
{
    for (guint i = 0; i < members->len; i++)
        if (!loom_link_change_set_master(change, g_array_index(members, Member, i).index, 0, error))
            return FALSE;
    return TRUE;
}

/* A bond takes what is down, and takes it up; what was down in it goes down again. */
static gboolean
enslave(const LoomLinkChange *change, int member, int bond, gboolean is_up, GError **error)
{
    g_autoptr(LoomMessage) down = loom_link_message_flags(member, 0);
    g_autoptr(LoomMessage) flags = loom_link_message_flags(member, is_up ? IFF_UP : 0);

    return loom_link_change_send(change, down, error) &&
           loom_link_change_set_master(change, member, bond, error) &&
           loom_link_change_send(change, flags, error);
}

/* The last that leaves a bond takes its MAC along: the bond gets one at random. */
static gboolean
set_mac(const LoomLinkChange *change, int index, const char *mac, GError **error)
{
    g_autoptr(LoomMessage) message = loom_link_message(index);

    loom_wire_put_mac(message, IFLA_ADDRESS, mac);
    return loom_link_change_send(change, message, error);
}

/* --- options --------------------------------------------------------------------------------- */

/* Whether ROW is still to be set; TOLD: the bits of rows that were, of those that cannot be read.
 */
static gboolean
is_pending(const LoomLinkChange *change, const LoomWireRow *row, guint64 pending, guint64 told)
{
    guint64 bit = loom_wire_bit(&loom_link_kind, row->offset);
    gboolean is_none = row->flags & LOOM_WIRE_MIIMON && LOOM_HAS(change->to, miimon) &&
                       !change->to->miimon && !G_STRUCT_MEMBER(guint64, change->to, row->offset);
    gboolean is_untold = row->flags & LOOM_WIRE_ALWAYS && !(told & bit);

    return (pending & bit || is_untold) && !is_none &&
           loom_link_row_applies(row, change->now.record);
}

static gboolean
needs_down(const LoomWireRow *row)
{
    return loom_wire_attribute(&loom_link_kind, row->offset)->cost == LOOM_COST_DOWN;
}

/* The rows to be set in this round: those that others depend on go alone. */
static guint
choose(const LoomLinkChange *change, guint64 *told, const LoomWireRow **chosen)
{
    size_t count;
    const LoomWireRow *rows = loom_link_rows(LOOM_LINK_BOND, &count);
    guint64 pending = loom_link_change_pending(change);
    guint length = 0;

    for (size_t i = 0; i < count; i++) {
        if (!is_pending(change, &rows[i], pending, *told))
            continue;
        chosen[length++] = &rows[i];
        *told |= loom_wire_bit(&loom_link_kind, rows[i].offset);
        if (rows[i].type == IFLA_BOND_MODE)
            break;
    }
    return length;
}

static gboolean
refuse_value(const LoomLink *to, const LoomWireRow *row, GError **error)
{
    const LoomAttribute *attribute = loom_wire_attribute(&loom_link_kind, row->offset);
    g_autofree char *value = loom_record_get(to, attribute);

    g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID, _("Link '%s' cannot have %s='%s'"), to->name,
                attribute->name, value ? value : "");
    return FALSE;
}

static gboolean
set_rows(LoomLinkChange *change, const LoomWireRow **rows, guint count, GError **error)
{
    g_autoptr(LoomMessage) message = loom_link_message(change->now.index);
    struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO), *data;

    nla_put_string(message, IFLA_INFO_KIND, "bond");
    data = nla_nest_start(message, IFLA_INFO_DATA);
    for (guint i = 0; i < count; i++)
        if (!loom_wire_put(message, rows[i], change->to))
            return refuse_value(change->to, rows[i], error);
    nla_nest_end(message, data);
    nla_nest_end(message, info);
    return loom_link_change_send(change, message, error);
}

static gboolean
make_ready(LoomLinkChange *change, const LoomWireRow **rows, guint count, GArray *members,
           GError **error)
{
    gboolean is_down = !change->now.is_up;

    for (guint i = 0; i < count; i++) {
        if (rows[i]->flags & LOOM_WIRE_IDLE && !members->len &&
            (!list_members(change, change->now.index, members, error) ||
             !release(change, members, error)))
            return FALSE;
        if (needs_down(rows[i]) && !is_down) {
            g_autoptr(LoomMessage) down = loom_link_message_flags(change->now.index, 0);

            if (!loom_link_change_send(change, down, error))
                return FALSE;
            is_down = TRUE;
        }
    }
    return TRUE;
}

gboolean
loom_link_change_bond(LoomLinkChange *change, GError **error)
{
    g_autoptr(GArray) members = g_array_new(FALSE, FALSE, sizeof(Member));
    g_autofree char *mac = g_strdup(change->now.record->mac);
    const LoomWireRow *rows[64];
    guint64 told = 0;
    guint count;

    for (unsigned round = 0; round < ROUNDS_MAX; round++) {
        count = choose(change, &told, rows);
        if (!count)
            break;
        if (!make_ready(change, rows, count, members, error) ||
            !set_rows(change, rows, count, error) || !loom_link_change_refresh(change, error))
            return FALSE;
    }
    if (!members->len)
        return TRUE;
    if (mac && !set_mac(change, change->now.index, mac, error))
        return FALSE;
    for (guint i = 0; i < members->len; i++) {
        const Member *member = &g_array_index(members, Member, i);

        if (!enslave(change, member->index, change->now.index, member->is_up, error))
            return FALSE;
    }
    return loom_link_change_refresh(change, error);
}

/* --- NICs ------------------------------------------------------------------------------------ */

/* The bond of that NAME; FALSE and no error: NAME (may be NULL) is none. */
static gboolean
find_bond(const LoomLinkChange *change, const char *name, LoomLinkSeen *bond, GError **error)
{
    return name && loom_kernel_find_link(change->kernel, name, bond, error) && bond->record &&
           bond->record->kind == LOOM_LINK_BOND;
}

static gboolean
leave(LoomLinkChange *change, const LoomLinkSeen *bond, GError **error)
{
    g_auto(LoomLinkSeen) after = {0};
    GError *failure = NULL;

    if (!loom_link_change_set_master(change, change->now.index, 0, error))
        return FALSE;
    if (find_bond(change, bond->record->name, &after, &failure) && bond->record->mac &&
        g_strcmp0(after.record->mac, bond->record->mac) != 0)
        set_mac(change, after.index, bond->record->mac, &failure);
    if (failure)
        g_propagate_error(error, failure);
    return !failure;
}

gboolean
loom_link_change_team(LoomLinkChange *change, GError **error)
{
    g_auto(LoomLinkSeen) from = {0}, to = {0};
    GError *failure = NULL;
    gboolean leaves = find_bond(change, change->now.record->master, &from, &failure);
    gboolean enters = !failure && find_bond(change, change->to->master, &to, &failure);

    if (failure) {
        g_propagate_error(error, failure);
        return FALSE;
    }
    if (!leaves && !enters)
        return TRUE;
    return (!leaves || leave(change, &from, error)) &&
           (!enters || enslave(change, change->now.index, to.index, change->up, error)) &&
           loom_link_change_refresh(change, error);
}
