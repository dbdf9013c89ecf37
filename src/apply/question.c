/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The four kinds of evidence, each with its socket. */
#include "apply/question.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

typedef union {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
    struct sockaddr_ll link;
} Address;

/* LINK counts for addresses that mean something on their link alone. */
static socklen_t
address_fill(Address *address, const LoomInet *inet, guint16 port, unsigned link)
{
    memset(address, 0, sizeof *address);
    address->any.sa_family = inet->family;
    if (inet->family == G_SOCKET_FAMILY_IPV4) {
        address->ipv4.sin_port = htons(port);
        memcpy(&address->ipv4.sin_addr, inet->bytes, sizeof address->ipv4.sin_addr);
        return sizeof address->ipv4;
    }
    address->ipv6.sin6_port = htons(port);
    memcpy(&address->ipv6.sin6_addr, inet->bytes, sizeof address->ipv6.sin6_addr);
    if (IN6_IS_ADDR_LINKLOCAL(&address->ipv6.sin6_addr) ||
        IN6_IS_ADDR_MC_LINKLOCAL(&address->ipv6.sin6_addr))
        address->ipv6.sin6_scope_id = link;
    return sizeof address->ipv6;
}

static int
set_option(const LoomQuestion *question, int level, int name, int value)
{
    return setsockopt(question->fd, level, name, &value, sizeof value) < 0 ? errno : 0;
}

/* Bound to the link and to the address that the way leaves with. */
static int
open_socket(LoomQuestion *question, int type, int protocol)
{
    socklen_t length;
    Address address;

    question->fd = socket(question->target.family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    length = address_fill(&address, &question->way.source, 0, question->way.link);
    if (question->fd < 0 ||
        (question->bound && setsockopt(question->fd, SOL_SOCKET, SO_BINDTODEVICE, question->link,
                                       strlen(question->link) + 1) < 0) ||
        (question->way.source.family && bind(question->fd, &address.any, length) < 0))
        return errno;
    return 0;
}

static int
connect_socket(const LoomQuestion *question)
{
    Address address;
    socklen_t length =
        address_fill(&address, &question->target, question->port, question->way.link);

    return connect(question->fd, &address.any, length) < 0 ? errno : 0;
}

/* The link's own address; an errno where it has none, as those that are not Ethernet. */
static int
read_mac(const char *link, guint8 mac[LOOM_PACKET_MAC])
{
    struct ifreq request = {0};
    int number = 0;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno;
    g_strlcpy(request.ifr_name, link, sizeof request.ifr_name);
    if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
        number = errno;
    else if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
        number = EOPNOTSUPP;
    else
        memcpy(mac, request.ifr_hwaddr.sa_data, LOOM_PACKET_MAC);
    close(fd);
    return number;
}

/* --- ARP ------------------------------------------------------------------------------------- */

static int
arp_open(LoomQuestion *question)
{
    const struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                        .sll_protocol = htons(ETHERTYPE_ARP),
                                        .sll_ifindex = question->way.link};
    guint8 mac[LOOM_PACKET_MAC];
    int number = read_mac(question->link, mac);

    if (number)
        return number;
    question->packet = loom_packet_arp(mac, &question->way.source, &question->target);
    /* protocol 0: nothing is heard of other links before it is bound */
    question->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (question->fd < 0 ||
        bind(question->fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return errno;
    return 0;
}

static int
arp_ask(LoomQuestion *question)
{
    struct sockaddr_ll everybody = {.sll_family = AF_PACKET,
                                    .sll_protocol = htons(ETHERTYPE_ARP),
                                    .sll_ifindex = question->way.link,
                                    .sll_halen = LOOM_PACKET_MAC};

    memset(everybody.sll_addr, 0xff, LOOM_PACKET_MAC);
    return sendto(question->fd, question->packet.bytes, question->packet.length, 0,
                  (const struct sockaddr *)&everybody, sizeof everybody) < 0
               ? errno
               : 0;
}

static LoomHeard
arp_hear(LoomQuestion *question)
{
    guint8 bytes[512];
    ssize_t length;

    while ((length = recv(question->fd, bytes, sizeof bytes, 0)) >= 0)
        if (loom_packet_answers_arp(&question->packet, bytes, length))
            return LOOM_HEARD_ANSWER;
    return LOOM_HEARD_NOTHING;
}

static const LoomEvidence evidence_arp = {
    .sent = N_("ARP requests"),
    .repeats = TRUE,
    .events = POLLIN,
    .open = arp_open,
    .ask = arp_ask,
    .hear = arp_hear,
};

/* --- neighbour discovery --------------------------------------------------------------------- */

/* Only this type of ICMPv6 message is to come. */
static int
filter(const LoomQuestion *question, guint8 type)
{
    struct icmp6_filter only;

    ICMP6_FILTER_SETBLOCKALL(&only);
    ICMP6_FILTER_SETPASS(type, &only);
    return setsockopt(question->fd, IPPROTO_ICMPV6, ICMP6_FILTER, &only, sizeof only) < 0 ? errno
                                                                                          : 0;
}

static int
solicitation_open(LoomQuestion *question)
{
    guint8 mac[LOOM_PACKET_MAC];
    int number = read_mac(question->link, mac);

    if (number)
        return number;
    question->packet = loom_packet_solicitation(mac, &question->target);
    question->bound = TRUE; /* a multicast leaves by the link that the way has */
    (void)((number = open_socket(question, SOCK_RAW, IPPROTO_ICMPV6)) ||
           (number = filter(question, ND_NEIGHBOR_ADVERT)) ||
           (number = set_option(question, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 255)) ||
           (number = set_option(question, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0)) ||
           (number = set_option(question, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1)));
    return number;
}

static int
solicitation_ask(LoomQuestion *question)
{
    LoomInet group = loom_packet_solicited_node(&question->target);
    Address address;
    socklen_t length = address_fill(&address, &group, 0, question->way.link);

    return sendto(question->fd, question->packet.bytes, question->packet.length, 0, &address.any,
                  length) < 0
               ? errno
               : 0;
}

static int
hop_limit(struct msghdr *message)
{
    int hops = -1;

    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
         header = CMSG_NXTHDR(message, header))
        if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_HOPLIMIT)
            memcpy(&hops, CMSG_DATA(header), sizeof hops);
    return hops;
}

