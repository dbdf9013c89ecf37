/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who notices that a plan runs: for people, and for those who want no interruption. */
#pragma once

#include "plan/plan.h"

/* How somebody notices it; ordered. */
typedef enum {
    LOOM_NOTICE_MOVE, /* briefly: an address moves between links while another NIC carries both */
    LOOM_NOTICE_INTERRUPTION, /* nothing passes for as long as a link is down; or ever after */
} LoomNoticeEffect;

/* One that would notice a plan, and why. */
typedef struct {
    LoomNoticeEffect effect;
    const LoomStep *step; /* the first step that does it; borrowed from the plan */
    /*
     * Who: a LoomGuestTap, a LoomAddress or LoomSessions of FROM; or a LoomLink of FROM that is in
     * a link that is interrupted and neither ours nor any known guest's. Borrowed from FROM. Its
     * kind's element is the word for it, its attributes are the rest: see loom_json_add_record().
     */
    const LoomRecord *who;
    const char *link; /* of FROM, on which WHO hangs; borrowed from FROM */
    char *text;       /* a whole sentence, translated */
} LoomNotice;

/*
 * Everyone who would notice PLAN, which leads from FROM to TO, once each and by the worst that
 * happens to them; interruptions first (of LoomNotice). FROM is what was observed, with guests and
 * sessions from LoomBackend.observe_users where they are known. The three must outlive the list,
 * which the caller owns. Pure.
 *
 * - What changes live is noticed by nobody.
 * - A link that goes down, gets another master or is deleted is noticed by its own addresses, and
 *   by what sits on it or is in it; a veth's end by the other end. What a NIC is in notices it only
 *   where no other NIC in there stays as it is, or has come into it before.
 * - An address that TO has on another link moves: briefly, where a NIC that stays up carries it in
 *   its new place before it leaves the old one. One that TO has nowhere is gone. Sessions go the
 *   way of their address.
 */
GPtrArray *loom_plan_find_notices(const LoomPlan *plan, const LoomHost *from, const LoomHost *to);

/* Whether one of them (of LoomNotice) is an interruption. */
gboolean loom_notices_interrupt(const GPtrArray *notices);

/* The untranslated words: move, interruption. */
const char *loom_notice_effect_format(LoomNoticeEffect effect);

void loom_notice_free(LoomNotice *notice);
