/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What survives a killed apply: lock, snapshot and committed host, in one directory. */
#include "apply/state.h"

#include "base/error.h"
#include "base/file.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOOT_FILE      "/proc/sys/kernel/random/boot_id"
#define SHORT_TEXT_MAX 128u
#define HOST_TEXT_MAX  LOOM_DOCUMENT_SIZE_MAX
#define COMMAND_MAX    (64u * 1024)
#define COMMAND_SHOWN  200
#define LOCK_ATTEMPTS  10 /* one who only asks whether it is held holds it for a moment */
#define LOCK_PAUSE     10000
#define NOTHING        "<!-- nothing is committed -->\n"

struct LoomState {
    char *directory;
    char *lock, *snapshot, *verified, *committed, *previous, *former;
    int lock_fd;
};

LoomState *
loom_state_new(const char *directory)
{
    LoomState *state = g_new0(LoomState, 1);
    const char *given = directory ? directory : g_getenv("VIRT_LOOM_STATEDIR");

    state->directory = g_strdup(given ? given : LOOM_STATEDIR);
    state->lock = g_build_filename(state->directory, "lock", NULL);
    state->snapshot = g_build_filename(state->directory, "snapshot.xml", NULL);
    state->verified = g_build_filename(state->directory, "verified.xml", NULL);
    state->committed = g_build_filename(state->directory, "committed.xml", NULL);
    state->previous = g_build_filename(state->directory, "previous.xml", NULL);
    state->former = g_build_filename(state->directory, "former.xml", NULL);
    state->lock_fd = -1;
    return state;
}

void
loom_state_free(LoomState *state)
{
    if (!state)
        return;
    loom_state_unlock(state);
    g_free(state->directory);
    g_free(state->lock);
    g_free(state->snapshot);
    g_free(state->verified);
    g_free(state->committed);
    g_free(state->previous);
    g_free(state->former);
    g_free(state);
}

/* "process 1234 (virt-loom apply --host a)", as far as it can be found out. */
static char *
describe_holder(const char *lock)
{
    size_t length;
    g_autofree char *text = loom_file_read(lock, SHORT_TEXT_MAX, &length, NULL);
    g_autofree char *path = NULL;
    g_autofree char *command = NULL;
    guint64 process;

    if (!text || !g_ascii_string_to_unsigned(g_strchomp(text), 10, 1, G_MAXINT, &process, NULL))
        return g_strdup(_("a process that has not named itself yet"));
    path = g_strdup_printf("/proc/%" G_GUINT64_FORMAT "/cmdline", process);
    command = loom_file_read(path, COMMAND_MAX, &length, NULL);
    for (size_t i = 0; command && i + 1 < length; i++)
        if (!command[i] || g_ascii_iscntrl(command[i]))
            command[i] = ' ';
    return g_strdup_printf(_("process %" PRIu64 " (%.*s)"), process, COMMAND_SHOWN,
                           command ? command : "?");
}

static gboolean
name_holder(int fd)
{
    g_autofree char *text = g_strdup_printf("%d\n", getpid());
    size_t length = strlen(text);

    return ftruncate(fd, 0) == 0 && pwrite(fd, text, length, 0) == (ssize_t)length;
}

static gboolean
take_lock(int fd)
{
    for (guint i = 1; i < LOCK_ATTEMPTS; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return TRUE;
        if (errno != EWOULDBLOCK)
            return FALSE;
        g_usleep(LOCK_PAUSE);
    }
    return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

gboolean
loom_state_lock(LoomState *state, GError **error)
{
    g_autofree char *holder = NULL;
    int fd;

    if (g_mkdir_with_parents(state->directory, 0755) < 0) {
        loom_error_set_errno(error, errno, _("Cannot make directory %s"), state->directory);
        return FALSE;
    }
    /* flock(2) takes whoever may read it: nobody but who may apply */
    fd = open(state->lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && fchmod(fd, 0600) == 0 && take_lock(fd) && name_holder(fd)) {
        state->lock_fd = fd;
        return TRUE;
    }
    if (fd >= 0 && errno == EWOULDBLOCK) {
        holder = describe_holder(state->lock);
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_BUSY,
                    _("Another change is being applied: %s is locked by %s"), state->lock, holder);
    } else {
        loom_error_set_errno(error, errno, _("Cannot lock %s"), state->lock);
    }
    if (fd >= 0)
        close(fd);
    return FALSE;
}

void
loom_state_unlock(LoomState *state)
{
    if (state->lock_fd >= 0)
        close(state->lock_fd);
    state->lock_fd = -1;
}

int
loom_state_get_lock(const LoomState *state)
{
    return state->lock_fd;
}

const char *
loom_state_directory(const LoomState *state)
{
    return state->directory;
}

