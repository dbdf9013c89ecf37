/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sysctls of a link: what rtnetlink has no message for. */
#include "kernel/session.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *
path_of(const char *family, const char *link, const char *name)
{
    return g_strdup_printf("/proc/sys/net/%s/conf/%s/%s", family, link, name);
}

int
loom_kernel_read_sysctl(const char *family, const char *link, const char *name)
{
    g_autofree char *path = path_of(family, link, name);
    char text[16] = "";
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length;

    if (file < 0)
        return -1;
    length = read(file, text, sizeof text - 1);
    close(file);
    return length > 0 ? atoi(text) : -1;
}

gboolean
loom_kernel_write_sysctl(const char *family, const char *link, const char *name, int value,
                         GError **error)
{
    g_autofree char *path = path_of(family, link, name);
    g_autofree char *text = g_strdup_printf("%d\n", value);
    int file, number = 0;

    file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, text, strlen(text)) < 0)
        number = errno;
    if (file >= 0)
        close(file);
    if (number)
        loom_error_set_errno(error, number, _("Cannot write %d to %s"), value, path);
    return !number;
}
