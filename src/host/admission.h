/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Admission: whether a team can still keep its promises when one more port comes. */
#pragma once

#include "host/host.h"

typedef enum {
    LOOM_ADMISSION_SHARED, /* every NIC carries its part: LACP, static; Open vSwitch's spreading */
    LOOM_ADMISSION_ONE,    /* one NIC at a time carries all: active-backup, or a NIC without team */
} LoomAdmissionMode;

/* All rates in Mbit/s. Speed 0: unknown. */
typedef struct {
    const guint64 *speeds; /* of the team's NICs */
    size_t count;
    LoomAdmissionMode mode;
    guint64 reserved; /* the sum of the minimums of the ports that are there */
    guint64 wanted;   /* the minimum of the port to come; 0: a weight, or none */
} LoomAdmission;

/*
 * What the team carries once its largest NIC is lost: the sum of the others where NICs share the
 * traffic, the slowest where one carries all, since any of them may. A team of one NIC has none to
 * lose: its own speed. A NIC of unknown speed counts as none. FALSE: nothing is known, for every
 * speed is unknown; then nothing is refused.
 */
gboolean loom_admission_capacity(const LoomAdmission *admission, guint64 *capacity);

/*
 * Why a port that wants that much would promise more than what is left of SWITCH_NAME's team
 * without its largest NIC, with the numbers; NULL: it would not. Weights promise nothing, and are
 * never refused. For hooks: in English. Owned by the caller.
 */
char *loom_admission_refuse(const LoomAdmission *admission, const char *switch_name);

/*
 * The same for a port of that CLASS (LoomPort.class, of a slice's pattern) on the switch of HOST,
 * which may be a slice: its NICs by the classes named so, and their speeds by the ceilings of
 * these. RESERVED as above. NULL too where the class promises nothing.
 */
char *loom_admission_refuse_port(const LoomHost *host, const LoomPort *port, guint64 reserved);

/* What PORT is promised, in Mbit/s, by the classes of HOST; 0: nothing. */
guint64 loom_admission_minimum(const LoomHost *host, const LoomPort *port);

/* What the switch of a port is asked, has promised and can keep, in Mbit/s. */
typedef struct {
    guint64 wanted, reserved, capacity;
} LoomAdmissionSum;

/*
 * The numbers by which loom_admission_refuse_port() decides; *SUM's reserved includes the host's
 * own vNICs. FALSE: the speeds are unknown, and nothing is refused; wanted and reserved are set.
 */
gboolean loom_admission_sum_port(const LoomHost *host, const LoomPort *port, guint64 reserved,
                                 LoomAdmissionSum *sum);
