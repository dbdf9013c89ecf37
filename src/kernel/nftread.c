/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nftables over netlink: chains and rules as the kernel has them. */
#include "kernel/nftables.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

/* --- expressions ----------------------------------------------------------------------------- */

static guint32
get_u32(const struct nlattr *attribute)
{
    return attribute && nla_len(attribute) == sizeof(guint32)
               ? GUINT32_FROM_BE(nla_get_u32((struct nlattr *)attribute))
               : G_MAXUINT32;
}

/* FALSE: there are none, or more than fit. */
static gboolean
get_data(const struct nlattr *nest, guint8 *octets, guint8 *length)
{
    struct nlattr *found[NFTA_DATA_MAX + 1] = {NULL};

    if (!nest || nla_parse_nested(found, NFTA_DATA_MAX, (struct nlattr *)nest, NULL) < 0 ||
        !found[NFTA_DATA_VALUE] || nla_len(found[NFTA_DATA_VALUE]) > LOOM_NFT_OCTETS)
        return FALSE;
    *length = (guint8)nla_len(found[NFTA_DATA_VALUE]);
    memcpy(octets, nla_data(found[NFTA_DATA_VALUE]), *length);
    return TRUE;
}

/* A rule in the making: what was loaded and not compared yet is its next match. */
typedef struct {
    LoomNftRule *rule;
    gboolean is_loaded;
} Making;

static LoomNftMatch *
next_match(const Making *making)
{
    return &making->rule->matches[making->rule->count];
}

static gboolean
load(Making *making, LoomNftSource source)
{
    if (making->is_loaded || making->rule->count == LOOM_NFT_MATCHES)
        return FALSE;
    making->is_loaded = TRUE;
    next_match(making)->source = source;
    return TRUE;
}

static gboolean
read_payload(Making *making, struct nlattr **found)
{
    guint32 base = get_u32(found[NFTA_PAYLOAD_BASE]), offset = get_u32(found[NFTA_PAYLOAD_OFFSET]);
    guint32 length = get_u32(found[NFTA_PAYLOAD_LEN]);

    if (base > NFT_PAYLOAD_TRANSPORT_HEADER || offset > G_MAXUINT8 || length > LOOM_NFT_OCTETS ||
        !load(making, base == NFT_PAYLOAD_LL_HEADER        ? LOOM_NFT_LINK
                      : base == NFT_PAYLOAD_NETWORK_HEADER ? LOOM_NFT_NETWORK
                                                           : LOOM_NFT_TRANSPORT))
        return FALSE;
    next_match(making)->offset = (guint8)offset;
    return TRUE;
}

static gboolean
read_fragment(Making *making, struct nlattr **found)
{
    guint32 flags = get_u32(found[NFTA_EXTHDR_FLAGS]), offset = get_u32(found[NFTA_EXTHDR_OFFSET]);

    if (!found[NFTA_EXTHDR_TYPE] || nla_get_u8(found[NFTA_EXTHDR_TYPE]) != 44)
        return FALSE;
    return (flags == NFT_EXTHDR_F_PRESENT && load(making, LOOM_NFT_FRAGMENT)) ||
           (!flags && offset == 2 && load(making, LOOM_NFT_PLACE));
}

/* It loads what is compared, or sets a priority to what an immediate loaded. */
static gboolean
read_meta(Making *making, struct nlattr **found)
{
    guint32 key = get_u32(found[NFTA_META_KEY]);

    if (found[NFTA_META_SREG])
        return key == NFT_META_PRIORITY && making->rule->verdict == LOOM_NFT_PRIORITY;
    return (key == NFT_META_PROTOCOL && load(making, LOOM_NFT_PROTOCOL)) ||
           (key == NFT_META_L4PROTO && load(making, LOOM_NFT_L4PROTO));
}

static gboolean
read_mask(Making *making, struct nlattr **found)
{
    guint8 none[LOOM_NFT_OCTETS] = {0},
           xor[LOOM_NFT_OCTETS] =
               {
                   0},
           length;

    return making->is_loaded &&
           get_data(found[NFTA_BITWISE_MASK], next_match(making)->mask, &length) &&
           get_data(found[NFTA_BITWISE_XOR], xor, &length) && memcmp(none, xor, sizeof none) == 0;
}

static gboolean
read_comparison(Making *making, struct nlattr **found)
{
    LoomNftMatch *match = next_match(making);
    guint32 operation = get_u32(found[NFTA_CMP_OP]);

    if (!making->is_loaded || operation > NFT_CMP_NEQ ||
        !get_data(found[NFTA_CMP_DATA], match->value, &match->length))
        return FALSE;
    match->negated = operation == NFT_CMP_NEQ;
    making->is_loaded = FALSE;
    making->rule->count++;
    return TRUE;
}

static gboolean
read_counter(Making *making, struct nlattr **found)
{
    if (found[NFTA_COUNTER_PACKETS] && nla_len(found[NFTA_COUNTER_PACKETS]) == sizeof(guint64))
        making->rule->packets = GUINT64_FROM_BE(nla_get_u64(found[NFTA_COUNTER_PACKETS]));
    return TRUE;
}

