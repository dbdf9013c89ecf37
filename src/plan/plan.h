/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs between two hosts, in which order it is changed, and what that costs. */
#pragma once

#include "host/host.h"

typedef enum { LOOM_STEP_CREATE, LOOM_STEP_CHANGE, LOOM_STEP_DELETE } LoomVerb;

/* One ordered change of one record. */
typedef struct {
    LoomVerb verb;
    const LoomKind *kind;
    char *key;
    const LoomRecord *from; /* as it is; NULL: to be created. Borrowed from the compared hosts. */
    const LoomRecord *to;   /* as wanted; NULL: to be deleted */
    guint64 changed;        /* attributes, by bit (see loom_record_differs()); those that TO lacks
                               are to be unset. None: only children differ. */
    LoomCost cost;          /* LOOM_COST_REPLACE: a delete and a create of the same name */
} LoomStep;

typedef struct {
    GPtrArray *steps; /* of LoomStep, in the order in which they run */
    GPtrArray *kept;  /* records of FROM that TO lacks, and that stay for those who use them */
    GPtrArray *made;  /* records that steps refer to and neither host holds */
} LoomPlan;

/*
 * The steps that make FROM agree with TO, pure: nothing is read but the two hosts, which must
 * outlive the plan. KINDS (NULL-terminated) bounds what is looked at. Linear but for sorting.
 *
 * Only what TO states is walked. Deleted is only what is ours and TO lacks, and what hangs on a
 * link goes with it, without a step: but a DHCP client does not, nor an address that another link
 * gets, and its link's routes. What a link loses that goes down on the way (IPv6 addresses, routes,
 * neighbours) or gets another master (ports) is created again; so a step's attributes may be set
 * again that are as they should be (a NIC's MTU and MAC, which a bond changes).
 *
 * Whose is a record?
 * - Links and networks say so themselves (their attribute 'ours'). What TO marks as ours is made by
 *   us and may be replaced and deleted. Anything else must exist already, is changed as far as TO
 *   names it, and is never made, replaced or deleted. A record of FROM that is not ours where TO
 *   says ours is a finding (error) that names it, and no step: neither for it nor for what hangs on
 *   it. What of others is no NIC is left alone even where TO, a snapshot, names it.
 * - Membership in a link of ours is ours: a NIC in it that TO does not want there is taken out. Not
 *   so what is no NIC: a guest's tap is libvirt's.
 * - What hangs on a link is ours where the link is ours, or a NIC that TO names: who names it
 *   answers for all that hangs on it, so TO's list of that is complete. Its managers are so taken
 *   off, and given it back. Left alone is what somebody else hands out and would hand out again: an
 *   origin or protocol of kernel always, of ra unless TO puts the NIC into a master, where an
 *   address keeps others from answering, of dhcp as long as somebody asks for it.
 * - What a NIC has by DHCP for IPv4 goes along to the link that takes its place and asks by DHCP
 *   itself: address and routes are made there, though TO has none, and stay its client's.
 * - A port without a link is a pattern for guests' ports: it is the hooks', and no step.
 *
 * What is in the way is an error, with the guests that are concerned where FROM knows them, and no
 * step for that link: it is in a master of somebody else's; it would go down or change its master
 * while somebody else's VLAN or macvtap sits on it, or lose what could not be brought back; its
 * manager does not let go of it. So is a route that would take the place of another's.
 *
 * What is ours and no longer wanted, but in use (a network by running guests, a link by something
 * foreign in or on it) is a finding (warning) that names it and its users, and no step: it is kept
 * until they are gone. Where it would have to be replaced, that is an error.
 */
LoomPlan *loom_plan_compare(const LoomHost *from, const LoomHost *to, const LoomKind *const *kinds,
                            LoomReport *report);
void loom_plan_free(LoomPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomPlan, loom_plan_free)

/*
 * "create network 'Cernet Network'", "delete address '10.0.0.1/24' on 'mgmt'": one line for a
 * person, translated; owned by the caller.
 */
char *loom_step_describe(const LoomStep *step);

/* The same without the verb: "address '10.0.0.1/24' on 'mgmt'". */
char *loom_step_describe_record(const LoomStep *step);

/* The untranslated words: create, change, delete; live, down, replace. */
const char *loom_verb_format(LoomVerb verb);
const char *loom_cost_format(LoomCost cost);

/* An attribute of a step's record, or of a child, that differs; values as written, NULL: none. */
typedef struct {
    char *name; /* 'bridge', or "portgroup 'Public' outaverage" */
    char *from, *to;
} LoomDifference;
void loom_difference_free(LoomDifference *difference);

/*
 * All differences of a step, of LoomDifference, children included; of a create or delete all that
 * it states. Informative attributes never differ. For plan, status and JSON; owned by the caller.
 */
GPtrArray *loom_step_differences(const LoomStep *step);
