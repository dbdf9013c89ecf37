/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom guest-policy: notes in running guests what their ports are made of; the agent's. */
#include "port/policy.h"
#include "base/error.h"
#include "cli/work.h"
#include "host/slice.h"
#include "virt/devices.h"

/* One that has ended meanwhile has no ports. */
static gboolean
note(LoomBackend *virt, const char *domain, const LoomHost *committed, GError **error)
{
    g_autoptr(LoomHost) policy =
        loom_port_policy_collect(loom_slice_directory(), domain, committed);
    g_autofree char *text = policy ? loom_host_format(policy) : NULL;
    GError *cause = NULL;

    if (!policy || loom_virt_set_metadata(virt, domain, LOOM_POLICY_NAMESPACE, LOOM_POLICY_PREFIX,
                                          text, &cause))
        return TRUE;
    if (g_error_matches(cause, LOOM_ERROR, LOOM_ERROR_NOT_FOUND)) {
        g_error_free(cause);
        return TRUE;
    }
    g_propagate_error(error, cause);
    return FALSE;
}

LoomExit
loom_command_policy(LoomSession *session, char **arguments)
{
    g_auto(GStrv) domains = g_strsplit(arguments[0], ",", -1);
    g_autoptr(LoomHost) committed = loom_work_load_committed(NULL);
    GError *error = NULL;
    g_autoptr(LoomBackend) virt = loom_virt_new(session->uri, &error);
    LoomExit exit = LOOM_EXIT_DONE;

    if (!virt)
        return loom_session_fail(error);
    for (GStrv domain = domains; *domain; domain++)
        if (!note(virt, *domain, committed, &error)) {
            exit = loom_session_fail(error);
            error = NULL;
        }
    return exit;
}
