/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a hook binary of ours is: a table of the operations it does something about. */
#pragma once

#include "base/report.h"

/*
 * Theory of operation
 *
 * libvirt runs a hook synchronously, without a deadline, while it holds a domain's or a network's
 * lock, and feeds it XML. So each binary is the same main(): it takes in all of its standard input
 * (libvirtd is never left with a broken pipe), runs one function of its table and ends within
 * LOOM_HOOK_SECONDS, come what may. It starts no process, calls no libvirt (that deadlocks) and
 * writes nothing to standard output, which for `migrate` and `restore` is the new domain.
 * Messages are not translated: libvirt runs hooks with LC_ALL=C, and their readers are its logs.
 *
 * libvirt may know operations that the table does not: those succeed. So do all whose failure
 * libvirt answers worse than we could: a failed `reconnect` kills the running guest, a failed
 * network `started` leaves the network unable to start again. They must never say REFUSE.
 */
#define LOOM_HOOK_SECONDS 2

/* What libvirt hands to a hook. Borrowed. */
typedef struct {
    const char *object; /* the name of the guest or network */
    const char *text;   /* all of standard input */
    size_t length;
    LoomReport *warnings; /* what is to be in the log, whatever the outcome */
} LoomHookInput;

typedef struct {
    const char *name; /* as libvirt says it */
    gboolean (*run)(const LoomHookInput *input, GError **error);
    /* what an error, or the end of the time, means */
    enum { LOOM_HOOK_WARN, LOOM_HOOK_REFUSE } failure;
} LoomHookOperation;

/* Each binary has one; the last operation has no name. */
typedef struct {
    const char *name; /* libvirt's: qemu, network */
    const LoomHookOperation *operations;
} LoomHook;

extern const LoomHook loom_hook;

/* Writes all of TEXT to standard output. Errors: LOOM_ERROR_FAILED. */
gboolean loom_hook_write(const char *text, GError **error);
