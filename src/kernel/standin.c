/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network namespace to be thrown away, with stand-ins for the NICs of a host. */
#include "kernel/standin.h"

#include "base/error.h"
#include "base/i18n.h"
#include "kernel/netlink.h"
#include "kernel/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LOOPBACK_INDEX 1 /* of every network namespace */

struct LoomStage {
    int others;         /* the namespace where cables end */
    LoomNetlink *there; /* a socket in it: which outlives that this thread has left it */
};

/* user_namespaces(7): who is nobody there can do nothing there. */
static gboolean
become_root(uid_t uid, gid_t gid)
{
    g_autofree char *users = g_strdup_printf("0 %u 1", uid);
    g_autofree char *groups = g_strdup_printf("0 %u 1", gid);
    const struct {
        const char *path, *text;
    } files[] = {
        {"/proc/self/setgroups", "deny"},
        {"/proc/self/uid_map", users},
        {"/proc/self/gid_map", groups},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        int file = open(files[i].path, O_WRONLY | O_CLOEXEC);
        gboolean done = file >= 0 && dprintf(file, "%s", files[i].text) > 0;

        if (file >= 0)
            close(file);
        if (!done)
            return FALSE;
    }
    return TRUE;
}

static gboolean
leave_network(void)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();

    if (unshare(CLONE_NEWNET) == 0)
        return TRUE;
    return errno == EPERM && unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && become_root(uid, gid);
}

LoomStage *
loom_stage_enter(GError **error)
{
    g_autoptr(LoomStage) stage = g_new0(LoomStage, 1);

    stage->others = -1;
    if (leave_network())
        stage->others = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (stage->others >= 0) {
        stage->there = loom_netlink_open(NETLINK_ROUTE, error);
        if (!stage->there)
            return NULL;
        if (unshare(CLONE_NEWNET) == 0)
            return g_steal_pointer(&stage);
    }
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_UNSUPPORTED,
                _("Cannot make a network namespace of one's own: %s; run it as root, on a kernel "
                  "with network namespaces"),
                g_strerror(errno));
    return NULL;
}

void
loom_stage_free(LoomStage *stage)
{
    if (!stage)
        return;
    if (stage->others >= 0)
        close(stage->others);
    g_clear_pointer(&stage->there, loom_netlink_close);
    g_free(stage);
}

static int
make_veth(const LoomStage *stage, LoomNetlink *here, const LoomLink *nic, const char *other)
{
    const char *mac = nic->permanentmac ? nic->permanentmac : nic->mac;
    struct ifinfomsg header = {.ifi_family = AF_UNSPEC};
    g_autoptr(LoomMessage) message =
        loom_netlink_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof header);
    struct nlattr *info, *data, *peer;

    nla_put_string(message, IFLA_IFNAME, nic->name);
    if (mac)
        loom_wire_put_mac(message, IFLA_ADDRESS, mac);
    info = nla_nest_start(message, IFLA_LINKINFO);
    nla_put_string(message, IFLA_INFO_KIND, "veth");
    data = nla_nest_start(message, IFLA_INFO_DATA);
    peer = nla_nest_start(message, VETH_INFO_PEER);
    nlmsg_append(message, &header, sizeof header, NLMSG_ALIGNTO);
    nla_put_string(message, IFLA_IFNAME, other);
    nla_put_u32(message, IFLA_NET_NS_FD, (uint32_t)stage->others);
    nla_nest_end(message, peer);
    nla_nest_end(message, data);
    nla_nest_end(message, info);
    return loom_netlink_run_one(here, message);
}

/* A veth's end cannot be made up: it has no carrier to have before the other end is there. */
static int
bring_up(LoomNetlink *netlink, int index, const char *name)
{
    struct ifinfomsg header = {
        .ifi_family = AF_UNSPEC, .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
    g_autoptr(LoomMessage) message = loom_netlink_message(RTM_NEWLINK, 0, &header, sizeof header);

    if (name)
        nla_put_string(message, IFLA_IFNAME, name);
    return loom_netlink_run_one(netlink, message);
}

static gboolean
make_nic(const LoomStage *stage, LoomNetlink *here, const LoomLink *nic, guint number,
         GError **error)
{
    g_autofree char *other = g_strdup_printf("standin%u", number);
    int result = make_veth(stage, here, nic, other);

    if (result) {
        loom_netlink_set_error(here, error, result, _("Cannot make a stand-in for NIC '%s'"),
                               nic->name);
        return FALSE;
    }
    result = bring_up(stage->there, 0, other);
    if (result)
        loom_netlink_set_error(stage->there, error, result,
                               _("Cannot make a stand-in for NIC '%s'"), nic->name);
    return result == 0;
}

static gboolean
make_tap(const LoomLink *link, GError **error)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    int tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    gboolean done;

    g_strlcpy(request.ifr_name, link->name, sizeof request.ifr_name);
    done = tap >= 0 && ioctl(tap, TUNSETIFF, &request) == 0 && ioctl(tap, TUNSETPERSIST, 1) == 0;
    if (!done)
        loom_error_set_errno(error, errno, _("Cannot make a stand-in for link '%s'"), link->name);
    if (tap >= 0)
        close(tap);
    return done;
}

gboolean
loom_stage_furnish(LoomStage *stage, const LoomHost *host, GError **error)
{
    g_autoptr(LoomNetlink) here = loom_netlink_open(NETLINK_ROUTE, error);
    int result = here ? bring_up(here, LOOPBACK_INDEX, NULL) : 0;

    if (result)
        loom_netlink_set_error(here, error, result, _("Cannot bring the loopback link up"));
    if (!here || result)
        return FALSE;
    for (guint i = 0; i < host->links->len; i++) {
        const LoomLink *link = host->links->pdata[i];

        if (link->ours)
            continue;
        if (link->kind == LOOM_LINK_PHYSICAL ? !make_nic(stage, here, link, i, error)
                                             : !make_tap(link, error))
            return FALSE;
    }
    return TRUE;
}