static LoomHeard
solicitation_hear(LoomQuestion *question)
{
    guint8 bytes[512];

    for (;;) {
        struct iovec part = {bytes, sizeof bytes};
        guint64 control[16];
        struct msghdr message = {.msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        ssize_t length = recvmsg(question->fd, &message, 0);

        if (length < 0)
            return LOOM_HEARD_NOTHING;
        if (loom_packet_answers_solicitation(&question->packet, bytes, length, hop_limit(&message)))
            return LOOM_HEARD_ANSWER;
    }
}

static const LoomEvidence evidence_solicitation = {
    .sent = N_("neighbour solicitations"),
    .repeats = TRUE,
    .events = POLLIN,
    .open = solicitation_open,
    .ask = solicitation_ask,
    .hear = solicitation_hear,
};

/* --- ICMP echo ------------------------------------------------------------------------------- */

static int
echo_open(LoomQuestion *question)
{
    gboolean is_ipv4 = question->target.family == G_SOCKET_FAMILY_IPV4;
    guint8 nonce[LOOM_PACKET_NONCE];
    int number;

    if (getrandom(nonce, sizeof nonce, 0) != sizeof nonce)
        return errno;
    question->packet = loom_packet_echo(question->target.family, nonce);
    (void)((number = open_socket(question, SOCK_RAW, is_ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6)) ||
           (number = is_ipv4 ? 0 : filter(question, ICMP6_ECHO_REPLY)) ||
           (number = connect_socket(question)));
    return number;
}

static int
echo_ask(LoomQuestion *question)
{
    return send(question->fd, question->packet.bytes, question->packet.length, 0) < 0 ? errno : 0;
}

static LoomHeard
echo_hear(LoomQuestion *question)
{
    guint8 bytes[512];
    ssize_t length;

    while ((length = recv(question->fd, bytes, sizeof bytes, 0)) >= 0)
        if (loom_packet_answers_echo(&question->packet, question->target.family, bytes, length))
            return LOOM_HEARD_ANSWER;
    return LOOM_HEARD_NOTHING;
}

static const LoomEvidence evidence_echo = {
    .sent = N_("ICMP echo requests"),
    .repeats = TRUE,
    .events = POLLIN,
    .open = echo_open,
    .ask = echo_ask,
    .hear = echo_hear,
};

/* --- TCP ------------------------------------------------------------------------------------- */

static int
tcp_open(LoomQuestion *question)
{
    return open_socket(question, SOCK_STREAM, IPPROTO_TCP);
}

static int
tcp_ask(LoomQuestion *question)
{
    int number = connect_socket(question);

    return number == EINPROGRESS ? 0 : number;
}

static LoomHeard
tcp_hear(LoomQuestion *question)
{
    socklen_t length = sizeof(int);
    int number = 0;

    getsockopt(question->fd, SOL_SOCKET, SO_ERROR, &number, &length);
    return number == ECONNREFUSED ? LOOM_HEARD_REFUSAL
           : number               ? LOOM_HEARD_NOTHING
                                  : LOOM_HEARD_ANSWER;
}

static const LoomEvidence evidence_tcp = {
    .sent = N_("a TCP connection"),
    .events = POLLOUT,
    .open = tcp_open,
    .ask = tcp_ask,
    .hear = tcp_hear,
};

/* --------------------------------------------------------------------------------------------- */

/* Asking with an address of another link would teach others that it is here. */
static gboolean
is_of_link(const LoomInet *source, const char *link)
{
    struct ifaddrs *all = NULL;
    gboolean found = FALSE;

    if (getifaddrs(&all) < 0)
        return FALSE;
    for (const struct ifaddrs *one = all; one && !found; one = one->ifa_next) {
        const Address *address = (const Address *)one->ifa_addr;
        size_t size = loom_inet_bits(source) / 8;

        if (!address || address->any.sa_family != source->family || strcmp(one->ifa_name, link))
            continue;
        found =
            !memcmp(source->family == G_SOCKET_FAMILY_IPV4 ? (const void *)&address->ipv4.sin_addr
                                                           : &address->ipv6.sin6_addr,
                    source->bytes, size);
    }
    freeifaddrs(all);
    return found;
}

static gboolean
find_way(LoomQuestion *question, GError **error)
{
    g_autofree char *target = loom_inet_format(&question->target);
    unsigned link = question->bound ? if_nametoindex(question->link) : 0;

    if (question->bound && !link) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND, _("There is no link '%s'"),
                    question->link);
        return FALSE;
    }
    if (!loom_way_find(&question->target, link, &question->way, error))
        return FALSE;
    if (question->way.local) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("%s is an address of this host itself"), target);
        return FALSE;
    }
    if (question->bound && !is_of_link(&question->way.source, question->link)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                    _("Link '%s' has no address that it could ask %s with"), question->link,
                    target);
        return FALSE;
    }
    if (!question->bound && !if_indextoname(question->way.link, question->link)) {
        loom_error_set_errno(error, errno, _("The link to %s is gone"), target);
        return FALSE;
    }
    return TRUE;
}

