/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One manager is one table; each slot says its contract. */
#pragma once

#include "manager/system.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomManager, loom_record_free)

/* A link, as it is looked at. */
typedef struct {
    LoomManagers *managers;
    const char *name;
    int kind; /* LoomLinkKind */
} LoomSubject;

/* Its MAC and index as /sys has them; NULL and 0 where it does not exist (yet). */
char *loom_subject_read_mac(const LoomSubject *link);
unsigned loom_subject_read_index(const LoomSubject *link);

typedef struct {
    const char *name; /* of its LoomManager */

    /*
     * Sets *HERE to whether it runs, or would at the next boot: where not, it has no link in its
     * hands, and is asked for none. Once a look.
     */
    gboolean (*find)(LoomManagers *managers, gboolean *here, GError **error);

    /*
     * Sets *FOUND to its record where it has the link in its hands, or would take it at the next
     * boot; else to NULL. Reads only.
     */
    gboolean (*observe)(LoomManagers *managers, const LoomSubject *link, LoomManager **found,
                        GError **error);

    /*
     * Makes it leave the link alone for good, addresses and routes left in place. LEAVING (of
     * names) are all links that it is to lose in this run, this one among them: what interrupts it
     * is done once.
     */
    gboolean (*hand_over)(LoomManagers *managers, const LoomManager *record,
                          const GPtrArray *leaving, GError **error);

    /* Makes it take the link again. */
    gboolean (*give_back)(LoomManagers *managers, const LoomManager *record, GError **error);
} LoomManagerKind;

extern const LoomManagerKind loom_network_manager, loom_networkd, loom_ifupdown;

/* DHCP clients that somebody else started: each a manager where no other one answers for it. */
extern const LoomManagerKind loom_dhclient, loom_udhcpc, loom_dhcpcd;

/* A record for LINK; SOURCE may be NULL. */
LoomManager *
loom_manager_record_new(const LoomManagerKind *kind, const LoomSubject *link, const char *source);

/* Says why it cannot be handed over; the first reason stays. */
void loom_manager_refuse(LoomManager *record, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Sets the identity from any text of hexadecimal octets; FALSE: it is none. */
gboolean loom_manager_set_identity(LoomManager *record, const char *text);

/* --- DHCP clients (clients.c) ---------------------------------------------------------------- */

/* Where a DHCP client of somebody else runs for the link: sets dhcp, identity, refusal. */
gboolean loom_clients_describe(LoomManagers *managers, const LoomSubject *link, LoomManager *record,
                               GError **error);

/* Ends those of the link, so that address and routes stay. */
gboolean loom_clients_end(LoomManagers *managers, const char *link, GError **error);

/* --- our own (dhcp.c) ------------------------------------------------------------------------ */

/* Adds the links for which ours runs to INTO. */
gboolean loom_dhcp_observe(LoomManagers *managers, LoomHost *into, GError **error);
gboolean loom_dhcp_start(LoomManagers *managers, const LoomDhcp *dhcp, GError **error);
gboolean loom_dhcp_stop(LoomManagers *managers, const char *link, GError **error);

/* Its process for the link, or 0. */
pid_t loom_dhcp_process(LoomManagers *managers, const char *link);

/* --- netplan (netplan.c) --------------------------------------------------------------------- */

/* The description of netplan that PATH was generated from, for people; NULL: it was not. */
char *loom_netplan_source_of(const LoomManagers *managers, const char *path);
