/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of which rules of guards are made: each looks at one place of a frame. */
#pragma once

#include "kernel/nftables.h"

#define WORD(value)                                                                                \
    {                                                                                              \
        (value) >> 8 & 0xff, (value)&0xff                                                          \
    }
#define KIND(ethertype)                                                                            \
    {                                                                                              \
        LOOM_NFT_PROTOCOL, .length = 2, .value = WORD(ethertype)                                   \
    }
#define BEHIND(protocol)                                                                           \
    {                                                                                              \
        LOOM_NFT_L4PROTO, .length = 1, .value = { protocol }                                       \
    }
#define TYPE(type)                                                                                 \
    {                                                                                              \
        LOOM_NFT_TRANSPORT, .length = 1, .value = { type }                                         \
    }
#define FROM(port)                                                                                 \
    {                                                                                              \
        LOOM_NFT_TRANSPORT, .length = 2, .value = WORD(port)                                       \
    }
#define TO(port)                                                                                   \
    {                                                                                              \
        LOOM_NFT_TRANSPORT, .offset = 2, .length = 2, .value = WORD(port)                          \
    }
#define OUTER_TAG(ethertype)                                                                       \
    {                                                                                              \
        LOOM_NFT_LINK, .offset = 12, .length = 2, .value = WORD(ethertype)                         \
    }
#define TAG_HAS(bits)                                                                              \
    {                                                                                              \
        LOOM_NFT_LINK, .offset = 14, .length = 2, .mask = WORD(bits), .negated = TRUE              \
    }
/* of an IPv4 packet: it begins with the header of its protocol, unlike later fragments */
#define FIRST4                                                                                     \
    {                                                                                              \
        LOOM_NFT_NETWORK, .offset = 6, .length = 2, .mask = WORD(0x1fff)                           \
    }
/* of an IPv6 packet: it is no fragment, the first one, or a later one */
#define WHOLE6                                                                                     \
    {                                                                                              \
        LOOM_NFT_FRAGMENT, .length = 1                                                             \
    }
#define FIRST6                                                                                     \
    {                                                                                              \
        LOOM_NFT_PLACE, .length = 2, .mask = WORD(0xfff8)                                          \
    }
#define LATER6                                                                                     \
    {                                                                                              \
        LOOM_NFT_PLACE, .length = 2, .mask = WORD(0xfff8), .negated = TRUE                         \
    }
/* the ports, or the type: whatever they are, for no octet masked with 1 is 2 */
#define BEGINNING                                                                                  \
    {                                                                                              \
        LOOM_NFT_TRANSPORT, .offset = 3, .length = 1, .mask = {1}, .value = {2}, .negated = TRUE   \
    }
/* of an IPv6 packet: all of it is one message of ND, with no option, or with one of 8 octets */
#define ND_OF(octets)                                                                              \
    {                                                                                              \
        LOOM_NFT_NETWORK, .offset = 4, .length = 2, .value = WORD(octets)                          \
    }
#define RS_OPTION(type)                                                                            \
    {                                                                                              \
        LOOM_NFT_TRANSPORT, .offset = 8, .length = 1, .value = { type }                            \
    }
#define ND_OPTION(type)                                                                            \
    {                                                                                              \
        LOOM_NFT_TRANSPORT, .offset = 24, .length = 1, .value = { type }                           \
    }
#define LINK_LOCAL(at, offset_)                                                                    \
    {                                                                                              \
        at, .offset = (offset_), .length = 2, .mask = {0xff, 0xc0}, .value = { 0xfe, 0x80 }        \
    }
#define SNAP_OF(vendor)                                                                            \
    {                                                                                              \
        LOOM_NFT_NETWORK, .length = 6, .value = { 0xaa, 0xaa, 0x03, 0x00, 0x00, (vendor) }         \
    }
#define NONE(at, offset_, length_)                                                                 \
    {                                                                                              \
        at, .offset = (offset_), .length = (length_)                                               \
    }

#define RULE(purpose_, count_, ...)                                                                \
    {                                                                                              \
        .purpose = (purpose_), .count = (count_), .matches = { __VA_ARGS__ }                       \
    }
#define RETURN(purpose_, count_, ...)                                                              \
    {                                                                                              \
        .purpose = (purpose_), .count = (count_), .matches = {__VA_ARGS__},                        \
        .verdict = LOOM_NFT_RETURN                                                                 \
    }
