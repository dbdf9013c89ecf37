/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The agent: what it holds, and what it does when something has happened. */
#pragma once

#include "agent/calm.h"
#include "kernel/monitor.h"
#include "plan/plan.h"
#include "port/index.h"
#include "port/lock.h"
#include "port/state.h"
#include "virt/events.h"

#include <syslog.h>

/*
 * Theory of operation
 *
 * The agent does what has no synchronous hook. It never remembers what should be: the ports in /run
 * and the committed host say so, and each look reads them anew. Events of the kernel only say where
 * to look, and of libvirt that it is worth looking; a burst of them is one look.
 *
 *     a tap appears     an intent (port/state.h) names it: its port, at once
 *     a look            = what is kept, observe, compare, run: of the touched ports of guests, and,
 *                         while no apply changes this host, of the committed host's links
 *
 * What others changed is repaired where that interrupts nobody, and else told. A look that finds
 * nothing to do changes nothing, so the events of a repair end in one. No timer runs unless
 * something is pending: an intent, a damped object, a change in progress, a libvirt that is not
 * there. Messages are in English: their readers are logs.
 */
typedef struct {
    const char *directory; /* RUNDIR; borrowed */
    const char *uri;       /* of libvirt; NULL: the usual one; borrowed */
    LoomMonitor *monitor;
    LoomVirtEvents *virt; /* NULL: not connected */
    guint retry;          /* the source that tries to connect; 0: none */
    guint retry_seconds;
    gboolean is_lost_told;
    GHashTable *touched; /* names of links, since the last look */
    gboolean all;        /* anything may have changed since */
    LoomPortIndex *ports;
    GHashTable *watched;  /* links of the committed host, with which it agreed; NULL: look */
    GHashTable *suspects; /* who runs that may have been it, found in this look */
    GHashTable *noted;    /* UUID of a guest -> of which state of its ports it has a note */
    guint applies;        /* that have written, since the start */
    GHashTable *unnoted;  /* UUIDs of guests whose notes are to be written */
    guint noter;          /* the source that waits for who writes such notes; 0: nobody does */
    gint64 note_wait;     /* milliseconds, after those that could not be written; 0: all could */
    gint64 note_due;      /* when it is tried again */
    GHashTable *bare; /* name of a port -> since when (gint64) its tap has no qdisc at ingress */
    LoomBurst burst;
    guint timer; /* the source of the next look; 0: none */
    gint64 due;  /* its time */
    gint64 busy; /* milliseconds until it is looked again whether an apply has ended */
    int state;   /* an inotify(7) of what applies write; -1: none */
    guint state_source;
    gboolean is_state_lost;
    LoomDamper *damper;
    GHashTable *told; /* object -> what was last said of it */
    gboolean is_ending;
    gboolean has_failed;  /* that is why: whoever started it is to start it again */
    gint64 orphaned;      /* when an apply was first seen that nobody finishes; 0: there is none */
    gboolean is_given_up; /* it could not be taken back */
} LoomAgent;

/* Opens what it listens to, and looks at everything once. */
gboolean loom_agent_start(LoomAgent *agent, GError **error);
void loom_agent_clear(LoomAgent *agent);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LoomAgent, loom_agent_clear)

/* Reads everything anew, soon. */
void loom_agent_look_at_all(LoomAgent *agent);

/* Looks at everything again, so much later at the latest. */
void loom_agent_come_back(LoomAgent *agent, gint64 milliseconds);

/* Whether OBJECT may be repaired now. If not, comes back, and says so once. */
gboolean loom_agent_may_repair(LoomAgent *agent, const char *object);

/* --- say.c: what is told ---------------------------------------------------------------------- */

