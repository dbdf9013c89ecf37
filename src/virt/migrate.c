/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One guest's move: libvirt's migration in a thread, and what is asked about it. */
#include "virt/migrate.h"

#include "base/error.h"
#include "base/i18n.h"
#include "virt/session.h"

#include <string.h>

struct LoomMove {
    virDomainPtr domain; /* at the source */
    virConnectPtr to;
    virTypedParameterPtr parameters;
    int count, room;
    unsigned flags;
    gboolean postcopy, is_switched, is_given_up;
    GThread *thread;
    GMutex lock;
    gboolean is_over;
    virDomainPtr moved; /* at the destination; NULL: it is not there */
    GError *error;
};

/* --- the way, in libvirt's parameters --------------------------------------------------------- */

static gboolean
add_text(LoomMove *move, const char *name, const char *value)
{
    return !value ||
           virTypedParamsAddString(&move->parameters, &move->count, &move->room, name, value) == 0;
}

static gboolean
add_number(LoomMove *move, const char *name, guint64 value)
{
    return virTypedParamsAddULLong(&move->parameters, &move->count, &move->room, name, value) == 0;
}

static gboolean
add_count(LoomMove *move, const char *name, int value)
{
    return virTypedParamsAddInt(&move->parameters, &move->count, &move->room, name, value) == 0;
}

/* libvirt counts in MiB/s, and at least one of them. */
static guint64
bandwidth(const LoomMoveWay *way)
{
    return MAX(way->max * 1000000 / 8 / (1024 * 1024), 1);
}

/* No port: the destination takes a free one of its range. */
static gboolean
add_addresses(LoomMove *move, const LoomMoveWay *way)
{
    const gboolean is_ipv6 = strchr(way->address, ':') != NULL;
    g_autofree char *uri =
        g_strconcat(is_ipv6 ? "tcp://[" : "tcp://", way->address, is_ipv6 ? "]" : "", NULL);

    return add_text(move, VIR_MIGRATE_PARAM_URI, uri) &&
           add_text(move, VIR_MIGRATE_PARAM_LISTEN_ADDRESS, way->listens ? way->address : NULL);
}

static gboolean
add_limits(LoomMove *move, const LoomMoveWay *way)
{
    if (way->max && !add_number(move, VIR_MIGRATE_PARAM_BANDWIDTH, bandwidth(way)))
        return FALSE;
    if (way->max && way->postcopy &&
        !add_number(move, VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY, bandwidth(way)))
        return FALSE;
    return way->parallel < 2 ||
           add_count(move, VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS, (int)way->parallel);
}

static gboolean
add_running(LoomMove *move, const LoomMoveWay *way)
{
    return add_addresses(move, way) && add_limits(move, way) &&
           add_text(move, VIR_MIGRATE_PARAM_TLS_DESTINATION, way->tls_destination) &&
           add_text(move, VIR_MIGRATE_PARAM_COMPRESSION, way->compression);
}

static gboolean
add_parameters(LoomMove *move, const LoomMoveWay *way)
{
    const gboolean defines = (move->flags & VIR_MIGRATE_PERSIST_DEST) != 0;

    return add_text(move, VIR_MIGRATE_PARAM_DEST_XML,
                    way->is_offline ? way->definition : way->xml) &&
           add_text(move, VIR_MIGRATE_PARAM_PERSIST_XML, defines ? way->definition : NULL) &&
           (way->is_offline || add_running(move, way));
}

static unsigned
flags_of(const LoomMoveWay *way)
{
    const struct {
        gboolean wanted;
        unsigned flag;
    } flags[] = {
        {!way->is_offline, VIR_MIGRATE_LIVE | VIR_MIGRATE_ABORT_ON_ERROR},
        {way->is_offline, VIR_MIGRATE_OFFLINE},
        {way->persistent || way->is_offline, VIR_MIGRATE_PERSIST_DEST},
        {way->undefine_source, VIR_MIGRATE_UNDEFINE_SOURCE},
        {way->copy_storage && !way->is_offline, VIR_MIGRATE_NON_SHARED_DISK},
        {way->tls_destination && !way->is_offline, VIR_MIGRATE_TLS},
        {way->parallel > 1 && !way->is_offline, VIR_MIGRATE_PARALLEL},
        {way->postcopy && !way->is_offline, VIR_MIGRATE_POSTCOPY},
        {way->compression && !way->is_offline, VIR_MIGRATE_COMPRESSED},
    };
    unsigned all = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++)
        all |= flags[i].wanted ? flags[i].flag : 0;
    return all;
}

/* --- the move --------------------------------------------------------------------------------- */

