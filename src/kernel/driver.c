/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a NIC's driver tells: its name, where the NIC sits, and its speed. */
#include "kernel/links.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>

gboolean
loom_link_ask_driver(int socket, const char *name, gpointer data)
{
    struct ifreq request = {.ifr_data = data};

    g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
    return ioctl(socket, SIOCETHTOOL, &request) >= 0;
}

static void
read_identity(int socket, LoomLink *link)
{
    struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};

    if (!loom_link_ask_driver(socket, link->name, &info))
        return;
    info.driver[sizeof info.driver - 1] = '\0';
    info.bus_info[sizeof info.bus_info - 1] = '\0';
    if (*info.driver)
        LOOM_TRY(link, driver, info.driver);
    LOOM_TRY(link, pci, info.bus_info); /* not every bus is PCI */
}

/* linux/ethtool.h: the first call tells how long the three masks are, the second brings them. */
static void
read_speed(int socket, LoomLink *link)
{
    union {
        struct ethtool_link_settings settings;
        guint8 room[sizeof(struct ethtool_link_settings) + 3 * 127 * sizeof(guint32)];
    } answer = {.settings.cmd = ETHTOOL_GLINKSETTINGS};

    if (!loom_link_ask_driver(socket, link->name, &answer) ||
        answer.settings.link_mode_masks_nwords >= 0)
        return;
    answer.settings.link_mode_masks_nwords = -answer.settings.link_mode_masks_nwords;
    if (loom_link_ask_driver(socket, link->name, &answer) &&
        answer.settings.speed != (guint32)SPEED_UNKNOWN && answer.settings.speed)
        LOOM_SET_NUMBER(link, speed, answer.settings.speed);
}

void
loom_link_read_driver(int socket, LoomLink *link)
{
    read_identity(socket, link);
    read_speed(socket, link);
}
