/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What changes in the kernel, as it changes: which links are concerned. */
#pragma once

#include <glib.h>

/*
 * Listens to rtnetlink(7) in the network namespace of the caller: links, addresses, queueing
 * disciplines with their filters, and the VLANs of bridges' ports; and to the guards of ports, in
 * nftables; as far as the kernel tells of them. What changed is not told, only where: who wants to
 * know looks.
 */
typedef struct LoomMonitor LoomMonitor;

LoomMonitor *loom_monitor_open(GError **error);
void loom_monitor_close(LoomMonitor *monitor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomMonitor, loom_monitor_close)

/* The descriptor that is readable when there is something to hear. Borrowed. */
int loom_monitor_get_fd(const LoomMonitor *monitor);

/* Hears of a change of LINK, or of what hangs on it; NULL: of any, for there were too many to be
 * told. */
typedef void (*LoomMonitorHandler)(const char *link, gpointer data);

/* Hands on all that there is to hear now, and waits for nothing. */
gboolean
loom_monitor_read(LoomMonitor *monitor, LoomMonitorHandler handler, gpointer data, GError **error);
