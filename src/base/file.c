/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files: read within bounds, written whole or not at all. */
#include "base/file.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
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
write_with(const char *path, const char *text, GFileSetContentsFlags flags, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    g_autoptr(GError) cause = NULL;

    if (g_mkdir_with_parents(directory, 0755) < 0) {
        loom_error_set_errno(error, errno, _("Cannot make directory %s"), directory);
        return FALSE;
    }
    if (g_file_set_contents_full(path, text, -1, flags, 0644, &cause))
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("Cannot write %s: %s"), path,
                cause->message);
    return FALSE;
}

gboolean
loom_file_write(const char *path, const char *text, GError **error)
{
    return write_with(path, text, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                      error);
}

gboolean
loom_file_write_volatile(const char *path, const char *text, GError **error)
{
    /* a name of this process alone: libvirtd starts networks, and so hooks, side by side */
    g_autofree char *temporary = g_strdup_printf("%s.%d.new", path, getpid());

    /* GLib always syncs for "consistent": rename by hand keeps readers whole without it */
    if (!write_with(temporary, text, G_FILE_SET_CONTENTS_NONE, error))
        return FALSE;
    if (g_rename(temporary, path) == 0)
        return TRUE;
    loom_error_set_errno(error, errno, _("Cannot rename %s to %s"), temporary, path);
    return FALSE;
}

gboolean
loom_file_remove(const char *path, GError **error)
{
    if (g_unlink(path) == 0 || errno == ENOENT)
        return TRUE;
    loom_error_set_errno(error, errno, _("Cannot remove %s"), path);
    return FALSE;
}
