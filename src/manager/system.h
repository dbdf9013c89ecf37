/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the managers of this room share: the host's files, its processes, other programs. */
#pragma once

#include "plan/backend.h"

#include <gio/gio.h>
#include <sys/types.h>

typedef struct LoomInterfaces LoomInterfaces;
typedef struct LoomConnections LoomConnections;

typedef struct {
    LoomBackend backend;
    char *root;           /* before every path: "" or a test's directory */
    GHashTable *leaving;  /* "MANAGER/LINK" of all that the last target takes away from them */
    GPtrArray *processes; /* of LoomProcess, as of the last look; NULL: look again */
    /* what was read, as of the last look; NULL: look again */
    LoomInterfaces *interfaces;   /* of ifupdown */
    LoomConnections *connections; /* of NetworkManager */
    GPtrArray *networks;          /* of networkd, see networkd.c */
    GHashTable *objects;          /* NetworkManager's by path, a{sa{sv}}; empty: it does not run */
    GHashTable *devices;          /* names of links -> paths of its devices */
    GDBusConnection *bus;         /* the system's; NULL: not asked yet, or there is none */
} LoomManagers;

/* --- files ---------------------------------------------------------------------------------- */

/* ROOT and the absolute PATH that FORMAT makes; owned by the caller. */
char *loom_managers_path(const LoomManagers *managers, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Whether there is something at PATH (with the root), if only a dangling link. */
gboolean loom_managers_has(const LoomManagers *managers, const char *path);

/* Sets *TEXT to all of PATH (with the root), or NULL where there is no such file. */
gboolean loom_managers_read(const char *path, char **text, GError **error);

/* The paths that match the shell pattern (with the root), sorted; owned by the caller. */
GPtrArray *loom_managers_glob(const char *pattern);

/*
 * A file of ours, which begins with our mark: written whole and synced (its path is added to
 * WRITTEN where it was not so already), or removed. What is there without the mark is somebody's:
 * LOOM_ERROR_CONFLICT, and it stays.
 */
gboolean loom_rule_write(const char *path, const char *text, GPtrArray *written, GError **error);
gboolean loom_rule_remove(const char *path, GError **error);

/* Removes those of WRITTEN (paths), since they had no effect. */
void loom_rules_withdraw(const GPtrArray *written);

/* The MAC and the index of a link as /sys has them; NULL and 0 where it does not exist. */
char *loom_managers_mac_of(const LoomManagers *managers, const char *link);
unsigned loom_managers_index_of(const LoomManagers *managers, const char *link);

/* --- settings: "[Section]", "key=value" ------------------------------------------------------ */

typedef struct {
    char *section, *key, *value; /* the section is "" before the first */
} LoomSetting;

/* All settings of TEXT in their order, of LoomSetting; lines that are none are passed over. */
GPtrArray *loom_settings_parse(const char *text);

/* The last value of KEY, or NULL. */
const char *loom_settings_find(const GPtrArray *settings, const char *section, const char *key);

/* --- processes ------------------------------------------------------------------------------- */

typedef struct {
    pid_t pid;
    GStrv arguments;
} LoomProcess;

/* The processes of this network namespace, borrowed. */
const GPtrArray *loom_managers_processes(LoomManagers *managers);

/* Forgets them, and what was read of files: it is looked up again. */
void loom_managers_refresh(LoomManagers *managers);

/* The first whose program has that base name, or NULL; borrowed. */
const LoomProcess *loom_managers_find_process(LoomManagers *managers, const char *program);

/* The base name of the program that a process says it runs. */
const char *loom_process_program(const LoomProcess *process);

/* Whether that is PROGRAM, or Python's interpreter, of a script of that base name. */
gboolean loom_process_is(const LoomProcess *process, const char *program);

/*
 * Whether this is the machine itself. Elsewhere, below a root, no process is ended and no program
 * run: that counts as done.
 */
gboolean loom_managers_is_live(const LoomManagers *managers);

/* Sends SIGNAL and waits at most SECONDS until it is gone; FALSE: it is not. */
gboolean loom_process_end(const LoomManagers *managers, pid_t pid, int signal, unsigned seconds);

/* --- other programs -------------------------------------------------------------------------- */

/* Runs it; that it fails, or does not end within SECONDS, is an error with what it said. */
gboolean loom_program_run(const LoomManagers *managers, const char *const *arguments,
                          unsigned seconds, GError **error);

/* Starts it in a session of its own, and does not wait. */
gboolean
loom_program_start(const LoomManagers *managers, const char *const *arguments, GError **error);

/* Whether PATH leads to such a program. */
gboolean loom_program_exists(const char *name);

/*
 * Makes a daemon read its rules by starting it again, so that it leaves the links as they are: told
 * to read them while it runs, it would take down what it has just been told to leave alone. SIGNAL
 * is the one with which it stops like this; UNIT is its unit where there is systemd. It runs: the
 * caller knows that.
 */
gboolean loom_daemon_restart(LoomManagers *managers, const char *program, const char *unit,
                             int signal, GError **error);

/* Waits in small steps until IS_SO, at most SECONDS; FALSE: it never was. */
gboolean loom_await(gboolean (*is_so)(gpointer data), gpointer data, unsigned seconds);
