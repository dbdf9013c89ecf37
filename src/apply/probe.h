/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a target of a probe answers: what is asked before a change is committed. */
#pragma once

#include "host/host.h"

/*
 * Asks once, for at most so many milliseconds; packets that may be lost are sent again meanwhile.
 * TRUE: the target has answered. What proves it: a TCP connection where PROBE has a port; of a
 * target on the link that it answers ARP (RFC 826) or neighbour discovery (RFC 4861); of one behind
 * a router an ICMP echo. All of it from PROBE's link, by its address.
 *
 * The target 'gateway' is that of the default route through PROBE's link, of HOST's routes, else
 * (of DHCP, router advertisements) of the kernel's at that moment, IPv4 before IPv6. 'peer' is any
 * one of PROBE's peers.
 *
 * LOOM_ERROR_FAILED names target, link, what was asked, and what to look at. It is worth asking
 * again until loom_probe_get_settle() is over. DATA is not used: this is a LoomProber.
 */
gboolean loom_probe_run(const LoomHostProbe *probe, const LoomHost *host, guint milliseconds,
                        gpointer data, GError **error);

/*
 * Seconds after a change in which the target is to answer: what PROBE says; else 10, and 30 more
 * for each of these on the way of its link through HOST (of none: of any link): a bridge with STP,
 * which listens and learns for 30 seconds (IEEE 802.1D), a bond with LACP, whose partner may send
 * only every 30 (IEEE 802.1AX).
 */
guint loom_probe_get_settle(const LoomHostProbe *probe, const LoomHost *host);