static gboolean
read_verdict(LoomNftRule *rule, struct nlattr *nest)
{
    struct nlattr *found[NFTA_VERDICT_MAX + 1] = {NULL};
    gint32 code;

    if (nla_parse_nested(found, NFTA_VERDICT_MAX, nest, NULL) < 0 || !found[NFTA_VERDICT_CODE])
        return FALSE;
    code = (gint32)get_u32(found[NFTA_VERDICT_CODE]);
    rule->verdict = code == NF_DROP      ? LOOM_NFT_DROP
                    : code == NFT_RETURN ? LOOM_NFT_RETURN
                                         : LOOM_NFT_JUMP;
    if (code == NFT_JUMP && found[NFTA_VERDICT_CHAIN])
        g_strlcpy(rule->target, nla_get_string(found[NFTA_VERDICT_CHAIN]), sizeof rule->target);
    return code == NF_DROP || code == NFT_RETURN || code == NFT_JUMP;
}

static gboolean
read_immediate(Making *making, struct nlattr **found)
{
    struct nlattr *data[NFTA_DATA_MAX + 1] = {NULL};
    guint8 octets[LOOM_NFT_OCTETS], length;

    if (!found[NFTA_IMMEDIATE_DATA] ||
        nla_parse_nested(data, NFTA_DATA_MAX, found[NFTA_IMMEDIATE_DATA], NULL) < 0)
        return FALSE;
    if (data[NFTA_DATA_VERDICT])
        return read_verdict(making->rule, data[NFTA_DATA_VERDICT]);
    if (!get_data(found[NFTA_IMMEDIATE_DATA], octets, &length) ||
        length != sizeof making->rule->priority)
        return FALSE;
    memcpy(&making->rule->priority, octets, length);
    making->rule->verdict = LOOM_NFT_PRIORITY;
    return TRUE;
}

static const struct {
    const char *name;
    gboolean (*read)(Making *making, struct nlattr **found);
} readers[] = {
    {"payload", read_payload},     {"meta", read_meta},      {"exthdr", read_fragment},
    {"bitwise", read_mask},        {"cmp", read_comparison}, {"counter", read_counter},
    {"immediate", read_immediate},
};

enum { DATA_MAX = 16 }; /* of any of these */

static gboolean
read_expression(Making *making, const struct nlattr *item)
{
    struct nlattr *parts[NFTA_EXPR_MAX + 1] = {NULL}, *found[DATA_MAX + 1] = {NULL};

    if (nla_parse_nested(parts, NFTA_EXPR_MAX, (struct nlattr *)item, NULL) < 0 ||
        !parts[NFTA_EXPR_NAME])
        return FALSE;
    if (parts[NFTA_EXPR_DATA] && nla_parse_nested(found, DATA_MAX, parts[NFTA_EXPR_DATA], NULL) < 0)
        return FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(readers); i++)
        if (g_str_equal(nla_get_string(parts[NFTA_EXPR_NAME]), readers[i].name))
            return readers[i].read(making, found);
    return FALSE;
}

static void
read_expressions(LoomNftRule *rule, const struct nlattr *list)
{
    Making making = {rule, FALSE};
    const struct nlattr *item;
    int left;

    nla_for_each_nested(item, list, left) if (!read_expression(&making, item)) rule->is_alien =
        TRUE;
    rule->is_alien |= making.is_loaded;
}

/* --- dumps ----------------------------------------------------------------------------------- */

static LoomMessage *
request_new(int type)
{
    struct nfgenmsg header = {.nfgen_family = NFPROTO_NETDEV, .version = NFNETLINK_V0};

    return loom_netlink_message(NFNL_SUBSYS_NFTABLES << 8 | type, 0, &header, sizeof header);
}

typedef struct {
    LoomNftRuleHandler handle;
    gpointer data;
} RuleReading;

static gboolean
is_ours(const struct nlattr *table)
{
    return table && g_str_equal(nla_get_string((struct nlattr *)table), LOOM_NFT_TABLE);
}

static void
on_rule(const struct nlmsghdr *message, gpointer data)
{
    const RuleReading *reading = data;
    struct nlattr *found[NFTA_RULE_MAX + 1] = {NULL};
    LoomNftRule rule = {0};

    if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE) ||
        !loom_netlink_parse(message, sizeof(struct nfgenmsg), found, NFTA_RULE_MAX) ||
        !is_ours(found[NFTA_RULE_TABLE]) || !found[NFTA_RULE_CHAIN])
        return;
    if (found[NFTA_RULE_EXPRESSIONS])
        read_expressions(&rule, found[NFTA_RULE_EXPRESSIONS]);
    if (found[NFTA_RULE_USERDATA])
        g_strlcpy(rule.purpose, nla_data(found[NFTA_RULE_USERDATA]),
                  MIN(sizeof rule.purpose, (size_t)nla_len(found[NFTA_RULE_USERDATA])));
    reading->handle(nla_get_string(found[NFTA_RULE_CHAIN]), &rule, reading->data);
}

