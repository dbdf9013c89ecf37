/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the migration networks a guest takes: asked of the networks themselves. */
#include "apply/pathmtu.h"
#include "apply/probe.h"
#include "base/i18n.h"
#include "base/inet.h"
#include "cli/road.h"

#include <inttypes.h>
#include <unistd.h>

enum { REACH_MS = 3000, MTU_MS = 2000 };

/* One candidate. Its lines are those of a network that may be passed over. */
typedef struct {
    LoomRoad *road;
    const LoomMigrationPair *pair;
    char *address; /* the destination's; NULL: unknown */
    gboolean listens;
    GPtrArray *checks;
} Candidate;

static void
candidate_clear(Candidate *candidate)
{
    g_free(candidate->address);
    g_ptr_array_unref(candidate->checks);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Candidate, candidate_clear)

static gboolean
is_address(const char *text)
{
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(text);

    return address != NULL;
}

/*
 * Of a fallback whose address only the host itself knows (it has it from its NIC, or by DHCP): what
 * its libvirt was reached by, since that is the management network.
 */
static void
find_address(Candidate *candidate)
{
    const LoomMigrationPath *to = candidate->pair->to;
    const LoomRoad *road = candidate->road;

    if (to->address)
        candidate->address = g_strdup(to->address);
    else if (candidate->pair->from->fallback && road->server)
        candidate->address = g_strdup(road->server);
    candidate->listens = to->address != NULL;
    if (candidate->address)
        loom_checks_add(candidate->checks, LOOM_VERDICT_OK, "address", NULL,
                        _("on VM network '%s' the guest goes from %s (%s) to %s"), to->network,
                        candidate->pair->from->address ? candidate->pair->from->address
                                                       : candidate->pair->from->link,
                        candidate->pair->from->link, candidate->address);
    else
        loom_checks_add(candidate->checks, LOOM_VERDICT_ERROR, "address",
                        _("give the host vNIC there a fixed address or a lease in the fabric"),
                        _("the address of '%s' on VM network '%s' is not known here"),
                        road->to_name, to->network);
}

/* Why it cannot be asked from here; NULL: it can. */
static const char *
find_obstacle(const Candidate *candidate)
{
    if (!candidate->road->is_here)
        return _("the source is another machine");
    if (geteuid() != 0)
        return _("that needs root");
    if (!is_address(candidate->address))
        return _("it is a name");
    return NULL;
}

static gboolean
reach(const Candidate *candidate)
{
    const LoomMigrationPath *from = candidate->pair->from;
    LoomHostProbe *probe = loom_record_new(&loom_host_probe_kind);
    g_autoptr(GError) error = NULL;
    gboolean answers;

    LOOM_SET(probe, target, candidate->address);
    LOOM_SET(probe, link, from->link);
    answers = loom_probe_run(probe, candidate->road->from_meant, REACH_MS, NULL, &error);
    loom_record_free(probe);
    if (answers)
        loom_checks_add(candidate->checks, LOOM_VERDICT_OK, "reach", NULL, _("%s answers on '%s'"),
                        candidate->address, from->link);
    else
        loom_checks_add(candidate->checks, LOOM_VERDICT_ERROR, "reach",
                        _("run virt-loom status on both hosts"),
                        _("VM network '%s' does not lead to the destination: %s"), from->network,
                        error->message);
    return answers;
}

