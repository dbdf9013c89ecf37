/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words for rtnetlink's numbers. */
#include "kernel/words.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

const LoomWord loom_word_scopes[] = {
    {RT_SCOPE_UNIVERSE, "global"}, {RT_SCOPE_SITE, "site"},       {RT_SCOPE_LINK, "link"},
    {RT_SCOPE_HOST, "host"},       {RT_SCOPE_NOWHERE, "nowhere"}, {0, NULL},
};

const LoomWord loom_word_protocols[] = {
    {RTPROT_UNSPEC, "none"},
    {RTPROT_REDIRECT, "redirect"},
    {RTPROT_KERNEL, "kernel"},
    {RTPROT_BOOT, "boot"},
    {RTPROT_STATIC, "static"},
    {RTPROT_GATED, "gated"},
    {RTPROT_RA, "ra"},
    {RTPROT_MRT, "mrt"},
    {RTPROT_ZEBRA, "zebra"},
    {RTPROT_BIRD, "bird"},
    {RTPROT_DNROUTED, "dnrouted"},
    {RTPROT_XORP, "xorp"},
    {RTPROT_NTK, "ntk"},
    {RTPROT_DHCP, "dhcp"},
    {RTPROT_MROUTED, "mrouted"},
    {RTPROT_KEEPALIVED, "keepalived"},
    {RTPROT_BABEL, "babel"},
    {RTPROT_BGP, "bgp"},
    {RTPROT_ISIS, "isis"},
    {RTPROT_OSPF, "ospf"},
    {RTPROT_RIP, "rip"},
    {RTPROT_EIGRP, "eigrp"},
    {0, NULL},
};

const LoomWord loom_word_route_types[] = {
    {RTN_UNICAST, "unicast"},
    {RTN_LOCAL, "local"},
    {RTN_BROADCAST, "broadcast"},
    {RTN_ANYCAST, "anycast"},
    {RTN_MULTICAST, "multicast"},
    {RTN_BLACKHOLE, "blackhole"},
    {RTN_UNREACHABLE, "unreachable"},
    {RTN_PROHIBIT, "prohibit"},
    {RTN_THROW, "throw"},
    {RTN_NAT, "nat"},
    {0, NULL},
};

char *
loom_word_format(const LoomWord *words, unsigned number)
{
    for (; words->word; words++)
        if (words->number == number)
            return g_strdup(words->word);
    return g_strdup_printf("%u", number);
}

gboolean
loom_word_parse(const LoomWord *words, const char *text, guint8 *number)
{
    guint64 value;

    for (; words->word; words++)
        if (g_str_equal(words->word, text)) {
            *number = (guint8)words->number;
            return TRUE;
        }
    if (!g_ascii_string_to_unsigned(text, 10, 0, 255, &value, NULL))
        return FALSE;
    *number = (guint8)value;
    return TRUE;
}
