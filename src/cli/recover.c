/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom apply-recover: goes back from an apply that was killed, where nobody else does. */
#include "base/i18n.h"
#include "cli/work.h"

LoomExit
loom_command_recover(LoomSession *session, char **arguments G_GNUC_UNUSED)
{
    g_auto(LoomWork) work = {0};
    GError *error = NULL;
    size_t steps;

    loom_work_open_blindly(session, &work);
    return loom_apply_recover(work.apply, &steps, &error) ? LOOM_EXIT_DONE
                                                          : loom_session_fail(error);
}
