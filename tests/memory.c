/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A machine in memory: the backend by which plans and applies are tried without root. */
#include "memory.h"

#include "base/error.h"
#include "base/mac.h"

#include <string.h>
#include <unistd.h>

const LoomKind *const loom_memory_kinds[] = {
    &loom_link_kind,
    &loom_address_kind,
    &loom_route_kind,
    &loom_port_kind,
    &loom_class_kind,
    &loom_network_kind,
    NULL,
};

static const LoomKind *const hanging_kinds[] = {
    &loom_address_kind,
    &loom_route_kind,
    &loom_port_kind,
    &loom_class_kind,
};

static const char *
link_of(gconstpointer data)
{
    const LoomRecord *record = data;

    for (size_t i = 0; i < record->kind->attribute_count; i++)
        if (g_str_equal(record->kind->attributes[i].name, "link"))
            return G_STRUCT_MEMBER(const char *, record, record->kind->attributes[i].offset);
    return NULL;
}

static LoomLink *
find_link(const LoomHost *host, const char *name)
{
    for (guint i = 0; name && i < host->links->len; i++)
        if (g_str_equal(((LoomLink *)host->links->pdata[i])->name, name))
            return host->links->pdata[i];
    return NULL;
}

static gboolean
refuse(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, "memory: %s", message);
    return FALSE;
}