static gpointer
run(gpointer data)
{
    LoomMove *move = data;
    const char *name = virDomainGetName(move->domain);
    virDomainPtr moved =
        virDomainMigrate3(move->domain, move->to, move->parameters, move->count, move->flags);
    GError *error = NULL;

    /* libvirt keeps its errors by thread */
    if (!moved)
        loom_virt_set_error(&error, _("Guest '%s' did not move"), name);
    g_mutex_lock(&move->lock);
    move->moved = moved;
    move->error = error;
    move->is_over = TRUE;
    g_mutex_unlock(&move->lock);
    return NULL;
}

LoomMove *
loom_move_start(LoomBackend *from, LoomBackend *to, const char *name, const LoomMoveWay *way,
                GError **error)
{
    g_autoptr(LoomMove) move = g_new0(LoomMove, 1);

    g_mutex_init(&move->lock);
    move->domain = loom_virt_find_domain((LoomVirt *)from, name, error);
    if (!move->domain)
        return NULL;
    move->to = ((LoomVirt *)to)->connection;
    move->flags = flags_of(way);
    move->postcopy = way->postcopy && !way->is_offline;
    if (!add_parameters(move, way)) {
        loom_virt_set_error(error, _("Cannot tell libvirt how guest '%s' moves"), name);
        return NULL;
    }
    move->thread = g_thread_new("move", run, move);
    return g_steal_pointer(&move);
}

static guint64
read_number(virTypedParameterPtr parameters, int count, const char *name)
{
    unsigned long long value;

    return virTypedParamsGetULLong(parameters, count, name, &value) == 1 ? value : 0;
}

static gboolean
read_stats(virDomainPtr domain, unsigned flags, LoomMoveStats *stats)
{
    virTypedParameterPtr found = NULL;
    int type, count = 0, iteration = 0;

    *stats = (LoomMoveStats){0};
    if (virDomainGetJobStats(domain, &type, &found, &count, flags) < 0)
        return FALSE;
    virTypedParamsGetInt(found, count, VIR_DOMAIN_JOB_MEMORY_ITERATION, &iteration);
    *stats = (LoomMoveStats){
        .elapsed = read_number(found, count, VIR_DOMAIN_JOB_TIME_ELAPSED),
        .total = read_number(found, count, VIR_DOMAIN_JOB_DATA_TOTAL),
        .processed = read_number(found, count, VIR_DOMAIN_JOB_DATA_PROCESSED),
        .remaining = read_number(found, count, VIR_DOMAIN_JOB_DATA_REMAINING),
        .rate = read_number(found, count, VIR_DOMAIN_JOB_MEMORY_BPS),
        .downtime = read_number(found, count, VIR_DOMAIN_JOB_DOWNTIME),
    };
    stats->iteration =
        MAX(read_number(found, count, VIR_DOMAIN_JOB_MEMORY_ITERATION), (guint64)iteration);
    virTypedParamsFree(found, count);
    return TRUE;
}

void
loom_move_look(LoomMove *move, LoomMoveStats *stats)
{
    if (!read_stats(move->domain, 0, stats))
        return;
    if (move->postcopy && !move->is_switched && stats->iteration > 1)
        move->is_switched = virDomainMigrateStartPostCopy(move->domain, 0) == 0;
}

gboolean
loom_move_is_over(LoomMove *move)
{
    gboolean is_over;

    g_mutex_lock(&move->lock);
    is_over = move->is_over;
    g_mutex_unlock(&move->lock);
    return is_over;
}

/* Too early or too late are no errors: who aborts asks again until the move is over. */
void
loom_move_abort(LoomMove *move)
{
    move->is_given_up = TRUE;
    virDomainAbortJob(move->domain);
}

gboolean
loom_move_finish(LoomMove *move, LoomMoveStats *stats, GError **error)
{
    g_clear_pointer(&move->thread, g_thread_join);
    *stats = (LoomMoveStats){0};
    if (move->moved) {
        read_stats(move->moved, VIR_DOMAIN_JOB_STATS_COMPLETED, stats);
        return TRUE;
    }
    if (move->is_given_up) /* libvirt has no words for that */
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                    _("Guest '%s' did not move: it was given up, and is where it was"),
                    virDomainGetName(move->domain));
    else
        g_propagate_error(error, g_steal_pointer(&move->error));
    return FALSE;
}

void
loom_move_free(LoomMove *move)
{
    g_clear_pointer(&move->thread, g_thread_join);
    virTypedParamsFree(move->parameters, move->count);
    if (move->moved)
        virDomainFree(move->moved);
    if (move->domain)
        virDomainFree(move->domain);
    g_clear_error(&move->error);
    g_mutex_clear(&move->lock);
    g_free(move);
}
