/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One run of the command: its options, its terminal, and what every command needs to begin. */
#pragma once

#include "compile/compile.h"
#include "fabric/fabric.h"
#include "plan/backend.h"

#include <json-glib/json-glib.h>
#include <stdio.h>

/* Exit statuses; virt-loom(1) documents them. */
typedef enum {
    LOOM_EXIT_DONE = 0,
    LOOM_EXIT_FAILED = 1,  /* an operation failed, or what was checked has errors */
    LOOM_EXIT_DIFFERS = 2, /* status: the host is not as it should be */
    LOOM_EXIT_USAGE = 3,
    LOOM_EXIT_GOES_ON = 4, /* only the watching has ended, the change goes on */
} LoomExit;

typedef struct {
    GStrv paths; /* --fabric, or a command's FILE arguments; NULL: the default */
    char *host;
    char *uri;
    char *facts;
    char *write;
    char *xml;
    char *format_word;
    int confirm, deadline; /* seconds; 0: none */
    gboolean is_json;
    int timeout; /* seconds */
    gboolean is_quiet, is_strict, is_dry_run, no_interruption, is_networks;
    char *from; /* the libvirt that guests leave; NULL: this machine's */
    gboolean is_check, is_all, is_offline, is_persistent, undefine_source, copy_storage;
    gboolean restart_libvirtd;
    char *classification, *mac, *model;
    gboolean is_live, is_config;
    char *logical_switch, *network; /* only ports of these; NULL: of any */
} LoomSession;

typedef struct LoomCommand LoomCommand;
struct LoomCommand {
    const char *name;
    const char *arguments; /* as help shows them */
    const char *summary;   /* marked for translation */
    const char *options;   /* the letters of the options that it takes, see options.c */
    int max_arguments;     /* -1: any number */
    LoomExit (*run)(LoomSession *session, char **arguments);
};

LoomExit loom_command_check(LoomSession *session, char **arguments);
LoomExit loom_command_show(LoomSession *session, char **arguments);
LoomExit loom_command_lease(LoomSession *session, char **arguments);
LoomExit loom_command_networks(LoomSession *session, char **arguments);
LoomExit loom_command_plan(LoomSession *session, char **arguments);
LoomExit loom_command_rehearse(LoomSession *session, char **arguments);
LoomExit loom_command_apply(LoomSession *session, char **arguments);
LoomExit loom_command_confirm(LoomSession *session, char **arguments);
LoomExit loom_command_revert(LoomSession *session, char **arguments);
LoomExit loom_command_watch(LoomSession *session, char **arguments);
LoomExit loom_command_run(LoomSession *session, char **arguments);
LoomExit loom_command_guard(LoomSession *session, char **arguments);
LoomExit loom_command_recover(LoomSession *session, char **arguments);
LoomExit loom_command_policy(LoomSession *session, char **arguments);
LoomExit loom_command_status(LoomSession *session, char **arguments);
LoomExit loom_command_ports(LoomSession *session, char **arguments);
LoomExit loom_command_explain(LoomSession *session, char **arguments);
LoomExit loom_command_attach(LoomSession *session, char **arguments);
LoomExit loom_command_detach(LoomSession *session, char **arguments);
LoomExit loom_command_set(LoomSession *session, char **arguments);
LoomExit loom_command_migrate(LoomSession *session, char **arguments);
LoomExit loom_command_boot(LoomSession *session, char **arguments);

/* Prints "virt-loom: error: ..." to standard error, and frees the error. Returns LOOM_EXIT_FAILED.
 */
LoomExit loom_session_fail(GError *error);

/* What a fabric is read for: the giver of leases does not mind that some are missing. */
typedef enum { LOOM_FOR_USE, LOOM_FOR_LEASES } LoomPurpose;

/* The fabric of --fabric, or of the default place. NULL with an error where it cannot be read. */
LoomFabric *loom_session_load_fabric(const LoomSession *session, LoomPurpose purpose,
                                     LoomReport *report, GError **error);

/* Where the host is meant to be: here, or wherever its name says. */
typedef enum { LOOM_ANYWHERE, LOOM_HERE } LoomPlace;

/*
 * Loads the fabric and compiles the host, with facts from KERNEL (NULL: of its own) where they are
 * of this machine; findings go to standard error. NULL: it failed, and that was printed. FABRIC is
 * owned by the caller.
 */
LoomHost *loom_session_compile(const LoomSession *session, LoomPlace place, LoomBackend *kernel,
                               LoomFabric **fabric);

/* Prints findings, one a line, then nothing; notes and warnings not where --quiet. */
void loom_session_print_report(const LoomSession *session, const LoomReport *report, FILE *to);
