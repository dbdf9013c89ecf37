/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files: read within bounds, written whole or not at all. */
#include "base/file.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
read_all(int fd, const char *path, size_t max, GString *into, GError **error)
{
    char chunk[64 * 1024];

    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);

        if (got == 0)
            return TRUE;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            loom_error_set_errno(error, errno, _("Cannot read %s"), path);
            return FALSE;
        }
        if (into->len + got > max) {
            g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                        _("%s: larger than %u bytes, which is the limit of a document"), path,
                        (unsigned)max);
            return FALSE;
        }
        g_string_append_len(into, chunk, got);
    }
}

char *
loom_file_read(const char *path, size_t max, size_t *length, GError **error)
{
    gboolean is_stdin = g_str_equal(path, "-");
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    GString *text;

    if (fd < 0) {
        loom_error_set_errno(error, errno, _("Cannot open %s"), path);
        return NULL;
    }
    /* no pipe without a writer holds up open(); one with a writer is waited for */
    if (!is_stdin)
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    text = g_string_new(NULL);
    gboolean done = read_all(fd, path, max, text, error);
    if (!is_stdin)
        close(fd);
    if (!done) {
        g_string_free(text, TRUE);
        return NULL;
    }
    *length = text->len;
    return g_string_free(text, FALSE);
}

static gboolean
make_directory(const char *path, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);

    if (g_mkdir_with_parents(directory, 0755) == 0)
        return TRUE;
    loom_error_set_errno(error, errno, _("Cannot make directory %s"), directory);
    return FALSE;
}

/* One name for each file, so that whoever is killed leaves at most one, which can be found again;
 * hidden, so that no program takes it for one of its own. */
static char *
draft_of(const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);
    g_autofree char *base = g_path_get_basename(path);

    return g_strdup_printf("%s/."
                           "%s" LOOM_FILE_DRAFT,
                           directory, base);
}

static gboolean
write_all(int fd, const char *text)
{
    for (size_t length = strlen(text); length;) {
        ssize_t done = write(fd, text, length);

        if (done < 0 && errno != EINTR)
            return FALSE;
        if (done > 0) {
            text += done;
            length -= (size_t)done;
        }
    }
    return TRUE;
}

static gboolean
write_draft(const char *draft, const char *text, unsigned mode)
{
    int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
    gboolean done = fd >= 0 && fchmod(fd, mode) == 0 && write_all(fd, text) && fsync(fd) == 0;
    int number = errno;

    if (fd >= 0)
        close(fd);
    errno = number;
    return done;
}

/* That the file has its name is on disk too. */
static gboolean
sync_directory(const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean done = fd >= 0 && fsync(fd) == 0;
    int number = errno;

    if (fd >= 0)
        close(fd);
    errno = number;
    return done;
}

gboolean
loom_file_replace(const char *path, const char *text, unsigned mode, GError **error)
{
    g_autofree char *draft = draft_of(path);

    if (!make_directory(path, error))
        return FALSE;
    if (write_draft(draft, text, mode) && g_rename(draft, path) == 0 && sync_directory(path))
        return TRUE;
    loom_error_set_errno(error, errno, _("Cannot write %s"), path);
    g_unlink(draft);
    return FALSE;
}

gboolean
loom_file_write(const char *path, const char *text, GError **error)
{
    return loom_file_replace(path, text, 0644, error);
}

void
loom_file_sweep(const char *directory)
{
    g_autoptr(GDir) entries = g_dir_open(directory, 0, NULL);

    for (const char *name; entries && (name = g_dir_read_name(entries));) {
        g_autofree char *path = NULL;

        if (*name != '.' || !g_str_has_suffix(name, LOOM_FILE_DRAFT))
            continue;
        path = g_build_filename(directory, name, NULL);
        g_unlink(path);
    }
}

gboolean
loom_file_write_volatile(const char *path, const char *text, GError **error)
{
    /* a name of this process alone: libvirtd starts networks, and so hooks, side by side */
    g_autofree char *temporary = g_strdup_printf("%s.%d.new", path, getpid());

    g_autoptr(GError) cause = NULL;

    if (!make_directory(path, error))
        return FALSE;
    /* GLib always syncs for "consistent": rename by hand keeps readers whole without it */
    if (!g_file_set_contents_full(temporary, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, &cause)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("Cannot write %s: %s"), path,
                    cause->message);
        return FALSE;
    }
    if (g_rename(temporary, path) == 0)
        return TRUE;
    loom_error_set_errno(error, errno, _("Cannot rename %s to %s"), temporary, path);
    return FALSE;
}

/* NAME is that of a file which a process began to write as BASE, and never will end. */
static gboolean
is_torn(const char *name, const char *base)
{
    const size_t length = strlen(base);
    char *end;
    gint64 writer;

    if (strncmp(name, base, length) != 0 || name[length] != '.')
        return FALSE;
    writer = g_ascii_strtoll(name + length + 1, &end, 10);
    return g_str_equal(end, ".new") && writer > 0 && writer <= G_MAXINT &&
           kill((pid_t)writer, 0) < 0 && errno == ESRCH;
}

void
loom_file_sweep_volatile(const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path), *base = g_path_get_basename(path);
    g_autoptr(GDir) entries = g_dir_open(directory, 0, NULL);

    for (const char *name; entries && (name = g_dir_read_name(entries));) {
        g_autofree char *torn =
            is_torn(name, base) ? g_build_filename(directory, name, NULL) : NULL;

        if (torn)
            g_unlink(torn);
    }
}

gboolean
loom_file_remove(const char *path, GError **error)
{
    if (g_unlink(path) == 0 || errno == ENOENT)
        return TRUE;
    loom_error_set_errno(error, errno, _("Cannot remove %s"), path);
    return FALSE;
}
