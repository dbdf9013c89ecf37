/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Both ends of a migration: connected, compiled, observed; and a guest held against them. */
#include "cli/road.h"

#include "base/error.h"
#include "base/i18n.h"
#include "cli/output.h"
#include "guest/continuity.h"
#include "guest/preshare.h"
#include "host/slice.h"
#include "port/guest.h"

#include <string.h>

#define SYSTEM_OVER_SSH "qemu+ssh://%s/system"
#define KBIT_PER_MBIT   1000u

void
loom_road_free(LoomRoad *road)
{
    g_clear_pointer(&road->from_meant, loom_host_free);
    g_clear_pointer(&road->to_meant, loom_host_free);
    g_clear_pointer(&road->from_seen, loom_host_free);
    g_clear_pointer(&road->to_seen, loom_host_free);
    g_clear_pointer(&road->coming, loom_host_free);
    loom_backend_free(road->from);
    loom_backend_free(road->to);
    g_clear_pointer(&road->fabric, loom_fabric_free);
    g_free(road->from_name);
    g_free(road->to_name);
    g_free(road->server);
    g_free(road->address);
    g_ptr_array_unref(road->checks);
    g_free(road);
}

/* --- fabric ----------------------------------------------------------------------------------- */

static LoomFabric *
load_fabric(const LoomSession *session, GError **error)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomFabric) fabric = loom_session_load_fabric(session, LOOM_FOR_USE, report, error);
    LoomSession brief = *session;

    if (!fabric || !loom_report_count(report, LOOM_SEVERITY_ERROR))
        return g_steal_pointer(&fabric);
    brief.is_quiet = TRUE;
    loom_session_print_report(&brief, report, stderr);
    g_set_error(
        error, LOOM_ERROR, LOOM_ERROR_INVALID,
        _("the fabric has errors, so nothing was done; virt-loom check shows all findings"));
    return NULL;
}

/* By its name, or by the first label of it where only that agrees; NULL: the fabric has none. */
static const char *
find_host(const LoomFabric *fabric, const char *name)
{
    size_t label = strcspn(name, ".");

    if (loom_fabric_find(fabric, &loom_fabric_host_kind, name))
        return name;
    for (guint i = 0; i < fabric->hosts->len; i++) {
        const LoomFabricHost *host = fabric->hosts->pdata[i];

        if (host->name && strcspn(host->name, ".") == label &&
            strncmp(host->name, name, label) == 0 && (!host->name[label] || !name[label]))
            return host->name;
    }
    return NULL;
}

/* Without facts: networks, their VLANs and addresses depend on none but what was inherited. */
static LoomHost *
compile(const LoomRoad *road, const char *name)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    const char *host = find_host(road->fabric, name);
    LoomHost *compiled = host ? loom_compile(road->fabric, host, NULL, NULL, report, &error) : NULL;

    if (compiled && !loom_report_count(report, LOOM_SEVERITY_ERROR))
        return compiled;
    g_clear_pointer(&compiled, loom_host_free);
    loom_checks_add(road->checks, LOOM_VERDICT_ERROR, "fabric",
                    _("name it there as it calls itself (hostname), or give another fabric by "
                      "--fabric"),
                    _("the fabric '%s' has no host '%s'"), road->fabric->name, name);
    return NULL;
}

/* --- libvirt ---------------------------------------------------------------------------------- */

static LoomHost *
observe(LoomBackend *virt, GError **error)
{
    g_autoptr(LoomHost) seen = loom_host_new();

    return virt->observe(virt, NULL, seen, error) ? g_steal_pointer(&seen) : NULL;
}

static gboolean
connect_source(LoomRoad *road, GError **error)
{
    g_autofree char *server = NULL;

    if (!loom_virt_watch_peers(error) ||
        !(road->from = loom_virt_new(road->session->from, error)) ||
        !loom_virt_keep_alive(road->from, error) ||
        !(road->from_name = loom_virt_hostname(road->from, error)) ||
        !(road->from_seen = observe(road->from, error)))
        return FALSE;
    server = loom_virt_server(road->from);
    road->is_here = !server;
    return TRUE;
}

static gboolean
connect_destination(LoomRoad *road, const char *uri, GError **error)
{
    return (road->to = loom_virt_new(uri, error)) && loom_virt_keep_alive(road->to, error) &&
           (road->to_name = loom_virt_hostname(road->to, error)) &&
           (road->to_seen = observe(road->to, error));
}