static void
check_path_mtu(const Candidate *candidate)
{
    const LoomMigrationPath *from = candidate->pair->from;
    const LoomLink *link = loom_host_find(candidate->road->from_meant, &loom_link_kind, from->link);
    g_autoptr(GError) error = NULL;
    LoomPathMtu answer;

    if (!link || !link->mtu)
        return;
    if (!loom_path_mtu_probe(candidate->address, from->link, link->mtu, MTU_MS, &answer, &error))
        loom_checks_add(candidate->checks, LOOM_VERDICT_WARNING, "path-mtu", NULL, "%s",
                        error->message);
    else if (answer == LOOM_PATH_MTU_SMALLER)
        loom_checks_add(candidate->checks, LOOM_VERDICT_ERROR, "path-mtu",
                        _("give all switches and NICs on the way this MTU, or the host vNICs a "
                          "smaller one in the fabric"),
                        _("packets of %" PRIu64
                          " octets, the MTU of '%s', do not reach %s: a migration would stall"),
                        link->mtu, from->link, candidate->address);
    else if (answer == LOOM_PATH_MTU_UNKNOWN)
        loom_checks_add(candidate->checks, LOOM_VERDICT_WARNING, "path-mtu",
                        _("let the destination answer echo requests on this network"),
                        _("whether packets of %" PRIu64
                          " octets reach %s is not known: it answers no echo requests"),
                        link->mtu, candidate->address);
    else
        loom_checks_add(candidate->checks, LOOM_VERDICT_OK, "path-mtu", NULL,
                        _("packets of %" PRIu64 " octets reach %s"), link->mtu, candidate->address);
}

static gboolean
check_candidate(Candidate *candidate)
{
    const char *obstacle;

    find_address(candidate);
    if (!candidate->address)
        return FALSE;
    obstacle = find_obstacle(candidate);
    if (obstacle)
        loom_checks_add(candidate->checks, LOOM_VERDICT_WARNING, "reach",
                        _("run virt-loom as root at the source"),
                        _("whether %s answers was not asked: %s"), candidate->address, obstacle);
    else if (reach(candidate))
        check_path_mtu(candidate);
    return loom_checks_get_worst(candidate->checks) != LOOM_VERDICT_ERROR;
}

/* What a network said that was passed over is a warning: there is another way. */
static void
keep_lines(LoomRoad *road, const Candidate *candidate, LoomVerdict most)
{
    for (guint i = 0; i < candidate->checks->len; i++) {
        const LoomCheck *check = candidate->checks->pdata[i];

        loom_checks_add(road->checks, MIN(check->verdict, most), check->subject, check->advice,
                        "%s", check->text);
    }
}

static void
take(LoomRoad *road, Candidate *candidate)
{
    const LoomMigrationPath *from = candidate->pair->from;

    road->path = from;
    road->address = g_steal_pointer(&candidate->address);
    road->listens = candidate->listens;
    if (from->fallback)
        loom_checks_add(road->checks, LOOM_VERDICT_WARNING, "fallback",
                        _("see the lines above for what the migration networks lack"),
                        _("the guest goes over VM network '%s', the fallback"), from->network);
}

static void
refuse(LoomRoad *road, const GArray *pairs)
{
    gboolean may_fall_back = FALSE;

    for (guint i = 0; i < road->from_meant->migrations->len; i++)
        may_fall_back |= ((LoomMigrationPath *)road->from_meant->migrations->pdata[i])->fallback;
    loom_checks_add(
        road->checks, LOOM_VERDICT_ERROR, "network",
        may_fall_back ? _("see the lines above")
                      : _("mend that, or allow a fallback in the fabric: <migration fallback=''/>"),
        pairs->len ? _("no migration network leads from '%s' to '%s'")
                   : _("'%s' and '%s' have no migration network in common"),
        road->from_name, road->to_name);
}

void
loom_road_choose(LoomRoad *road)
{
    g_autoptr(GArray) pairs = loom_migration_list_pairs(road->from_meant, road->to_meant);

    if (road->session->is_offline)
        return; /* a definition goes over libvirt's own connection */
    for (guint i = 0; i < pairs->len && !road->path; i++) {
        g_auto(Candidate) candidate = {.road = road,
                                       .pair = &g_array_index(pairs, LoomMigrationPair, i),
                                       .checks = loom_checks_new()};
        gboolean leads = check_candidate(&candidate);

        keep_lines(road, &candidate, leads ? LOOM_VERDICT_ERROR : LOOM_VERDICT_WARNING);
        if (leads)
            take(road, &candidate);
    }
    if (!road->path)
        refuse(road, pairs);
}
