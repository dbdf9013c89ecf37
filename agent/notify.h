/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a service tells whoever started it. */
#pragma once

/* Sends STATE, such as "READY=1", to $NOTIFY_SOCKET: sd_notify(3). Nothing where there is none. */
void loom_notify(const char *state);
