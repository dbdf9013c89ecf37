/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A machine in memory: the backend by which plans and applies are tried without root. */
#include "memory.h"

#include "base/error.h"
#include "machine.h"

#include <string.h>
#include <unistd.h>

const LoomKind *const loom_memory_kinds[] = {
    &loom_link_kind,  &loom_address_kind, &loom_route_kind,   &loom_neighbour_kind, &loom_port_kind,
    &loom_class_kind, &loom_network_kind, &loom_manager_kind, &loom_dhcp_kind,      NULL,
};

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
    gboolean done;
    guint length;

    memory->calls++;
    length = memory->trip == LOOM_TRIP_FAIL_TWICE  ? 2
             : memory->trip == LOOM_TRIP_FAIL_FROM ? G_MAXUINT
                                                   : 1;
    trip = memory->calls >= memory->trip_at && memory->calls - memory->trip_at < length
               ? memory->trip
               : LOOM_TRIP_NEVER;
    if (trip == LOOM_TRIP_FAIL || trip == LOOM_TRIP_FAIL_TWICE || trip == LOOM_TRIP_FAIL_FROM)
        return loom_machine_refuse(error, "call %u fails", memory->calls);
    if (trip == LOOM_TRIP_KILL)
        loom_memory_die(memory);
    if (trip == LOOM_TRIP_LIE)
        return TRUE;
    done = loom_machine_run(memory->host, step, error);
    loom_machine_settle(memory->host, memory->given);
    if (!done)
        return FALSE;
    if (trip == LOOM_TRIP_KILL_AFTER)
        loom_memory_die(memory);
    return trip != LOOM_TRIP_FAIL_AFTER ||
           loom_machine_refuse(error, "call %u fails after all", memory->calls);
}

/* TARGET may be NULL. */
static gboolean
is_named(const LoomHost *target, const char *name)
{
    return target && loom_machine_find_link(target, name);
}

static gboolean
is_seen(const LoomHost *host, const LoomHost *target, const LoomLink *link)
{
    const LoomLink *master = loom_machine_find_link(host, link->master);

    if (link->ours || (master && master->ours) || is_named(target, link->name) ||
        (link->parent && is_named(target, link->parent)))
        return TRUE;
    for (guint i = 0; i < host->links->len; i++) {
        const LoomLink *member = host->links->pdata[i];

        if (member->master && is_named(target, member->name) &&
            (g_str_equal(member->master, link->name) ||
             g_strcmp0(member->master, link->master) == 0))
            return TRUE;
    }
    return FALSE;
}

/* Whether a route of TARGET, which may be NULL, would take the place of ROUTE. */
static gboolean
is_displaced(const LoomHost *target, const LoomRoute *route)
{
    for (guint i = 0; target && i < target->routes->len; i++)
        if (loom_machine_displaces(target->routes->pdata[i], route))
            return TRUE;
    return FALSE;
}

static gboolean
observe(LoomBackend *backend, const LoomHost *target, LoomHost *into, GError **error G_GNUC_UNUSED)
{
    const LoomHost *host = ((LoomMemory *)backend)->host;

    for (guint i = 0; i < host->links->len; i++)
        if (is_seen(host, target, host->links->pdata[i]))
            loom_record_add(into, loom_record_copy(host->links->pdata[i]));
    for (size_t kind = 0; loom_machine_hanging_kinds[kind]; kind++) {
        const GPtrArray *list = loom_host_list(host, loom_machine_hanging_kinds[kind]);

        for (guint i = 0; i < list->len; i++) {
            const char *link = loom_machine_link_of(list->pdata[i]);

            if (loom_machine_find_link(into, link) || is_named(target, link) ||
                (list == host->routes && is_displaced(target, list->pdata[i])))
                loom_record_add(into, loom_record_copy(list->pdata[i]));
        }
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
        loom_machine_complete_link(memory->host->links->pdata[i]);
    memory->given = loom_record_copy(memory->host);
    loom_machine_settle(memory->host, memory->given);
    return memory;
}

void
loom_memory_free(LoomMemory *memory)
{
    if (!memory)
        return;
    loom_host_free(memory->host);
    loom_host_free(memory->given);
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
