/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every command begins with: the fabric, the host, the facts. */
#include "cli/session.h"

#include "apply/apply.h"
#include "base/error.h"
#include "base/i18n.h"
#include "cli/output.h"
#include "kernel/facts.h"
#include "kernel/kernel.h"
#include "manager/manager.h"

#include <stdio.h>
#include <string.h>

LoomExit
loom_session_fail(GError *error)
{
    loom_output_progress(NULL);
    loom_output_print(stderr, LOOM_RED, "virt-loom: %s: ", _("error"));
    fprintf(stderr, "%s\n", error->message);
    g_error_free(error);
    return LOOM_EXIT_FAILED;
}

LoomFabric *
loom_session_load_fabric(const LoomSession *session, LoomPurpose purpose, LoomReport *report,
                         GError **error)
{
    g_autofree char *standard = loom_fabric_default_path();
    g_autofree char *builtin = loom_fabric_builtin_path();
    const char *const standards[] = {standard, NULL};
    const char *const *paths = session->paths ? (const char *const *)session->paths : standards;

    return purpose == LOOM_FOR_LEASES ? loom_fabric_load_for_leases(paths, builtin, report, error)
                                      : loom_fabric_load(paths, builtin, report, error);
}

static gboolean
is_this_machine(const char *host)
{
    const char *name = g_get_host_name();
    size_t label = strcspn(name, ".");

    return g_str_equal(host, name) || (strlen(host) == label && strncmp(host, name, label) == 0) ||
           (strcspn(host, ".") == strlen(name) && strncmp(host, name, strlen(name)) == 0);
}

/* --host, or this one by its name, or by the first label of it. */
static const char *
choose_host(const LoomSession *session, const LoomFabric *fabric)
{
    const char *name = g_get_host_name();

    if (session->host)
        return session->host;
    if (loom_fabric_find(fabric, &loom_fabric_host_kind, name))
        return name;
    for (guint i = 0; i < fabric->hosts->len; i++) {
        const LoomFabricHost *host = fabric->hosts->pdata[i];

        if (host->name && is_this_machine(host->name))
            return host->name;
    }
    return name;
}

static gboolean
gather_facts_here(LoomBackend *kernel, const char *host, LoomHost **facts, GError **error)
{
    g_autoptr(LoomBackend) own = kernel ? NULL : loom_kernel_new(error);

    if (!kernel && !own)
        return FALSE;
    *facts = loom_kernel_gather_facts(kernel ? kernel : own, host, error);
    return *facts && loom_manager_gather_facts(*facts, error);
}

/* From --facts, or from this machine where the host is this one. *FACTS may become NULL. */
static gboolean
gather_facts(const LoomSession *session, LoomPlace place, LoomBackend *kernel, const char *host,
             LoomHost **facts, GError **error)
{
    *facts = NULL;
    if (session->facts)
        return (*facts = loom_host_load(session->facts, error)) != NULL;
    /* networks depend on no link of this machine, and nobody wants to hear of one with them */
    if (session->is_networks || (place != LOOM_HERE && !is_this_machine(host)))
        return TRUE;
    return gather_facts_here(kernel, host, facts, error);
}

/* The host as last applied here; *COMMITTED may become NULL. */
static gboolean
load_committed(LoomHost **committed, GError **error)
{
    g_autoptr(GPtrArray) backends = g_ptr_array_new();
    g_autoptr(LoomApply) apply = loom_apply_new(backends, NULL, NULL);
    g_autoptr(GError) cause = NULL;

    *committed = loom_apply_load_committed(apply, &cause);
    if (!cause)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

void
loom_session_print_report(const LoomSession *session, const LoomReport *report, FILE *to)
{
    static const LoomColour colours[] = {LOOM_RED, LOOM_YELLOW, LOOM_DIM};

    for (size_t i = 0; i < loom_report_length(report); i++) {
        const LoomFinding *finding = loom_report_get(report, i);

        if (session->is_quiet && finding->severity != LOOM_SEVERITY_ERROR)
            continue;
        if (finding->file && finding->line)
            fprintf(to, "%s:%u: ", finding->file, finding->line);
        else if (finding->file)
            fprintf(to, "%s: ", finding->file);
        loom_output_print(to, colours[finding->severity],
                          "%s: ", _(loom_severity_format(finding->severity)));
        fprintf(to, "%s\n", finding->message);
    }
}

LoomHost *
loom_session_compile(const LoomSession *session, LoomPlace place, LoomBackend *kernel,
                     LoomFabric **fabric)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomFabric) loaded = loom_session_load_fabric(session, LOOM_FOR_USE, report, &error);
    g_autoptr(LoomHost) facts = NULL;
    g_autoptr(LoomHost) committed = NULL;
    LoomHost *host = NULL;

    if (loaded && !loom_report_count(report, LOOM_SEVERITY_ERROR)) {
        const char *name = choose_host(session, loaded);
        g_autoptr(LoomReport) own = loom_report_new();

        if (gather_facts(session, place, kernel, name, &facts, &error) &&
            (!facts || load_committed(&committed, &error)))
            host = loom_compile(loaded, name, facts, committed, own, &error);
        loom_session_print_report(session, own, stderr);
        if (loom_report_count(own, LOOM_SEVERITY_ERROR))
            g_clear_pointer(&host, loom_host_free);
    } else if (loaded) {
        LoomSession brief = *session;

        brief.is_quiet = TRUE;
        loom_session_print_report(&brief, report, stderr);
        g_set_error(
            &error, LOOM_ERROR, LOOM_ERROR_INVALID,
            _("the fabric has errors, so nothing was done; virt-loom check shows all findings"));
    }
    if (error)
        loom_session_fail(g_steal_pointer(&error));
    if (host)
        *fabric = g_steal_pointer(&loaded);
    return host;
}
