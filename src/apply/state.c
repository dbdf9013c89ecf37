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

struct LoomState {
    char *directory;
    char *lock, *snapshot, *verified, *committed;
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
    if (fd >= 0 && fchmod(fd, 0600) == 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && name_holder(fd)) {
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

LoomHost *
loom_state_load_snapshot(const LoomState *state, GError **error)
{
    return load_if_exists(
        state->snapshot,
        _("This file says how the host was before an apply that was killed, so there is no way "
          "back to that. Look at the host, remove the file, and apply again"),
        error);
}

static const char *
committed_path(const LoomState *state)
{
    return exists(state->verified) && !exists(state->snapshot) ? state->verified : state->committed;
}

LoomHost *
loom_state_load_committed(const LoomState *state, GError **error)
{
    return load_if_exists(committed_path(state),
                          _("This file says what was last applied to the host. Remove it, and "
                            "apply again, which writes it anew"),
                          error);
}

gboolean
loom_state_save_snapshot(const LoomState *state, const LoomHost *host, GError **error)
{
    g_autofree char *text = loom_host_format(host);

    return loom_file_write(state->snapshot, text, error);
}

gboolean
loom_state_drop_snapshot(const LoomState *state, GError **error)
{
    return loom_file_remove(state->verified, error) && loom_file_remove(state->snapshot, error);
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

/* Makes verified.xml, where it decides, the committed.xml that it is; later will do as well. */
static void
settle(const LoomState *state)
{
    if (exists(state->verified) && !exists(state->snapshot) &&
        g_rename(state->verified, state->committed) == 0)
        sync_directory(state->directory);
}

gboolean
loom_state_commit(const LoomState *state, const LoomHost *host, GError **error)
{
    g_autofree char *text = loom_host_format(host);
    g_autofree char *present = NULL;
    size_t length;

    settle(state);
    present = loom_file_read(state->committed, HOST_TEXT_MAX, &length, NULL);
    if (g_strcmp0(present, text) == 0)
        return loom_state_drop_snapshot(state, error);
    if (!loom_file_write(state->verified, text, error) || !loom_file_remove(state->snapshot, error))
        return FALSE;
    settle(state);
    return TRUE;
}
