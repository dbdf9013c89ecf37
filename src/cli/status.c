/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom status: whether the host is as it should be. */
#include "cli/comparison.h"

LoomExit
loom_command_status(LoomSession *session, char **arguments G_GNUC_UNUSED)
{
    g_auto(LoomWork) work = {0};

    if (!loom_work_begin(session, &work))
        return LOOM_EXIT_FAILED;
    return loom_print_comparison(session, &work, LOOM_EXIT_DIFFERS);
}