static void
check_destination(LoomRoad *road, const char *uri)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *version = NULL;

    if (!connect_destination(road, uri, &error) ||
        !(version = loom_virt_version(road->to, &error))) {
        loom_checks_add(road->checks, LOOM_VERDICT_ERROR, "libvirt",
                        _("see that virsh -c with this URI works from here"), "%s", error->message);
        return;
    }
    if (g_str_equal(road->to_name, road->from_name)) {
        loom_checks_add(road->checks, LOOM_VERDICT_ERROR, "libvirt",
                        _("name another destination, or give the hosts names of their own"),
                        _("source and destination are the same host, '%s'"), road->to_name);
        return;
    }
    road->server = loom_virt_server(road->to);
    loom_checks_add(road->checks, LOOM_VERDICT_OK, "libvirt", NULL,
                    _("libvirt %s of '%s' answers at %s"), version, road->to_name, uri);
}

/* libvirt.org: VIR_MIGRATE_PARAM_COMPRESSION_ZLIB_LEVEL, VIR_MIGRATE_PARAM_COMPRESSION_ZSTD_LEVEL;
 * one that does not know the method tells that only as the guest is about to move. */
#define PARALLEL_COMPRESSION 9004000 /* libvirt 9.4.0 */

static void
check_method(const LoomRoad *road, LoomBackend *virt, const char *host, const char *method)
{
    unsigned long number = loom_virt_version_number(virt);
    g_autofree char *version = loom_virt_version(virt, NULL);

    if (version && number < PARALLEL_COMPRESSION)
        loom_checks_add(road->checks, LOOM_VERDICT_ERROR, "compression",
                        _("in the fabric's <migration>, leave compression out, or take xbzrle "
                          "without parallel"),
                        _("libvirt %s of '%s' does not know the compression '%s', which came with "
                          "libvirt 9.4.0"),
                        version, host, method);
}

static void
check_compression(const LoomRoad *road)
{
    const GPtrArray *paths = road->from_meant ? road->from_meant->migrations : NULL;
    const char *method =
        paths && paths->len ? ((const LoomMigrationPath *)paths->pdata[0])->compression : NULL;

    if (!method || g_str_equal(method, "xbzrle") || road->session->is_offline)
        return;
    check_method(road, road->from, road->from_name, method);
    check_method(road, road->to, road->to_name, method);
}

/* What a fabric does not say: how fast the destination's NICs are, which limits what it promises.
 */
static void
fill_speeds(LoomRoad *road)
{
    g_autoptr(LoomHost) nics = loom_host_new();
    g_autoptr(GError) error = NULL;

    if (!loom_virt_observe_nics(road->to, nics, &error))
        return; /* then they are not known, as is said of each promise */
    for (guint i = 0; i < road->to_meant->classes->len; i++) {
        LoomClass *class = road->to_meant->classes->pdata[i];
        const LoomLink *nic = loom_host_find(nics, &loom_link_kind, class->link);

        if (nic && nic->speed)
            LOOM_SET_NUMBER(class, ceiling, nic->speed * KBIT_PER_MBIT);
    }
}

/* Of the links that guests' packets pass there: they may not be what the fabric says, or not yet.
 */
static void
observe_mtus(LoomRoad *road)
{
    for (guint i = 0; i < road->to_meant->links->len; i++) {
        const LoomLink *link = road->to_meant->links->pdata[i];

        if (link->kind == LOOM_LINK_BRIDGE || link->kind == LOOM_LINK_BOND ||
            link->kind == LOOM_LINK_PHYSICAL)
            loom_virt_observe_mtu(road->to, link->name, road->to_seen);
    }
}

LoomRoad *
loom_road_new(const LoomSession *session, const char *destination)
{
    g_autoptr(LoomRoad) road = g_new0(LoomRoad, 1);
    g_autofree char *uri = strstr(destination, "://")
                               ? g_strdup(destination)
                               : g_strdup_printf(SYSTEM_OVER_SSH, destination);
    GError *error = NULL;

    road->session = session;
    road->checks = loom_checks_new();
    road->coming = loom_host_new();
    if (!(road->fabric = load_fabric(session, &error)) || !connect_source(road, &error)) {
        loom_session_fail(error);
        return NULL;
    }
    road->from_meant = compile(road, road->from_name);
    check_destination(road, uri);
    if (loom_checks_get_worst(road->checks) != LOOM_VERDICT_ERROR)
        road->to_meant = compile(road, road->to_name);
    if (road->to_meant) {
        check_compression(road);
        fill_speeds(road);
        observe_mtus(road);
    }
    return g_steal_pointer(&road);
}

/* --- a guest ---------------------------------------------------------------------------------- */

static void
check_state(const LoomRoad *road, const LoomGuest *guest, gboolean active, GPtrArray *checks)
{
    if (active && road->session->is_offline)
        loom_checks_add(checks, LOOM_VERDICT_ERROR, "guest", _("leave --offline out"),
                        _("guest '%s' runs, and --offline moves definitions only"), guest->name);
    else if (!active && !road->session->is_offline)
        loom_checks_add(checks, LOOM_VERDICT_ERROR, "guest",
                        _("give --offline to move its definition"), _("guest '%s' does not run"),
                        guest->name);
}