/* One line to the log: PRIORITY as of syslog(3). */
void loom_agent_say(int priority, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The same about OBJECT, unless that was what was said of it last. */
void loom_agent_say_once(LoomAgent *agent, const char *object, int priority, const char *format,
                         ...) G_GNUC_PRINTF(4, 5);

/* OBJECT is as it should be: the next word about it is news. */
void loom_agent_forget(LoomAgent *agent, const char *object);

/* "vlan from '20' to none, isolated from 'no' to 'yes'": what others did to what STEP makes good;
 * owned by the caller. */
char *loom_agent_describe_change(const LoomStep *step);

/* --- applies.c -------------------------------------------------------------------------------- */

/* Hears of it when an apply commits or ends (inotify(7) on its directory), and then looks at
 * everything. Nothing where it hears already, or while there is no such directory. */
void loom_agent_listen_to_applies(LoomAgent *agent);
void loom_agent_stop_listening(LoomAgent *agent);

/* The agent has held the lock itself, and let it go just now: that is no news. */
void loom_agent_ignore_own_lock(LoomAgent *agent);

/* Takes an apply back that was killed together with its guard, by $VIRT_LOOM_COMMAND or virt-loom
 * as installed. FALSE: there is one, and it is not back. Waits for it. */
gboolean loom_agent_take_back(void);

/*
 * Whether an apply changes this host, or one was killed: then nothing is touched, and it comes
 * back. What waits for a confirmation goes back at its deadline, by its own process or by the guard
 * beside it; once both were killed, nobody but the agent is left, and goes back. Where a service
 * manager has started it ($NOTIFY_SOCKET) it ends for that, since its next start has the rights.
 */
gboolean loom_agent_is_kept_off(LoomAgent *agent);

/* --- culprit.c: who may have been it -----------------------------------------------------------
 */

/* Who has LINK (NULL: one that is not committed) in hand, or else who is at work here that changes
 * links: "NetworkManager or ifupdown2"; NULL: nobody known. Owned by the caller. */
char *loom_agent_find_culprit(LoomAgent *agent, const LoomLink *link);

/* The same of a guest's tap, of which SEEN is what the kernel has: libvirtd where it is bare. */
char *loom_agent_find_culprit_of_tap(LoomAgent *agent, const LoomHost *seen);

/* --- ports.c: vNICs of guests ----------------------------------------------------------------- */

/* "port of vNIC 52:54:00:8a:12:01 of guest 'db1'": what that of STATE is called, in messages and by
 * us. Owned by the caller. */
char *loom_agent_name_port(const LoomHost *state);

/* Whether LINK is what libvirt made for PORT. */
gboolean loom_agent_is_tap_of(const LoomLink *link, const LoomPort *port);

/* Of the bridge of STATE's network. */
LoomPortLock *loom_agent_lock_bridge(const LoomAgent *agent, const LoomHost *state, GError **error);

void loom_agent_say_findings(LoomAgent *agent, const char *object, const LoomReport *report);

/* Gives the taps that were announced, and are there, their ports: of the links TOUCHED (NULL: of
 * all). */
void loom_agent_plug(LoomAgent *agent, GHashTable *touched);

/* The same for all vNICs of the guest of that XML, which libvirt says are complete. */
void loom_agent_confirm(LoomAgent *agent, const char *name, const char *xml);

/* --- drift.c: what others change of them ------------------------------------------------------ */

/* Looks at the ports whose taps are in TOUCHED (NULL: at all). */
void loom_agent_watch_ports(LoomAgent *agent, GHashTable *touched);

/* Whether the logical switch NAME (may be NULL) of COMMITTED (may be NULL) wants drift told only.
 */
gboolean loom_agent_only_reports(const LoomHost *committed, const char *name);

/* --- policy.c: guests that come from other hosts ---------------------------------------------- */

/*
 * Holds what the ports of guests that have come are made of against what they were made of where
 * they come from, and tells. Has each guest's note of it (port/policy.h) written by
 * $VIRT_LOOM_COMMAND or virt-loom as installed, which waits for what libvirt does with the guest.
 * Looks at the names and times of what is kept, and opens that of guests that are new or changed.
 */
void loom_agent_follow_guests(LoomAgent *agent);

/* --- links.c: the committed host -------------------------------------------------------------- */

/* Looks at the links of the committed host, and what hangs on them: at all of them, or at none
 * where all agreed and none of TOUCHED (NULL: any may be) is one, or is ours. */
void loom_agent_watch_links(LoomAgent *agent, GHashTable *touched);
