/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom plan: what apply would change, at which cost, and who would notice. */
#include "cli/comparison.h"

LoomExit
loom_command_plan(LoomSession *session, char **arguments G_GNUC_UNUSED)
{
    g_auto(LoomWork) work = {0};

    if (!loom_work_begin(session, &work))
        return LOOM_EXIT_FAILED;
    return loom_print_plan(session, &work);
}
