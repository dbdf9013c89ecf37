/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locks of logical switches, in the order of their names. */
#include "port/lock.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/name.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct LoomPortLock {
    GArray *descriptors; /* of int */
};

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* flock(2) takes whoever may read the file: nobody but root. -1 with errno. */
static int
open_locked(const char *path, int operation)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), result, number;

    if (fd < 0)
        return -1;
    do
        result = flock(fd, operation);
    while (result < 0 && errno == EINTR);
    if (result == 0)
        return fd;
    number = errno;
    close(fd);
    errno = number;
    return -1;
}

static LoomPortLock *
make(const char *parent, GError **error)
{
    LoomPortLock *lock;

    if (g_mkdir_with_parents(parent, 0755) < 0) {
        loom_error_set_errno(error, errno, _("Cannot make directory %s"), parent);
        return NULL;
    }
    lock = g_new0(LoomPortLock, 1);
    lock->descriptors = g_array_new(FALSE, FALSE, sizeof(int));
    return lock;
}

static gboolean
take(LoomPortLock *lock, const char *parent, const char *bridge, int operation, GError **error)
{
    g_autofree char *path = g_build_filename(parent, bridge, NULL);
    int fd;

    if (!loom_device_name_is_valid(bridge)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID, _("'%.64s' is not a device name"),
                    bridge);
        return FALSE;
    }
    fd = open_locked(path, operation);
    if (fd < 0 && errno == EWOULDBLOCK) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_BUSY, _("%s is locked by another process"), path);
        return FALSE;
    }
    if (fd < 0) {
        loom_error_set_errno(error, errno, _("Cannot lock %s"), path);
        return FALSE;
    }
    g_array_append_val(lock->descriptors, fd);
    return TRUE;
}

LoomPortLock *
loom_port_lock_take(const char *directory, const GPtrArray *bridges, GError **error)
{
    g_autofree char *parent = g_build_filename(directory, "locks", NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(LoomPortLock) lock = make(parent, error);

    if (!lock)
        return NULL;
    for (guint i = 0; i < bridges->len; i++)
        g_ptr_array_add(names, bridges->pdata[i]);
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++)
        if ((i == 0 || !g_str_equal(names->pdata[i], names->pdata[i - 1])) &&
            !take(lock, parent, names->pdata[i], LOCK_EX, error))
            return NULL;
    return g_steal_pointer(&lock);
}

LoomPortLock *
loom_port_lock_try_plug(const char *directory, const char *bridge, GError **error)
{
    g_autofree char *parent = g_build_filename(directory, "plugs", NULL);
    g_autoptr(LoomPortLock) lock = make(parent, error);

    return lock && take(lock, parent, bridge, LOCK_EX | LOCK_NB, error) ? g_steal_pointer(&lock)
                                                                        : NULL;
}

void
loom_port_lock_release(LoomPortLock *lock)
{
    if (!lock)
        return;
    for (guint i = 0; i < lock->descriptors->len; i++)
        close(g_array_index(lock->descriptors, int, i));
    g_array_unref(lock->descriptors);
    g_free(lock);
}
