/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The habits of a kernel, of libvirt and of network managers, as far as they matter to plans. */
#include "machine.h"

#include "base/error.h"
#include "base/inet.h"
#include "base/mac.h"
#include "links.h"

#include <string.h>

const LoomKind *const loom_machine_hanging_kinds[] = {
    &loom_address_kind, &loom_route_kind,   &loom_neighbour_kind, &loom_port_kind,
    &loom_class_kind,   &loom_manager_kind, &loom_dhcp_kind,      NULL,
};

const char *
loom_machine_link_of(gconstpointer data)
{
    const LoomRecord *record = data;

    for (size_t i = 0; i < record->kind->attribute_count; i++)
        if (g_str_equal(record->kind->attributes[i].name, "link"))
            return G_STRUCT_MEMBER(const char *, record, record->kind->attributes[i].offset);
    return NULL;
}

LoomLink *
loom_machine_find_link(const LoomHost *host, const char *name)
{
    for (guint i = 0; name && i < host->links->len; i++)
        if (g_str_equal(((LoomLink *)host->links->pdata[i])->name, name))
            return host->links->pdata[i];
    return NULL;
}

gboolean
loom_machine_refuse(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, "memory: %s", message);
    return FALSE;
}

static gboolean
is_ipv6(const char *address)
{
    return strchr(address, ':') != NULL;
}