static const LoomEvidence *
choose_evidence(const LoomQuestion *question)
{
    guint8 mac[LOOM_PACKET_MAC];

    if (question->port)
        return &evidence_tcp;
    if (question->way.routed || read_mac(question->link, mac))
        return &evidence_echo;
    return question->target.family == G_SOCKET_FAMILY_IPV4 ? &evidence_arp : &evidence_solicitation;
}

LoomQuestion *
loom_question_new(const LoomInet *target, guint16 port, const char *link, GError **error)
{
    g_autoptr(LoomQuestion) question = g_new0(LoomQuestion, 1);
    int number;

    question->fd = -1;
    question->target = *target;
    question->port = port;
    question->bound = link != NULL;
    if (link)
        g_strlcpy(question->link, link, sizeof question->link);
    if (!find_way(question, error))
        return NULL;
    question->evidence = choose_evidence(question);
    number = question->evidence->open(question);
    if (!number)
        number = question->evidence->ask(question);
    if (number) {
        g_autofree char *text = loom_inet_format(target);

        loom_error_set_errno(error, number, _("Cannot send %s to %s on link '%s'"),
                             _(question->evidence->sent), text, question->link);
        return NULL;
    }
    return g_steal_pointer(&question);
}

void
loom_question_free(LoomQuestion *question)
{
    if (question && question->fd >= 0)
        close(question->fd);
    g_free(question);
}
