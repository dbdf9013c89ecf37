/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes of a machine when its links are made, changed and deleted. Of the machine alone. */
#pragma once

#include "machine.h"

gboolean loom_machine_run_link(LoomHost *host, const LoomStep *step, GError **error);