/* Whether ADDRESS is in the subnet of one that LINK has. */
static gboolean
is_on_link(const LoomHost *host, const char *link, const char *address)
{
    LoomInet inet = loom_inet_parse(address);

    for (guint i = 0; i < host->addresses->len; i++) {
        const LoomAddress *own = host->addresses->pdata[i];
        LoomInet first = loom_inet_parse(own->address), same;

        if (!g_str_equal(own->link, link) || first.family != inet.family || own->noprefixroute)
            continue;
        first = loom_inet_first(&first, own->prefix);
        same = loom_inet_first(&inet, own->prefix);
        if (loom_inet_compare(&first, &same) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_local(const LoomHost *host, const char *address)
{
    for (guint i = 0; i < host->addresses->len; i++)
        if (g_str_equal(((LoomAddress *)host->addresses->pdata[i])->address, address))
            return TRUE;
    return FALSE;
}

static gboolean
check_route(const LoomHost *host, const LoomRoute *route, const LoomLink *link, GError **error)
{
    if (!link->up && (route->gateway || is_ipv6(route->destination)))
        return loom_machine_refuse(error, "route %s: %s is down", route->destination, link->name);
    if (route->gateway && !route->onlink && !g_str_has_prefix(route->gateway, "fe80:") &&
        !is_on_link(host, link->name, route->gateway))
        return loom_machine_refuse(error, "route %s: the gateway %s is unreachable",
                                   route->destination, route->gateway);
    if (route->source && !is_local(host, route->source))
        return loom_machine_refuse(error, "route %s: %s is nobody's address", route->destination,
                                   route->source);
    return TRUE;
}

static void
remove_key(LoomHost *host, const LoomKind *kind, const char *key)
{
    gpointer found = loom_host_find(host, kind, key);

    if (found)
        g_ptr_array_remove(loom_host_list(host, kind), found);
}

gboolean
loom_machine_displaces(const LoomRoute *by, const LoomRoute *route)
{
    return g_str_equal(route->destination, by->destination) && route->metric == by->metric &&
           route->table == by->table;
}

static void
displace_route(LoomHost *host, const LoomRoute *by)
{
    for (guint i = host->routes->len; i-- > 0;)
        if (loom_machine_displaces(by, host->routes->pdata[i]))
            g_ptr_array_remove_index(host->routes, i);
}

/* Routes that speak with an address go with the last link that has it. */
static void
delete_address(LoomHost *host, const char *key)
{
    const LoomAddress *address = loom_host_find(host, &loom_address_kind, key);
    g_autofree char *text = address ? g_strdup(address->address) : NULL;

    remove_key(host, &loom_address_kind, key);
    for (guint i = host->routes->len; text && i-- > 0;)
        if (g_strcmp0(((LoomRoute *)host->routes->pdata[i])->source, text) == 0 &&
            !is_local(host, text))
            g_ptr_array_remove_index(host->routes, i);
}

/* A manager may know a link that is not there yet. */
static gboolean
check_hanging(const LoomHost *host, const LoomStep *step, GError **error)
{
    const LoomLink *link = loom_machine_find_link(host, loom_machine_link_of(step->to));

    if (step->kind == &loom_manager_kind)
        return !link || !link->master ||
               loom_machine_refuse(error, "manager %s: in a master", step->key);
    if (!link)
        return loom_machine_refuse(error, "%s: no such link", step->key);
    if (step->kind == &loom_port_kind && !link->master)
        return loom_machine_refuse(error, "port %s is in no bridge", step->key);
    if ((step->kind == &loom_neighbour_kind || step->kind == &loom_dhcp_kind) && !link->up)
        return loom_machine_refuse(error, "%s: the link is down", step->key);
    return step->kind != &loom_route_kind ||
           check_route(host, (const LoomRoute *)step->to, link, error);
}

/* What hangs on links is what its step says, whole. */
static gboolean
run_hanging(LoomHost *host, const LoomStep *step, GError **error)
{
    if (step->verb == LOOM_STEP_DELETE && step->kind == &loom_address_kind) {
        delete_address(host, step->key);
        return TRUE;
    }
    if (step->verb == LOOM_STEP_DELETE) {
        remove_key(host, step->kind, step->key);
        return TRUE;
    }
    if (!check_hanging(host, step, error))
        return FALSE;
    if (step->kind == &loom_route_kind)
        displace_route(host, (const LoomRoute *)step->to);
    remove_key(host, step->kind, step->key);
    loom_record_add(host, loom_record_copy(step->to));
    return TRUE;
}

static gboolean
check_uuid(const LoomHost *host, const LoomNetwork *to, GError **error)
{
    for (guint i = 0; i < host->networks->len; i++) {
        const LoomNetwork *other = host->networks->pdata[i];

        if (!g_str_equal(other->name, to->name) && g_strcmp0(other->uuid, to->uuid) == 0)
            return loom_machine_refuse(error, "network %s has the UUID of %s", to->name,
                                       other->name);
    }
    return TRUE;
}

static gboolean
write_network(LoomHost *host, const LoomNetwork *to, GError **error)
{
    LoomNetwork *network = loom_host_find(host, &loom_network_kind, to->name);
    LoomNetwork *written;

    if (network && !network->ours)
        return loom_machine_refuse(error, "network %s is foreign", to->name);
    if (network && g_strcmp0(network->uuid, to->uuid) != 0)
        return loom_machine_refuse(error, "network %s has another UUID", to->name);
    if (!to->ours)
        return loom_machine_refuse(error, "network %s is not ours to make", to->name);
    if (!check_uuid(host, to, error))
        return FALSE;
    written = loom_record_copy(to);
    if (network) {
        g_autofree char *guests = network->guests ? g_strjoinv(" ", network->guests) : NULL;
        LOOM_SET(written, guests, guests);
        g_ptr_array_remove(host->networks, network);
    }
    loom_record_add(host, written);
    return TRUE;
}

static gboolean
run_network(LoomHost *host, const LoomStep *step, GError **error)
{
    const LoomNetwork *network = loom_host_find(host, &loom_network_kind, step->key);

    if (step->verb == LOOM_STEP_CHANGE && !network)
        return loom_machine_refuse(error, "no network %s", step->key);
    if (step->verb != LOOM_STEP_DELETE)
        return write_network(host, (const LoomNetwork *)step->to, error);
    if (network && (!network->ours || network->guests))
        return loom_machine_refuse(error, "network %s is foreign or has guests", step->key);
    remove_key(host, &loom_network_kind, step->key);
    return TRUE;
}

gboolean
loom_machine_run(LoomHost *host, const LoomStep *step, GError **error)
{
    if (step->kind == &loom_link_kind)
        return loom_machine_run_link(host, step, error);
    if (step->kind == &loom_network_kind)
        return run_network(host, step, error);
    return run_hanging(host, step, error);
}

static void
give(LoomHost *host, const LoomRecord *given)
{
    g_autofree char *key = loom_record_key(given);

    if (!loom_host_find(host, given->kind, key))
        loom_record_add(host, loom_record_copy(given));
}

/* Whether what GIVEN has on that link comes again: from its manager then, or from a router. */
static gboolean
is_given(const LoomHost *host, const LoomHost *given, const char *name, const char *origin)
{
    const LoomLink *link = loom_machine_find_link(host, name);

    if (!link || !link->up || link->master)
        return FALSE;
    if (g_strcmp0(origin, "ra") == 0)
        return TRUE;
    for (guint i = 0; i < given->managers->len; i++) {
        const LoomManager *manager = given->managers->pdata[i];
        g_autofree char *key = loom_record_key(manager);

        if (g_str_equal(manager->link, name) && loom_host_find(host, &loom_manager_kind, key))
            return g_strcmp0(origin, "kernel") != 0;
    }
    return FALSE;
}

static void
give_address(LoomHost *host, const char *link, const char *text, const char *origin)
{
    LoomAddress *address = loom_record_new(&loom_address_kind);

    LOOM_SET(address, link, link);
    LOOM_SET(address, address, text);
    LOOM_SET_NUMBER(address, prefix, is_ipv6(text) ? 64 : 10);
    LOOM_SET(address, origin, origin);
    give(host, &address->record);
    loom_record_free(address);
}

static void
settle_link_local(LoomHost *host, const LoomLink *link)
{
    const LoomLink *master = loom_machine_find_link(host, link->master);
    g_autofree char *text = g_strdup_printf("fe80::%x", g_str_hash(link->name) & 0xffff);
    g_autofree char *key = g_strdup_printf("%s/%s/64", link->name, text);

    if (!link->up || !link->linklocal || (master && master->kind == LOOM_LINK_BOND))
        remove_key(host, &loom_address_kind, key);
    else
        give_address(host, link->name, text, "kernel");
}

/* The server knows who asks by the identity, and gives the same address again. */
static void
settle_dhcp(LoomHost *host, const char *link, const char *identity)
{
    guint hash = g_str_hash(identity ? identity : link);
    g_autofree char *text = g_strdup_printf("100.64.%u.%u", hash >> 8 & 0xff, 1 + hash % 200);

    give_address(host, link, text, "dhcp");
}

static void
settle_clients(LoomHost *host)
{
    for (guint i = 0; i < host->dhcps->len; i++) {
        const LoomDhcp *dhcp = host->dhcps->pdata[i];

        if (loom_machine_find_link(host, dhcp->link))
            settle_dhcp(host, dhcp->link, dhcp->identity);
    }
    for (guint i = 0; i < host->managers->len; i++) {
        const LoomManager *manager = host->managers->pdata[i];
        const LoomLink *link = loom_machine_find_link(host, manager->link);

        if (manager->dhcp && link && link->up && !link->master)
            settle_dhcp(host, manager->link, manager->identity);
    }
}

void
loom_machine_settle(LoomHost *host, const LoomHost *given)
{
    for (guint i = 0; i < host->links->len; i++)
        settle_link_local(host, host->links->pdata[i]);
    for (guint i = 0; i < given->addresses->len; i++) {
        const LoomAddress *address = given->addresses->pdata[i];

        if (is_given(host, given, address->link, address->origin))
            give(host, &address->record);
    }
    for (guint i = 0; i < given->routes->len; i++) {
        const LoomRoute *route = given->routes->pdata[i];

        if (g_strcmp0(route->protocol, "ra") == 0 && is_given(host, given, route->link, "ra"))
            give(host, &route->record);
    }
    settle_clients(host);
}