static void
check_presence(const LoomRoad *road, const LoomGuest *guest, GPtrArray *checks)
{
    g_autoptr(GError) error = NULL;
    LoomGuestPresence presence;

    if (!loom_virt_find_guest(road->to, guest->name, guest->uuid, &presence, &error))
        loom_checks_add(checks, LOOM_VERDICT_ERROR, "guest", NULL, "%s", error->message);
    else if (presence == LOOM_GUEST_RUNS)
        loom_checks_add(checks, LOOM_VERDICT_ERROR, "guest",
                        _("see which of the two is the right one, and end the other"),
                        _("guest '%s' runs at %s already"), guest->name, road->to_name);
    else if (presence == LOOM_GUEST_ANOTHER)
        loom_checks_add(checks, LOOM_VERDICT_ERROR, "guest", _("rename one of them"),
                        _("there is another guest '%s' at %s"), guest->name, road->to_name);
}

static LoomPreflight
make_preflight(const LoomRoad *road)
{
    return (LoomPreflight){.from = road->from_seen,
                           .to = road->to_seen,
                           .from_meant = road->from_meant,
                           .to_meant = road->to_meant,
                           .destination = road->to_name,
                           .coming = road->coming};
}

/* NULL: they cannot be read, and that was said. */
static LoomHost *
observe_ports(const LoomRoad *road, GPtrArray *checks)
{
    g_autoptr(LoomHost) ports = loom_host_new();
    g_autoptr(GError) error = NULL;

    if (loom_virt_observe_ports(road->to, ports, &error))
        return g_steal_pointer(&ports);
    loom_checks_add(checks, LOOM_VERDICT_ERROR, "guest", NULL, "%s", error->message);
    return NULL;
}

char *
loom_road_restate(const LoomRoad *road, const char *guest, char *xml, GError **error)
{
    g_autofree char *text = xml;
    char *changed = NULL;

    if (!text || !road->is_here)
        return g_steal_pointer(&text);
    if (!loom_guest_ports_restate(loom_slice_directory(), text, strlen(text), guest, &changed,
                                  error))
        return NULL;
    return changed ? changed : g_steal_pointer(&text);
}

GPtrArray *
loom_road_check_guest(const LoomRoad *road, const char *name)
{
    GPtrArray *checks = loom_checks_new();
    g_autoptr(GError) error = NULL;
    gboolean active = FALSE;
    g_autofree char *xml = loom_road_restate(
        road, name, loom_virt_read_guest(road->from, name, &active, &error), &error);
    g_autoptr(LoomGuest) guest = xml ? loom_guest_parse(xml, strlen(xml), name, &error) : NULL;
    g_autoptr(LoomHost) there = NULL;
    LoomPreflight preflight = make_preflight(road);

    if (!guest) {
        loom_checks_add(checks, LOOM_VERDICT_ERROR, "guest",
                        _("see virsh list --all at the source"), "%s", error->message);
        return checks;
    }
    check_state(road, guest, active, checks);
    if (!road->to_seen)
        return checks; /* that nobody answers there was said */
    check_presence(road, guest, checks);
    preflight.there = there = observe_ports(road, checks);
    loom_preflight_check_vnics(&preflight, guest, checks);
    loom_road_check_addresses(road, guest, checks);
    if (loom_checks_get_worst(checks) != LOOM_VERDICT_ERROR)
        loom_preflight_add_coming(&preflight, guest, road->coming);
    return checks;
}

void
loom_road_forget_guest(const LoomRoad *road, const char *uuid)
{
    if (uuid)
        loom_preflight_forget_coming(road->coming, uuid);
}

GPtrArray *
loom_road_check_arrival(const LoomRoad *road, const char *name, const char *xml)
{
    GPtrArray *checks = loom_checks_new();
    g_autoptr(GError) error = NULL;
    gboolean active = FALSE;
    g_autoptr(LoomGuest) before = loom_guest_parse(xml, strlen(xml), name, &error);
    g_autofree char *there = before ? loom_virt_read_guest(road->to, name, &active, &error) : NULL;
    g_autoptr(LoomGuest) after =
        there ? loom_guest_parse(there, strlen(there), name, &error) : NULL;
    const LoomPreflight preflight = make_preflight(road);

    if (after)
        loom_preflight_compare_policy(&preflight, before, after, checks);
    else
        loom_checks_add(checks, LOOM_VERDICT_WARNING, "policy", NULL, "%s", error->message);
    return checks;
}