/* A link that is read from the kernel has a value for everything. */
static void
complete_link(LoomLink *link)
{
    g_autofree char *mac = loom_mac_from_name(link->name);
    const struct {
        int kind; /* -1: any */
        size_t offset;
        const char *value;
    } defaults[] = {
        {-1, offsetof(LoomLink, mac), mac},
        {-1, offsetof(LoomLink, mtu), "1500"},
        {-1, offsetof(LoomLink, up), "no"},
        {-1, offsetof(LoomLink, autoconf), "no"},
        {LOOM_LINK_BOND, offsetof(LoomLink, mode), "balance-rr"},
        {LOOM_LINK_BOND, offsetof(LoomLink, hashpolicy), "layer2"},
        {LOOM_LINK_BOND, offsetof(LoomLink, lacprate), "slow"},
        {LOOM_LINK_BOND, offsetof(LoomLink, miimon), "0"},
        {LOOM_LINK_BOND, offsetof(LoomLink, allslavesactive), "no"},
        {LOOM_LINK_OVS_BOND, offsetof(LoomLink, allslavesactive), "no"},
        {LOOM_LINK_BRIDGE, offsetof(LoomLink, vlanfiltering), "no"},
        {LOOM_LINK_BRIDGE, offsetof(LoomLink, stp), "no"},
        {LOOM_LINK_BRIDGE, offsetof(LoomLink, multicastsnooping), "yes"},
        {LOOM_LINK_BRIDGE, offsetof(LoomLink, defaultpvid), "1"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(defaults); i++)
        if ((defaults[i].kind < 0 || defaults[i].kind == link->kind) &&
            !loom_record_has(link, defaults[i].offset))
            loom_record_set(link, defaults[i].offset, defaults[i].value);
}

static void
drop(LoomHost *host, const LoomKind *kind, const char *link,
     gboolean (*wanted)(gconstpointer record))
{
    GPtrArray *list = loom_host_list(host, kind);

    for (guint i = list->len; i-- > 0;)
        if (g_strcmp0(link_of(list->pdata[i]), link) == 0 && (!wanted || wanted(list->pdata[i])))
            g_ptr_array_remove_index(list, i);
}

static gboolean
is_lost_ipv6(gconstpointer record)
{
    const LoomAddress *address = record;

    return strchr(address->address, ':') != NULL;
}

static void
go_down(LoomHost *host, const LoomLink *link)
{
    if (!link->up)
        return;
    drop(host, &loom_address_kind, link->name, is_lost_ipv6);
    drop(host, &loom_route_kind, link->name, NULL);
}

static gboolean
is_bond(const LoomHost *host, const char *name)
{
    const LoomLink *link = find_link(host, name);

    return link && link->kind == LOOM_LINK_BOND;
}

static void
set_master(LoomHost *host, LoomLink *link, const char *master)
{
    if (g_strcmp0(link->master, master) == 0)
        return;
    if (is_bond(host, link->master) || is_bond(host, master))
        go_down(host, link);
    drop(host, &loom_port_kind, link->name, NULL);
    LOOM_SET(link, master, master);
}

/* Gives LINK one attribute of TO, or takes it away where TO lacks it. */
static void
set_attribute(LoomHost *host, LoomLink *link, const LoomLink *to, size_t index)
{
    const LoomAttribute *attribute = &loom_link_kind.attributes[index];
    gboolean is_stated = to->record.present >> index & 1;
    g_autofree char *value = is_stated ? loom_record_get(to, attribute) : NULL;

    if (attribute->offset == offsetof(LoomLink, master)) {
        set_master(host, link, value);
        return;
    }
    if ((attribute->offset == offsetof(LoomLink, up) && !to->up) ||
        (attribute->offset == offsetof(LoomLink, mode) && g_strcmp0(link->mode, value) != 0))
        go_down(host, link);
    loom_record_set(link, attribute->offset, value);
}

static void
add_veth_end(LoomHost *host, const LoomLink *other)
{
    LoomLink *link = loom_record_new(&loom_link_kind);

    LOOM_SET(link, name, other->peer);
    LOOM_SET_NUMBER(link, kind, LOOM_LINK_VETH);
    LOOM_SET_NUMBER(link, ours, other->ours);
    LOOM_SET(link, peer, other->name);
    complete_link(link);
    loom_record_add(host, link);
}

static gboolean
create_link(LoomHost *host, const LoomLink *to, GError **error)
{
    LoomLink *link = find_link(host, to->name);

    if (!to->ours)
        return refuse(error, "link %s is not ours to make", to->name);
    if (to->master && !find_link(host, to->master))
        return refuse(error, "link %s: no master %s", to->name, to->master);
    if (link && (!link->ours || link->kind != to->kind))
        return refuse(error, "link %s exists", to->name);
    if (!link) {
        link = loom_record_new(&loom_link_kind);
        LOOM_SET(link, name, to->name);
        loom_record_add(host, link);
    }
    for (size_t i = 0; i < loom_link_kind.attribute_count; i++)
        if (to->record.present >> i & 1)
            set_attribute(host, link, to, i);
    complete_link(link);
    if (link->peer && !find_link(host, link->peer))
        add_veth_end(host, link);
    return TRUE;
}

static gboolean
change_link(LoomHost *host, const LoomStep *step, GError **error)
{
    const LoomLink *to = (const LoomLink *)step->to;
    LoomLink *link = find_link(host, to->name);

    if (!link)
        return refuse(error, "no link %s", to->name);
    if (link->kind != to->kind)
        return refuse(error, "link %s is of another kind", to->name);
    if (to->master && !find_link(host, to->master))
        return refuse(error, "link %s: no master %s", to->name, to->master);
    for (size_t i = 0; i < loom_link_kind.attribute_count; i++)
        if (step->changed >> i & 1)
            set_attribute(host, link, to, i);
    return TRUE;
}

static gboolean
delete_link(LoomHost *host, const char *name, GError **error)
{
    LoomLink *link = find_link(host, name);
    g_autofree char *peer = NULL;

    if (!link)
        return TRUE;
    if (!link->ours)
        return refuse(error, "link %s is foreign", name);
    peer = g_strdup(link->peer);
    for (size_t i = 0; i < G_N_ELEMENTS(hanging_kinds); i++)
        drop(host, hanging_kinds[i], name, NULL);
    for (guint i = 0; i < host->links->len; i++) {
        LoomLink *member = host->links->pdata[i];

        if (g_strcmp0(member->master, name) == 0)
            set_master(host, member, NULL);
    }
    g_ptr_array_remove(host->links, link);
    return !peer || delete_link(host, peer, error);
}

static gboolean
run_link(LoomHost *host, const LoomStep *step, GError **error)
{
    if (step->verb == LOOM_STEP_CREATE)
        return create_link(host, (const LoomLink *)step->to, error);
    if (step->verb == LOOM_STEP_CHANGE)
        return change_link(host, step, error);
    return delete_link(host, step->key, error);
}

static gboolean
may_route(const LoomHost *host, const LoomRoute *route)
{
    gboolean is_ipv6 = strchr(route->destination, ':') != NULL;

    if (!route->gateway)
        return TRUE;
    if (!find_link(host, route->link)->up)
        return FALSE;
    for (guint i = 0; i < host->addresses->len; i++) {
        const LoomAddress *address = host->addresses->pdata[i];

        if (g_str_equal(address->link, route->link) &&
            (strchr(address->address, ':') != NULL) == is_ipv6)
            return TRUE;
    }
    return FALSE;
}

static void
remove_key(LoomHost *host, const LoomKind *kind, const char *key)
{
    gpointer found = loom_host_find(host, kind, key);

    if (found)
        g_ptr_array_remove(loom_host_list(host, kind), found);
}

static void
displace_route(LoomHost *host, const LoomRoute *by)
{
    for (guint i = host->routes->len; i-- > 0;) {
        const LoomRoute *route = host->routes->pdata[i];

        if (g_str_equal(route->destination, by->destination) && route->metric == by->metric &&
            route->table == by->table)
            g_ptr_array_remove_index(host->routes, i);
    }
}

/* Addresses, routes, ports and classes are what their step says, whole. */
static gboolean
run_hanging(LoomHost *host, const LoomStep *step, GError **error)
{
    const LoomLink *link = find_link(host, link_of(step->to ? step->to : step->from));

    if (step->verb == LOOM_STEP_DELETE) {
        remove_key(host, step->kind, step->key);
        return TRUE;
    }
    if (!link)
        return refuse(error, "%s: no such link", step->key);
    if (step->kind == &loom_port_kind && !link->master)
        return refuse(error, "port %s is in no bridge", step->key);
    if (step->kind == &loom_route_kind && !may_route(host, (const LoomRoute *)step->to))
        return refuse(error, "route %s: the gateway is unreachable", step->key);
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
            return refuse(error, "network %s has the UUID of %s", to->name, other->name);
    }
    return TRUE;
}

