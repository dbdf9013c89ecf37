/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Echo requests as large as a link allows, that must not be fragmented. */
#include "apply/pathmtu.h"

#include "apply/packet.h"
#include "base/error.h"
#include "base/i18n.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ASK_AGAIN = 200, /* milliseconds */
    SIZE_MAX_IP = 65535,
};

typedef union {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
} Address;

typedef struct {
    int fd;
    GSocketFamily family;
    LoomPacket small, large; /* the large one: its beginning, zeroes follow */
    size_t size;             /* of the large one, without IP's header */
    gboolean small_heard, large_heard;
    gboolean too_large; /* for the link itself */
} Asking;

static void
asking_clear(Asking *asking)
{
    if (asking->fd >= 0)
        close(asking->fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Asking, asking_clear)

static gboolean
fill_address(Address *address, socklen_t *length, GSocketFamily family, const char *target)
{
    *address = (Address){.any.sa_family = family};
    *length = family == G_SOCKET_FAMILY_IPV4 ? sizeof address->ipv4 : sizeof address->ipv6;
    return inet_pton(family, target,
                     family == G_SOCKET_FAMILY_IPV4 ? (void *)&address->ipv4.sin_addr
                                                    : (void *)&address->ipv6.sin6_addr) == 1;
}

/* Only echo replies are to come. */
static int
filter(int fd, GSocketFamily family)
{
    struct icmp6_filter only;

    if (family == G_SOCKET_FAMILY_IPV4)
        return 0;
    ICMP6_FILTER_SETBLOCKALL(&only);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &only);
    return setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &only, sizeof only);
}

/* Whole or not at all, whatever the kernel believes of the path. */
static int
forbid_fragments(int fd, GSocketFamily family)
{
    const gboolean is_ipv4 = family == G_SOCKET_FAMILY_IPV4;
    const int probe = is_ipv4 ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE;
    const int on = 1;

    if (setsockopt(fd, is_ipv4 ? IPPROTO_IP : IPPROTO_IPV6,
                   is_ipv4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, &probe, sizeof probe) < 0)
        return -1;
    return is_ipv4 ? 0 : setsockopt(fd, IPPROTO_IPV6, IPV6_DONTFRAG, &on, sizeof on);
}

static gboolean
open_socket(Asking *asking, const char *target, const char *link, GError **error)
{
    const gboolean is_ipv4 = asking->family == G_SOCKET_FAMILY_IPV4;
    Address address;
    socklen_t length;

    if (!fill_address(&address, &length, asking->family, target)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID, _("'%s' is not an address"), target);
        return FALSE;
    }
    asking->fd = socket(asking->family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                        is_ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
    if (asking->fd >= 0 && filter(asking->fd, asking->family) == 0 &&
        forbid_fragments(asking->fd, asking->family) == 0 &&
        (!link ||
         setsockopt(asking->fd, SOL_SOCKET, SO_BINDTODEVICE, link, strlen(link) + 1) == 0) &&
        connect(asking->fd, &address.any, length) == 0)
        return TRUE;
    loom_error_set_errno(error, errno, _("Cannot send ICMP echo requests to %s"), target);
    return FALSE;
}

static gboolean
make_packets(Asking *asking, guint64 mtu)
{
    guint8 nonces[2][LOOM_PACKET_NONCE];
    const size_t header = asking->family == G_SOCKET_FAMILY_IPV4 ? 20 : 40;

    if (mtu < header + sizeof asking->large.bytes)
        return FALSE;
    if (getrandom(nonces, sizeof nonces, 0) != sizeof nonces)
        return FALSE;
    asking->small = loom_packet_echo(asking->family, nonces[0]);
    asking->large = loom_packet_echo(asking->family, nonces[1]);
    asking->size = MIN(mtu, SIZE_MAX_IP) - header;
    return TRUE;
}

/* FALSE with errno: it cannot be sent at all. Zeroes change no checksum of IPv4. */
static gboolean
ask(Asking *asking)
{
    g_autofree guint8 *large = g_malloc0(asking->size);

    memcpy(large, asking->large.bytes, asking->large.length);
    if (send(asking->fd, large, asking->size, 0) < 0)
        asking->too_large |= errno == EMSGSIZE;
    return send(asking->fd, asking->small.bytes, asking->small.length, 0) >= 0 ||
           errno == EHOSTUNREACH || errno == ECONNREFUSED || errno == EAGAIN;
}

static void
hear(Asking *asking)
{
    g_autofree guint8 *bytes = g_malloc(SIZE_MAX_IP);
    ssize_t length;

    while ((length = recv(asking->fd, bytes, SIZE_MAX_IP, 0)) >= 0) {
        size_t header =
            asking->family == G_SOCKET_FAMILY_IPV4 && length ? (bytes[0] & 0x0f) * 4u : 0;

        if (loom_packet_answers_echo(&asking->small, asking->family, bytes, length))
            asking->small_heard = TRUE;
        else if ((size_t)length == header + asking->size &&
                 loom_packet_answers_echo(&asking->large, asking->family, bytes,
                                          header + asking->large.length))
            asking->large_heard = TRUE;
    }
}

static gboolean
is_decided(const Asking *asking)
{
    return asking->large_heard || (asking->too_large && asking->small_heard);
}

static LoomPathMtu
judge(const Asking *asking)
{
    return asking->large_heard                        ? LOOM_PATH_MTU_FITS
           : asking->small_heard || asking->too_large ? LOOM_PATH_MTU_SMALLER
                                                      : LOOM_PATH_MTU_UNKNOWN;
}

gboolean
loom_path_mtu_probe(const char *target, const char *link, guint64 mtu, guint milliseconds,
                    LoomPathMtu *answer, GError **error)
{
    g_auto(Asking) asking = {
        .fd = -1, .family = strchr(target, ':') ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4};
    const gint64 end = g_get_monotonic_time() + milliseconds * G_GINT64_CONSTANT(1000);
    gint64 left;

    if (!make_packets(&asking, mtu)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("An MTU of %" PRIu64 " is too small to be asked for"), mtu);
        return FALSE;
    }
    if (!open_socket(&asking, target, link, error))
        return FALSE;
    while (!is_decided(&asking) && (left = (end - g_get_monotonic_time()) / 1000) > 0) {
        struct pollfd poll_fd = {.fd = asking.fd, .events = POLLIN};
        const gint64 again = g_get_monotonic_time() + ASK_AGAIN * 1000;

        if (!ask(&asking)) {
            loom_error_set_errno(error, errno, _("Cannot send ICMP echo requests to %s"), target);
            return FALSE;
        }
        while (!is_decided(&asking) && g_get_monotonic_time() < again &&
               poll(&poll_fd, 1, (int)CLAMP((again - g_get_monotonic_time()) / 1000, 1, left)) > 0)
            hear(&asking);
    }
    *answer = judge(&asking);
    return TRUE;
}
