/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The logical switch that a guest's network depends on: observed, compared, repaired. */
#include "port/switch.h"

#include "base/error.h"
#include "base/i18n.h"
#include "kernel/kernel.h"
#include "port/lock.h"
#include "port/port.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

static const LoomKind *const kinds[] = {&loom_link_kind, &loom_port_kind, NULL};

/* What apply/state.h calls its lock: as long as it is held, the slices need not be what is wanted.
 */
static gboolean
is_applying(void)
{
    const char *given = g_getenv("VIRT_LOOM_STATEDIR");
    g_autofree char *path = g_build_filename(given ? given : LOOM_STATEDIR, "lock", NULL);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    gboolean is_free = fd < 0 ? errno == ENOENT : flock(fd, LOCK_SH | LOCK_NB) == 0;

    if (fd >= 0)
        close(fd);
    return !is_free;
}

/* --- what should be -------------------------------------------------------------------------- */

/* Of a link, what a look at it alone can tell and mend. */
static void
add_link(LoomHost *target, const LoomLink *from)
{
    LoomLink *link = loom_record_new(&loom_link_kind);

    LOOM_SET(link, name, from->name);
    LOOM_SET_NUMBER(link, kind, from->kind);
    LOOM_SET_NUMBER(link, ours, TRUE);
    LOOM_SET_NUMBER(link, up, TRUE);
    LOOM_SET(link, master, from->master);
    LOOM_SET(link, logicalswitch, from->logicalswitch);
    if (from->kind == LOOM_LINK_BRIDGE) {
        LOOM_SET_NUMBER(link, vlanfiltering, TRUE);
        LOOM_SET_NUMBER(link, defaultpvid, from->defaultpvid);
    }
    loom_record_add(target, link);
}

/* The bridge of the network and the host vNICs; empty: there is nothing to look at. */
static LoomHost *
target_of(const LoomHost *slice)
{
    const LoomNetwork *network = slice->networks->len ? slice->networks->pdata[0] : NULL;
    LoomHost *target = loom_host_new();

    if (!loom_port_is_ours(slice))
        return target;
    for (guint i = 0; i < slice->links->len; i++) {
        const LoomLink *link = slice->links->pdata[i];

        if (g_str_equal(link->name, network->bridge) || link->kind == LOOM_LINK_VETH)
            add_link(target, link);
    }
    for (guint i = 0; i < slice->ports->len; i++) {
        const LoomPort *port = slice->ports->pdata[i];

        if (port->link && loom_host_find(target, &loom_link_kind, port->link))
            loom_record_add(target, loom_port_in_kernel(port));
    }
    return target;
}

/* --- what is --------------------------------------------------------------------------------- */

static LoomHost *
observe(LoomBackend *backend, const LoomHost *target, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(LoomHost) host = loom_host_new();

    for (guint i = 0; i < target->links->len; i++)
        g_ptr_array_add(names, ((LoomLink *)target->links->pdata[i])->name);
    return loom_kernel_observe_named(backend, names, host, error) ? g_steal_pointer(&host) : NULL;
}

/* "logical switch 'S'", or "host vNIC 'mgmt' of logical switch 'S'", of which NAME is a link. */
static char *
describe(const LoomHost *slice, const char *name)
{
    const LoomNetwork *network = slice->networks->pdata[0];
    const LoomLink *link = loom_host_find(slice, &loom_link_kind, name);
    const char *vnic = link && link->master && link->peer ? link->peer : name;
    const char *on = network->logicalswitch ? network->logicalswitch : network->bridge;

    if (g_str_equal(name, network->bridge))
        return g_strdup_printf(_("bridge '%s' of logical switch '%s'"), name, on);
    return g_strdup_printf(_("host vNIC '%s' of logical switch '%s'"), vnic, on);
}

static const char *
link_of(const LoomStep *step)
{
    const LoomRecord *record = step->to ? step->to : step->from;

    return step->kind == &loom_port_kind ? ((const LoomPort *)record)->link : step->key;
}

