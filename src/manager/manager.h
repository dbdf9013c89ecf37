/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who else manages these links, and who asks for their addresses? */
#pragma once

#include "plan/backend.h"

/*
 * Theory of operation
 *
 * A host has managers of its network before virt-loom comes: NetworkManager, systemd-networkd
 * (perhaps told by netplan), ifupdown, a DHCP client that somebody started. A LoomManager says that
 * one of them has a link in its hands, or will take it at the next boot. To delete it is to hand
 * the link over: a rule in the manager's own words, in a file that outlives boots, is written, the
 * manager told to read it, and its DHCP client ended with the address left in place. To create it
 * is the way back: the rule goes, and the manager takes the link again. Only files that begin with
 * our mark are ever replaced or deleted; of /etc/network/interfaces, for which there is no other
 * way, single lines are, and marked.
 *
 * A LoomDhcp is our own client, dhcpcd, at work for one link. It is a process of its own that
 * outlives us, and leaves address and routes in place when it is stopped.
 */

/*
 * A backend for &loom_manager_kind and &loom_dhcp_kind, on this machine. A host without any manager
 * is none the worse: it never fails so far.
 */
LoomBackend *loom_manager_new(GError **error);

/*
 * The same where the host's files are below ROOT ("": this machine), for tests: no bus is asked
 * there.
 */
LoomBackend *loom_manager_new_at(const char *root);

/*
 * Adds to FACTS who manages its links that are not ours. Errors: LOOM_ERROR_FAILED; what cannot be
 * read is no absence.
 */
gboolean loom_manager_gather_facts(LoomHost *facts, GError **error);

/*
 * Of PROGRAMS (base names, NULL after the last) those that run in the caller's network namespace,
 * themselves or as a script of Python's, in that order; borrowed names, the array is owned by the
 * caller. ROOT as above: "" is this machine.
 */
GPtrArray *loom_manager_list_running(const char *root, const char *const *programs);