int
loom_nft_read_rules(LoomNetlink *netlink, const char *chain, LoomNftRuleHandler handler,
                    gpointer data)
{
    g_autoptr(LoomMessage) request = request_new(NFT_MSG_GETRULE);
    RuleReading reading = {handler, data};

    nla_put_string(request, NFTA_RULE_TABLE, LOOM_NFT_TABLE);
    if (chain)
        nla_put_string(request, NFTA_RULE_CHAIN, chain);
    return loom_netlink_dump(netlink, request, on_rule, &reading);
}

typedef struct {
    LoomNftChainHandler handle;
    gpointer data;
} ChainReading;

static gboolean
is_text(const struct nlattr *attribute, const char *text)
{
    return attribute && nla_strcmp(attribute, text) == 0;
}

/* The kernel tells of the device beside the list of devices where there is one alone. */
static LoomNftHook
read_hook(struct nlattr **chain)
{
    LoomNftHook result = {.is_bound = chain[NFTA_CHAIN_HOOK] != NULL};
    struct nlattr *found[NFTA_HOOK_MAX + 1] = {NULL};

    if (result.is_bound &&
        nla_parse_nested(found, NFTA_HOOK_MAX, chain[NFTA_CHAIN_HOOK], NULL) >= 0 &&
        found[NFTA_HOOK_DEV] && get_u32(found[NFTA_HOOK_HOOKNUM]) <= NF_NETDEV_EGRESS &&
        get_u32(found[NFTA_HOOK_PRIORITY]) == LOOM_NFT_HOOK_PRIORITY &&
        get_u32(chain[NFTA_CHAIN_POLICY]) == NF_ACCEPT &&
        is_text(chain[NFTA_CHAIN_TYPE], LOOM_NFT_HOOK_TYPE)) {
        g_strlcpy(result.device, nla_get_string(found[NFTA_HOOK_DEV]), sizeof result.device);
        result.is_egress = get_u32(found[NFTA_HOOK_HOOKNUM]) == NF_NETDEV_EGRESS;
    }
    return result;
}

static gboolean
parse_chain(const struct nlmsghdr *message, struct nlattr **found)
{
    return message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN) &&
           loom_netlink_parse(message, sizeof(struct nfgenmsg), found, NFTA_CHAIN_MAX) &&
           is_ours(found[NFTA_CHAIN_TABLE]) && found[NFTA_CHAIN_NAME];
}

static void
on_chain(const struct nlmsghdr *message, gpointer data)
{
    const ChainReading *reading = data;
    struct nlattr *found[NFTA_CHAIN_MAX + 1] = {NULL};
    LoomNftHook hook;

    if (!parse_chain(message, found))
        return;
    hook = read_hook(found);
    reading->handle(nla_get_string(found[NFTA_CHAIN_NAME]), &hook, reading->data);
}

int
loom_nft_read_chains(LoomNetlink *netlink, LoomNftChainHandler handler, gpointer data)
{
    g_autoptr(LoomMessage) request = request_new(NFT_MSG_GETCHAIN);
    ChainReading reading = {handler, data};

    return loom_netlink_dump(netlink, request, on_chain, &reading);
}

int
loom_nft_find_chain(LoomNetlink *netlink, const char *chain, LoomNftHook *hook)
{
    g_autoptr(LoomMessage) request = request_new(NFT_MSG_GETCHAIN);
    struct nlattr *found[NFTA_CHAIN_MAX + 1] = {NULL};
    const struct nlmsghdr *answer;
    int number;

    nla_put_string(request, NFTA_CHAIN_TABLE, LOOM_NFT_TABLE);
    nla_put_string(request, NFTA_CHAIN_NAME, chain);
    answer = loom_netlink_get(netlink, request, &number);
    if (!answer)
        return number == EOPNOTSUPP || number == EINVAL ? ENOENT : number;
    if (!parse_chain(answer, found))
        return ENOENT;
    if (hook)
        *hook = read_hook(found);
    return 0;
}

gboolean
loom_nft_hook_equal(const LoomNftHook *a, const LoomNftHook *b)
{
    return !a->is_bound == !b->is_bound && !a->is_egress == !b->is_egress &&
           g_str_equal(a->device, b->device);
}

static gboolean
match_equal(const LoomNftMatch *a, const LoomNftMatch *b)
{
    return a->source == b->source && a->offset == b->offset && a->length == b->length &&
           !a->negated == !b->negated && memcmp(a->mask, b->mask, sizeof a->mask) == 0 &&
           memcmp(a->value, b->value, sizeof a->value) == 0;
}

gboolean
loom_nft_rule_equal(const LoomNftRule *a, const LoomNftRule *b)
{
    if (a->is_alien || b->is_alien || a->count != b->count || a->verdict != b->verdict ||
        a->priority != b->priority || !g_str_equal(a->target, b->target) ||
        !g_str_equal(a->purpose, b->purpose))
        return FALSE;
    for (size_t i = 0; i < a->count; i++)
        if (!match_equal(&a->matches[i], &b->matches[i]))
            return FALSE;
    return TRUE;
}