/* Whether STEP only changes what is there. */
static gboolean
check_step(const LoomHost *slice, const LoomStep *step, GError **error)
{
    g_autofree char *what = NULL;

    if (step->kind == &loom_port_kind || step->verb == LOOM_STEP_CHANGE)
        return TRUE;
    what = describe(slice, link_of(step));
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                _("%s is not there (link '%s'); run: virt-loom apply"), what, link_of(step));
    return FALSE;
}

static gboolean
check_report(const LoomHost *slice, const LoomReport *findings, GError **error)
{
    for (guint i = 0; i < loom_report_length(findings); i++) {
        const LoomFinding *finding = loom_report_get(findings, i);

        if (finding->severity != LOOM_SEVERITY_ERROR)
            continue;
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("the logical switch of network '%s' is not as it should be: %s"),
                    ((LoomNetwork *)slice->networks->pdata[0])->name, finding->message);
        return FALSE;
    }
    return TRUE;
}

static LoomPlan *
compare(const LoomHost *slice, const LoomHost *from, const LoomHost *to, GError **error)
{
    g_autoptr(LoomReport) findings = loom_report_new();
    g_autoptr(LoomPlan) plan = loom_plan_compare(from, to, kinds, findings);

    if (!check_report(slice, findings, error))
        return NULL;
    for (guint i = 0; i < plan->steps->len; i++)
        if (!check_step(slice, plan->steps->pdata[i], error))
            return NULL;
    return g_steal_pointer(&plan);
}

/* --- repair ---------------------------------------------------------------------------------- */

static gboolean
run_step(LoomBackend *backend, const LoomHost *slice, const LoomStep *step, LoomReport *report,
         GError **error)
{
    g_autofree char *what = describe(slice, link_of(step));
    g_autoptr(GError) cause = NULL;

    if (!backend->run_step(backend, step, &cause)) {
        g_set_error(error, LOOM_ERROR, cause->code, _("%s cannot be repaired: %s"), what,
                    cause->message);
        return FALSE;
    }
    loom_report_add(report, LOOM_SEVERITY_WARNING, NULL,
                    _("%s was not as it should be, and was repaired (link '%s')"), what,
                    link_of(step));
    return TRUE;
}

static gboolean
refuse_left(const LoomHost *slice, const LoomPlan *left, GError **error)
{
    const LoomStep *step;
    g_autofree char *what = NULL;

    if (!left->steps->len)
        return TRUE;
    step = left->steps->pdata[0];
    what = describe(slice, link_of(step));
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                _("%s did not keep what was set on it (link '%s')"), what, link_of(step));
    return FALSE;
}

static gboolean
repair(LoomBackend *backend, const LoomHost *slice, const LoomHost *target, LoomReport *report,
       GError **error)
{
    g_autoptr(LoomHost) before = observe(backend, target, error);
    g_autoptr(LoomPlan) plan = before ? compare(slice, before, target, error) : NULL;
    g_autoptr(LoomHost) after = NULL;
    g_autoptr(LoomPlan) left = NULL;

    if (!plan)
        return FALSE;
    for (guint i = 0; i < plan->steps->len; i++)
        if (!run_step(backend, slice, plan->steps->pdata[i], report, error))
            return FALSE;
    if (!plan->steps->len)
        return TRUE;
    after = observe(backend, target, error);
    left = after ? compare(slice, after, target, error) : NULL;
    return left && refuse_left(slice, left, error);
}

gboolean
loom_port_switch_repair(const char *directory, const LoomHost *slice, LoomReport *report,
                        GError **error)
{
    g_autoptr(LoomHost) target = target_of(slice);
    g_autoptr(GPtrArray) bridges = g_ptr_array_new();
    g_autoptr(LoomPortLock) lock = NULL;
    g_autoptr(LoomBackend) backend = NULL;

    if (!target->links->len || is_applying())
        return TRUE;
    g_ptr_array_add(bridges, ((LoomNetwork *)slice->networks->pdata[0])->bridge);
    lock = loom_port_lock_take(directory, bridges, error);
    backend = lock ? loom_kernel_new(error) : NULL;
    return backend && repair(backend, slice, target, report, error);
}
