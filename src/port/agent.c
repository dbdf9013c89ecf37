/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the agent runs: the lock that it holds. */
#include "port/agent.h"

#include "base/error.h"
#include "base/file.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define TEXT_MAX 64u

static char *
path_of(const char *directory)
{
    return g_build_filename(directory, "agent", NULL);
}

static int
read_process(const char *path)
{
    size_t length;
    g_autofree char *text = loom_file_read(path, TEXT_MAX, &length, NULL);
    guint64 process;

    return text && g_ascii_string_to_unsigned(g_strchomp(text), 10, 1, G_MAXINT, &process, NULL)
               ? (int)process
               : 0;
}

static gboolean
write_process(int fd)
{
    g_autofree char *text = g_strdup_printf("%d\n", getpid());
    size_t length = strlen(text);

    return ftruncate(fd, 0) == 0 && pwrite(fd, text, length, 0) == (ssize_t)length;
}

int
loom_agent_lock(const char *directory, GError **error)
{
    g_autofree char *path = path_of(directory);
    int fd;

    if (g_mkdir_with_parents(directory, 0755) < 0) {
        loom_error_set_errno(error, errno, _("Cannot make directory %s"), directory);
        return -1;
    }
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && write_process(fd))
        return fd;
    if (fd >= 0 && errno == EWOULDBLOCK)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_BUSY,
                    _("virt-loomd runs already: %s is locked by process %d"), path,
                    read_process(path));
    else
        loom_error_set_errno(error, errno, _("Cannot lock %s"), path);
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Whether it is locked is asked of the kernel (F_OFD_GETLK knows no flock(2)): by a lock that is
 * shared, so that two who ask do not take each other for the agent. */
int
loom_agent_find(const char *directory)
{
    g_autofree char *path = path_of(directory);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    gboolean is_held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;

    if (fd >= 0)
        close(fd);
    return is_held ? read_process(path) : 0;
}
