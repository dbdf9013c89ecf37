/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a NIC has by DHCP goes along with its place. */
#include "plan/comparison.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <string.h>

/*
 * Theory of operation
 *
 * A link that takes a NIC's place, and asks by DHCP from then on, would have no address until the
 * server has answered its client: seconds, on what may be the only way in. But the lease is the
 * same, and is good for as long as it was for. So what the NIC's client has set moves like what an
 * administrator has set, marked as DHCP's: the client there finds it, and changes or drops it as
 * the server says. It is no part of TO, which knows no leases: it is what FROM has that stays.
 */

static gboolean
is_leased_address(gconstpointer record)
{
    const LoomAddress *address = record;

    return !strchr(address->address, ':') && g_strcmp0(address->origin, "dhcp") == 0;
}

/* dhclient and udhcpc make their default route like anybody's. */
static gboolean
is_leased_route(gconstpointer record)
{
    const LoomRoute *route = record;

    return !strchr(route->destination, ':') && !route->unsaid &&
           (g_strcmp0(route->protocol, "dhcp") == 0 ||
            (g_strcmp0(route->protocol, "boot") == 0 &&
             g_str_equal(route->destination, "0.0.0.0/0")));
}

/* Whether ADDRESS makes the kernel make a route that leads to all of DESTINATION, of IPv4. */
static gboolean
is_subnet_of(const LoomAddress *address, const char *destination)
{
    g_auto(GStrv) parts = g_strsplit(destination, "/", 2);
    guint32 mask = address->prefix ? G_MAXUINT32 << (32 - MIN(address->prefix, 32)) : 0;
    struct in_addr own, first;

    return parts[1] && g_ascii_strtoull(parts[1], NULL, 10) >= address->prefix &&
           inet_pton(AF_INET, address->address, &own) == 1 &&
           inet_pton(AF_INET, parts[0], &first) == 1 &&
           (ntohl(own.s_addr) & mask) == (ntohl(first.s_addr) & mask);
}

/* Whether the kernel makes such a route itself: to the subnet, or to a gateway in it. */
static gboolean
is_needless(const LoomHost *from, const LoomRoute *route)
{
    for (guint i = 0; !route->gateway && i < from->addresses->len; i++) {
        const LoomAddress *address = from->addresses->pdata[i];

        if (g_str_equal(address->link, route->link) && is_leased_address(address) &&
            is_subnet_of(address, route->destination))
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_leased(const LoomHost *from, gconstpointer data)
{
    const LoomRecord *record = data;

    return record->kind == &loom_address_kind ? is_leased_address(data)
                                              : is_leased_route(data) && !is_needless(from, data);
}

static gboolean
has_lease(const LoomHost *host, const char *name)
{
    for (guint i = 0; name && i < host->addresses->len; i++) {
        const LoomAddress *address = host->addresses->pdata[i];

        if (g_str_equal(address->link, name) && is_leased_address(address))
            return TRUE;
    }
    return FALSE;
}

/* The link of FROM whose lease LINK of TO goes on with, where it does not have it; or NULL. */
static const char *
find_holder(const LoomComparison *comparison, const LoomLink *link)
{
    if (has_lease(comparison->from, link->name))
        return g_hash_table_contains(comparison->gone, link->name) ? link->name : NULL;
    return has_lease(comparison->from, link->inherit) ? link->inherit : NULL;
}

static guint64
table_of(const LoomRoute *route)
{
    return LOOM_HAS(route, table) ? route->table : RT_TABLE_MAIN;
}

/* Whether TO has a route where the kernel has only one: of a destination and metric in a table. */
static gboolean
is_taken(const LoomHost *to, const LoomRoute *route)
{
    for (guint i = 0; i < to->routes->len; i++) {
        const LoomRoute *wanted = to->routes->pdata[i];

        if (g_str_equal(wanted->destination, route->destination) &&
            wanted->metric == route->metric && table_of(wanted) == table_of(route))
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_wanted(const LoomHost *to, const LoomRecord *record)
{
    g_autofree char *key = loom_record_key(record);

    return record->kind == &loom_route_kind ? is_taken(to, (const LoomRoute *)record)
                                            : loom_host_find(to, record->kind, key) != NULL;
}

static void
carry(LoomComparison *comparison, gconstpointer held, const LoomLink *link)
{
    LoomRecord *record = loom_record_copy(held);
    LoomAddress *address = (LoomAddress *)record;
    LoomRoute *route = (LoomRoute *)record;

    g_ptr_array_add(comparison->plan->made, record);
    if (record->kind == &loom_address_kind) {
        LOOM_SET(address, link, link->name);
        LOOM_SET(address, label, NULL);
        /* whoever makes the subnet's route in the kernel's place has not come yet */
        LOOM_SET_NUMBER(address, noprefixroute, FALSE);
    } else {
        LOOM_SET(route, link, link->name);
        LOOM_SET(route, protocol, "dhcp");
    }
    if (!is_wanted(comparison->to, record))
        loom_comparison_add_step(comparison, (LoomStep){.verb = LOOM_STEP_CREATE, .to = record});
}

static void
carry_all(LoomComparison *comparison, const LoomKind *kind, const char *holder,
          const LoomLink *link)
{
    const GPtrArray *records = loom_host_list(comparison->from, kind);

    for (guint i = 0; i < records->len; i++)
        if (g_str_equal(loom_comparison_link_of(records->pdata[i]), holder) &&
            is_leased(comparison->from, records->pdata[i]))
            carry(comparison, records->pdata[i], link);
}

void
loom_comparison_carry_leases(LoomComparison *comparison)
{
    for (guint i = 0; i < comparison->to->dhcps->len; i++) {
        const char *name = ((const LoomDhcp *)comparison->to->dhcps->pdata[i])->link;
        const LoomLink *link = g_hash_table_lookup(comparison->links.to, name);
        const char *holder = link ? find_holder(comparison, link) : NULL;

        if (!holder || g_hash_table_contains(comparison->alone, name) ||
            g_hash_table_contains(comparison->alone, holder))
            continue;
        carry_all(comparison, &loom_address_kind, holder, link);
        carry_all(comparison, &loom_route_kind, holder, link);
    }
}