static gboolean
write_network(LoomHost *host, const LoomNetwork *to, GError **error)
{
    LoomNetwork *network = loom_host_find(host, &loom_network_kind, to->name);
    LoomNetwork *written;

    if (network && !network->ours)
        return refuse(error, "network %s is foreign", to->name);
    if (network && g_strcmp0(network->uuid, to->uuid) != 0)
        return refuse(error, "network %s has another UUID", to->name);
    if (!to->ours)
        return refuse(error, "network %s is not ours to make", to->name);
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
        return refuse(error, "no network %s", step->key);
    if (step->verb != LOOM_STEP_DELETE)
        return write_network(host, (const LoomNetwork *)step->to, error);
    if (network && (!network->ours || network->guests))
        return refuse(error, "network %s is foreign or has guests", step->key);
    remove_key(host, &loom_network_kind, step->key);
    return TRUE;
}

static gboolean
run(LoomHost *host, const LoomStep *step, GError **error)
{
    if (step->kind == &loom_link_kind)
        return run_link(host, step, error);
    if (step->kind == &loom_network_kind)
        return run_network(host, step, error);
    return run_hanging(host, step, error);
}

/* The router goes on: whoever is up, and in no master, has what it advertises. */
static void
advertise(LoomMemory *memory)
{
    for (guint i = 0; i < memory->advertised->len; i++) {
        const LoomAddress *address = memory->advertised->pdata[i];
        const LoomLink *link = find_link(memory->host, address->link);
        g_autofree char *key = loom_record_key(address);

        if (link && link->up && !link->master &&
            !loom_host_find(memory->host, &loom_address_kind, key))
            loom_record_add(memory->host, loom_record_copy(address));
    }
}

void
loom_memory_die(const LoomMemory *memory)
{
    g_autofree char *text = loom_host_format(memory->host);

    if (!g_file_set_contents(memory->grave, text, -1, NULL))
        _exit(1);
    _exit(LOOM_MEMORY_KILLED);
}