static gboolean
is_file(int fd, const char *path)
{
    struct stat ours, there;

    return fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

void
loom_state_adopt_lock(LoomState *state, int fd)
{
    /* a lock that one holds already is taken again */
    if (!is_file(fd, state->lock) || flock(fd, LOCK_EX | LOCK_NB) != 0)
        return;
    loom_state_unlock(state);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    name_holder(fd);
    state->lock_fd = fd;
}

gboolean
loom_state_is_locked(const LoomState *state)
{
    int fd = open(state->lock, O_RDONLY | O_CLOEXEC);
    gboolean is_free = fd < 0 ? errno == ENOENT : flock(fd, LOCK_SH | LOCK_NB) == 0;

    if (fd >= 0)
        close(fd);
    return !is_free;
}

char *
loom_state_read_boot(GError **error)
{
    size_t length;
    char *boot = loom_file_read(BOOT_FILE, SHORT_TEXT_MAX, &length, error);

    return boot ? g_strchomp(boot) : NULL;
}

static gboolean
exists(const char *path)
{
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static LoomHost *
load_if_exists(const char *path, const char *advice, GError **error)
{
    g_autoptr(GError) cause = NULL;
    LoomHost *host = exists(path) ? loom_host_load(path, &cause) : NULL;

    if (cause)
        g_set_error(error, LOOM_ERROR, cause->code, "%s. %s", cause->message, advice);
    return host;
}

const char *
loom_state_snapshot_path(const LoomState *state)
{
    return state->snapshot;
}

gboolean
loom_state_has_snapshot(const LoomState *state)
{
    return exists(state->snapshot);
}

gboolean
loom_state_has_previous(const LoomState *state)
{
    return exists(state->previous);
}

LoomHost *
loom_state_load_snapshot(const LoomState *state, GError **error)
{
    return load_if_exists(
        state->snapshot,
        _("This file says how the host was before an apply that was killed, so there is no way "
          "back to that. Look at the host, remove the file, and apply again"),
        error);
}

LoomHost *
loom_state_load_previous(const LoomState *state, GError **error)
{
    return load_if_exists(state->previous,
                          _("This file says how the host was before the last apply, so there is no "
                            "way back to that. Remove it, and apply what the host should be"),
                          error);
}

static gboolean
has_text(const char *path, const char *text)
{
    size_t length;
    g_autofree char *present = loom_file_read(path, HOST_TEXT_MAX, &length, NULL);

    return g_strcmp0(present, text) == 0;
}

/* The snapshot has become the previous one, and files have not got their names yet. */
static gboolean
is_unsettled(const LoomState *state)
{
    return exists(state->verified) && !exists(state->snapshot);
}

static LoomHost *
load_host(const char *path, GError **error)
{
    return has_text(path, NOTHING)
               ? NULL
               : load_if_exists(path,
                                _("This file says what was applied to the host. Remove it, and "
                                  "apply again, which writes it anew"),
                                error);
}

static const char *
committed_path(const LoomState *state)
{
    return is_unsettled(state) ? state->verified : state->committed;
}

LoomHost *
loom_state_load_committed(const LoomState *state, GError **error)
{
    return load_host(committed_path(state), error);
}

LoomHost *
loom_state_load_former(const LoomState *state, GError **error)
{
    const char *path =
        is_unsettled(state) && exists(state->committed) ? state->committed : state->former;

    return load_host(path, error);
}

gboolean
loom_state_drop_snapshot(const LoomState *state, GError **error)
{
    if (!exists(state->snapshot))
        return TRUE;
    /* without a snapshot what is verified is committed */
    return loom_file_remove(state->verified, error) &&
           (!has_text(state->committed, NOTHING) || loom_file_remove(state->committed, error)) &&
           loom_file_remove(state->snapshot, error);
}

static void
sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

/* Where the snapshot is the previous one: gives the others their names. */
static gboolean
settle(const LoomState *state, GError **error)
{
    gboolean done;

    if (!is_unsettled(state))
        return TRUE;
    if (exists(state->committed) && g_rename(state->committed, state->former) < 0) {
        loom_error_set_errno(error, errno, _("Cannot rename %s to %s"), state->committed,
                             state->former);
        return FALSE;
    }
    done = has_text(state->verified, NOTHING) ? g_unlink(state->verified) == 0
                                              : g_rename(state->verified, state->committed) == 0;
    if (!done)
        loom_error_set_errno(error, errno, _("Cannot rename %s to %s"), state->verified,
                             state->committed);
    sync_directory(state->directory);
    return done;
}

gboolean
loom_state_save_snapshot(const LoomState *state, const LoomHost *host, GError **error)
{
    g_autofree char *text = loom_host_format(host);

    /* with the new snapshot what is verified would no longer be committed */
    return settle(state, error) && loom_file_write(state->snapshot, text, error);
}

gboolean
loom_state_is_committed(const LoomState *state, const LoomHost *host)
{
    g_autofree char *text = loom_host_format(host);

    return has_text(committed_path(state), text);
}

gboolean
loom_state_commit(const LoomState *state, const LoomHost *host, GError **error)
{
    g_autofree char *text = host ? loom_host_format(host) : g_strdup(NOTHING);

    if (!exists(state->committed) && !loom_file_write(state->committed, NOTHING, error))
        return FALSE;
    if (!loom_file_write(state->verified, text, error))
        return FALSE;
    if (g_rename(state->snapshot, state->previous) < 0) {
        loom_error_set_errno(error, errno, _("Cannot rename %s to %s"), state->snapshot,
                             state->previous);
        return FALSE;
    }
    settle(state, NULL); /* later will do as well */
    return TRUE;
}