static gboolean
run_step(LoomBackend *backend, const LoomStep *step, GError **error)
{
    LoomMemory *memory = (LoomMemory *)backend;
    LoomTrip trip;
    guint length;

    memory->calls++;
    length = memory->trip == LOOM_TRIP_FAIL_TWICE  ? 2
             : memory->trip == LOOM_TRIP_FAIL_FROM ? G_MAXUINT
                                                   : 1;
    trip = memory->calls >= memory->trip_at && memory->calls - memory->trip_at < length
               ? memory->trip
               : LOOM_TRIP_NEVER;
    if (trip == LOOM_TRIP_FAIL || trip == LOOM_TRIP_FAIL_TWICE || trip == LOOM_TRIP_FAIL_FROM)
        return refuse(error, "call %u fails", memory->calls);
    if (trip == LOOM_TRIP_KILL)
        loom_memory_die(memory);
    if (trip == LOOM_TRIP_LIE)
        return TRUE;
    if (!run(memory->host, step, error))
        return FALSE;
    advertise(memory);
    if (trip == LOOM_TRIP_KILL_AFTER)
        loom_memory_die(memory);
    return trip != LOOM_TRIP_FAIL_AFTER || refuse(error, "call %u fails after all", memory->calls);
}

static gboolean
is_seen(const LoomHost *host, const LoomHost *target, const LoomLink *link)
{
    const LoomLink *master = find_link(host, link->master);

    return link->ours || (master && master->ours) || (target && find_link(target, link->name));
}

static gboolean
observe(LoomBackend *backend, const LoomHost *target, LoomHost *into, GError **error G_GNUC_UNUSED)
{
    const LoomHost *host = ((LoomMemory *)backend)->host;

    for (guint i = 0; i < host->links->len; i++)
        if (is_seen(host, target, host->links->pdata[i]))
            loom_record_add(into, loom_record_copy(host->links->pdata[i]));
    for (size_t kind = 0; kind < G_N_ELEMENTS(hanging_kinds); kind++) {
        const GPtrArray *list = loom_host_list(host, hanging_kinds[kind]);

        for (guint i = 0; i < list->len; i++)
            if (find_link(into, link_of(list->pdata[i])))
                loom_record_add(into, loom_record_copy(list->pdata[i]));
    }
    for (guint i = 0; i < host->networks->len; i++) {
        const LoomNetwork *network = host->networks->pdata[i];

        if (network->ours || (target && loom_host_find(target, &loom_network_kind, network->name)))
            loom_record_add(into, loom_record_copy(network));
    }
    return TRUE;
}

LoomMemory *
loom_memory_new(const LoomHost *host)
{
    LoomMemory *memory = g_new0(LoomMemory, 1);

    memory->backend = (LoomBackend){
        .name = "memory", .kinds = loom_memory_kinds, .observe = observe, .run_step = run_step};
    memory->host = loom_record_copy(host);
    for (guint i = 0; i < memory->host->links->len; i++)
        complete_link(memory->host->links->pdata[i]);
    memory->advertised = g_ptr_array_new_with_free_func(loom_record_free);
    for (guint i = 0; i < memory->host->addresses->len; i++) {
        const LoomAddress *address = memory->host->addresses->pdata[i];

        if (g_strcmp0(address->origin, "ra") == 0)
            g_ptr_array_add(memory->advertised, loom_record_copy(address));
    }
    return memory;
}

void
loom_memory_free(LoomMemory *memory)
{
    if (!memory)
        return;
    loom_host_free(memory->host);
    g_ptr_array_unref(memory->advertised);
    g_free(memory);
}

void
loom_memory_set_trip(LoomMemory *memory, LoomTrip trip, guint at)
{
    memory->trip = trip;
    memory->trip_at = at;
    memory->calls = 0;
}

char *
loom_memory_format(const LoomMemory *memory)
{
    g_autoptr(LoomHost) sorted = loom_record_copy(memory->host);

    loom_host_sort(sorted);
    return loom_host_format(sorted);
}
