/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nftables over netlink: chains and rules, written in batches and read back. */
#include "kernel/nftables.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#define MESSAGE_ROOM (2 * 1024)
#define EXTENSION    44 /* RFC 8200, 4.5: the fragment header */

/* --- messages -------------------------------------------------------------------------------- */

static LoomMessage *
message_new(int type, int flags)
{
    struct nfgenmsg header = {.nfgen_family = NFPROTO_NETDEV, .version = NFNETLINK_V0};
    LoomMessage *message = nlmsg_alloc_size(MESSAGE_ROOM);

    if (!message ||
        !nlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, NFNL_SUBSYS_NFTABLES << 8 | type, 0,
                   NLM_F_REQUEST | flags) ||
        nlmsg_append(message, &header, sizeof header, NLMSG_ALIGNTO) < 0)
        g_error("out of memory for a message to the kernel");
    return message;
}

/* What begins and ends a batch. */
static LoomMessage *
mark_new(int type)
{
    struct nfgenmsg header = {.nfgen_family = AF_UNSPEC,
                              .version = NFNETLINK_V0,
                              .res_id = GUINT16_TO_BE(NFNL_SUBSYS_NFTABLES)};

    return loom_netlink_message(type, 0, &header, sizeof header);
}

static void
free_message(gpointer message)
{
    nlmsg_free(message);
}

GPtrArray *
loom_nft_batch_new(void)
{
    return g_ptr_array_new_with_free_func(free_message);
}

/* Takes MESSAGE over, and keeps no more of it than it says: a guest's ports have thousands. */
static void
add(GPtrArray *batch, LoomMessage *message)
{
    LoomMessage *packed = nlmsg_convert(nlmsg_hdr(message));

    if (!packed)
        g_error("out of memory for a message to the kernel");
    nlmsg_free(message);
    g_ptr_array_add(batch, packed);
}

static void
put_u32(LoomMessage *message, int type, guint32 value)
{
    nla_put_u32(message, type, GUINT32_TO_BE(value));
}

/* --- chains ---------------------------------------------------------------------------------- */

static void
put_table(GPtrArray *batch)
{
    LoomMessage *message = message_new(NFT_MSG_NEWTABLE, NLM_F_CREATE);

    nla_put_string(message, NFTA_TABLE_NAME, LOOM_NFT_TABLE);
    add(batch, message);
}

static void
put_hook(LoomMessage *message, const LoomNftHook *where)
{
    struct nlattr *hook = nla_nest_start(message, NFTA_CHAIN_HOOK);

    put_u32(message, NFTA_HOOK_HOOKNUM, where->is_egress ? NF_NETDEV_EGRESS : NF_NETDEV_INGRESS);
    put_u32(message, NFTA_HOOK_PRIORITY, LOOM_NFT_HOOK_PRIORITY);
    nla_put_string(message, NFTA_HOOK_DEV, where->device);
    nla_nest_end(message, hook);
    nla_put_string(message, NFTA_CHAIN_TYPE, LOOM_NFT_HOOK_TYPE);
}

void
loom_nft_flush_chain(GPtrArray *batch, const char *chain)
{
    LoomMessage *message = message_new(NFT_MSG_DELRULE, 0);

    nla_put_string(message, NFTA_RULE_TABLE, LOOM_NFT_TABLE);
    nla_put_string(message, NFTA_RULE_CHAIN, chain);
    add(batch, message);
}

void
loom_nft_put_chain(GPtrArray *batch, const char *chain, const LoomNftHook *hook)
{
    LoomMessage *message = message_new(NFT_MSG_NEWCHAIN, NLM_F_CREATE);

    if (!batch->len)
        put_table(batch);
    nla_put_string(message, NFTA_CHAIN_TABLE, LOOM_NFT_TABLE);
    nla_put_string(message, NFTA_CHAIN_NAME, chain);
    if (hook->is_bound)
        put_hook(message, hook);
    add(batch, message);
    loom_nft_flush_chain(batch, chain);
}

void
loom_nft_delete_chain(GPtrArray *batch, const char *chain)
{
    LoomMessage *message = message_new(NFT_MSG_DELCHAIN, 0);

    nla_put_string(message, NFTA_CHAIN_TABLE, LOOM_NFT_TABLE);
    nla_put_string(message, NFTA_CHAIN_NAME, chain);
    add(batch, message);
}

/* --- expressions ----------------------------------------------------------------------------- */

static struct nlattr *
expression_start(LoomMessage *message, const char *name, struct nlattr **data)
{
    struct nlattr *item = nla_nest_start(message, NFTA_LIST_ELEM);

    nla_put_string(message, NFTA_EXPR_NAME, name);
    *data = nla_nest_start(message, NFTA_EXPR_DATA);
    return item;
}

static void
expression_end(LoomMessage *message, struct nlattr *item, struct nlattr *data)
{
    nla_nest_end(message, data);
    nla_nest_end(message, item);
}

static void
put_data(LoomMessage *message, int type, gconstpointer octets, int length)
{
    struct nlattr *nest = nla_nest_start(message, type);

    nla_put(message, NFTA_DATA_VALUE, length, octets);
    nla_nest_end(message, nest);
}

static void
put_payload(LoomMessage *message, const LoomNftMatch *match)
{
    static const guint32 bases[] = {
        [LOOM_NFT_LINK] = NFT_PAYLOAD_LL_HEADER,
        [LOOM_NFT_NETWORK] = NFT_PAYLOAD_NETWORK_HEADER,
        [LOOM_NFT_TRANSPORT] = NFT_PAYLOAD_TRANSPORT_HEADER,
    };
    struct nlattr *data, *item = expression_start(message, "payload", &data);

    put_u32(message, NFTA_PAYLOAD_DREG, NFT_REG_1);
    put_u32(message, NFTA_PAYLOAD_BASE, bases[match->source]);
    put_u32(message, NFTA_PAYLOAD_OFFSET, match->offset);
    put_u32(message, NFTA_PAYLOAD_LEN, match->length);
    expression_end(message, item, data);
}

static void
put_meta(LoomMessage *message, guint32 key)
{
    struct nlattr *data, *item = expression_start(message, "meta", &data);

    put_u32(message, NFTA_META_KEY, key);
    put_u32(message, NFTA_META_DREG, NFT_REG_1);
    expression_end(message, item, data);
}

/* RFC 8200, 4.5 */
static void
put_fragment(LoomMessage *message, const LoomNftMatch *match)
{
    gboolean is_place = match->source == LOOM_NFT_PLACE;
    struct nlattr *data, *item = expression_start(message, "exthdr", &data);

    put_u32(message, NFTA_EXTHDR_DREG, NFT_REG_1);
    nla_put_u8(message, NFTA_EXTHDR_TYPE, EXTENSION);
    put_u32(message, NFTA_EXTHDR_OFFSET, is_place ? 2 : 0);
    put_u32(message, NFTA_EXTHDR_LEN, is_place ? 2 : 1);
    put_u32(message, NFTA_EXTHDR_FLAGS, is_place ? 0 : NFT_EXTHDR_F_PRESENT);
    put_u32(message, NFTA_EXTHDR_OP, NFT_EXTHDR_OP_IPV6);
    expression_end(message, item, data);
}

static gboolean
is_masked(const LoomNftMatch *match)
{
    static const guint8 none[LOOM_NFT_OCTETS];

    return memcmp(match->mask, none, sizeof none) != 0;
}

static void
put_mask(LoomMessage *message, const LoomNftMatch *match)
{
    static const guint8 none[LOOM_NFT_OCTETS];
    struct nlattr *data, *item = expression_start(message, "bitwise", &data);

    put_u32(message, NFTA_BITWISE_SREG, NFT_REG_1);
    put_u32(message, NFTA_BITWISE_DREG, NFT_REG_1);
    put_u32(message, NFTA_BITWISE_LEN, match->length);
    put_data(message, NFTA_BITWISE_MASK, match->mask, match->length);
    put_data(message, NFTA_BITWISE_XOR, none, match->length);
    expression_end(message, item, data);
}

static void
put_match(LoomMessage *message, const LoomNftMatch *match)
{
    struct nlattr *data, *item;

    if (match->source <= LOOM_NFT_TRANSPORT)
        put_payload(message, match);
    else if (match->source >= LOOM_NFT_FRAGMENT)
        put_fragment(message, match);
    else
        put_meta(message,
                 match->source == LOOM_NFT_PROTOCOL ? NFT_META_PROTOCOL : NFT_META_L4PROTO);
    if (is_masked(match))
        put_mask(message, match);
    item = expression_start(message, "cmp", &data);
    put_u32(message, NFTA_CMP_SREG, NFT_REG_1);
    put_u32(message, NFTA_CMP_OP, match->negated ? NFT_CMP_NEQ : NFT_CMP_EQ);
    put_data(message, NFTA_CMP_DATA, match->value, match->length);
    expression_end(message, item, data);
}

static void
put_counter(LoomMessage *message)
{
    struct nlattr *data, *item = expression_start(message, "counter", &data);

    expression_end(message, item, data);
}

static void
put_verdict(LoomMessage *message, const LoomNftRule *rule)
{
    static const gint32 codes[] = {
        [LOOM_NFT_DROP] = NF_DROP, [LOOM_NFT_RETURN] = NFT_RETURN, [LOOM_NFT_JUMP] = NFT_JUMP};
    struct nlattr *data, *item = expression_start(message, "immediate", &data);
    struct nlattr *value, *verdict;

    put_u32(message, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    value = nla_nest_start(message, NFTA_IMMEDIATE_DATA);
    verdict = nla_nest_start(message, NFTA_DATA_VERDICT);
    put_u32(message, NFTA_VERDICT_CODE, (guint32)codes[rule->verdict]);
    if (rule->verdict == LOOM_NFT_JUMP)
        nla_put_string(message, NFTA_VERDICT_CHAIN, rule->target);
    nla_nest_end(message, verdict);
    nla_nest_end(message, value);
    expression_end(message, item, data);
}

/* skb->priority, in the host's order. */
static void
put_priority(LoomMessage *message, guint32 priority)
{
    struct nlattr *data, *item = expression_start(message, "immediate", &data);

    put_u32(message, NFTA_IMMEDIATE_DREG, NFT_REG_1);
    put_data(message, NFTA_IMMEDIATE_DATA, &priority, sizeof priority);
    expression_end(message, item, data);
    item = expression_start(message, "meta", &data);
    put_u32(message, NFTA_META_KEY, NFT_META_PRIORITY);
    put_u32(message, NFTA_META_SREG, NFT_REG_1);
    expression_end(message, item, data);
}

void
loom_nft_put_rule(GPtrArray *batch, const char *chain, const LoomNftRule *rule)
{
    LoomMessage *message = message_new(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
    struct nlattr *list;

    nla_put_string(message, NFTA_RULE_TABLE, LOOM_NFT_TABLE);
    nla_put_string(message, NFTA_RULE_CHAIN, chain);
    list = nla_nest_start(message, NFTA_RULE_EXPRESSIONS);
    for (size_t i = 0; i < rule->count; i++)
        put_match(message, &rule->matches[i]);
    if (rule->verdict == LOOM_NFT_DROP)
        put_counter(message);
    if (rule->verdict == LOOM_NFT_PRIORITY)
        put_priority(message, rule->priority);
    else
        put_verdict(message, rule);
    nla_nest_end(message, list);
    nla_put(message, NFTA_RULE_USERDATA, (int)strlen(rule->purpose) + 1, rule->purpose);
    add(batch, message);
}

/* --- running --------------------------------------------------------------------------------- */

int
loom_nft_run(LoomNetlink *netlink, GPtrArray *batch, guint *refused)
{
    guint place = 0;
    int number;

    if (!batch->len)
        return 0;
    g_ptr_array_insert(batch, 0, mark_new(NFNL_MSG_BATCH_BEGIN));
    g_ptr_array_add(batch, mark_new(NFNL_MSG_BATCH_END));
    number = loom_netlink_run_batch(netlink, batch, &place);
    *refused = place && place < batch->len - 1 ? place - 1 : G_MAXUINT;
    return number;
}

/* --- the table itself ------------------------------------------------------------------------ */

int
loom_nft_delete_bare_table(LoomNetlink *netlink)
{
    g_autoptr(GPtrArray) batch = loom_nft_batch_new();
    LoomMessage *message = message_new(NFT_MSG_DELTABLE, NLM_F_NONREC);
    guint refused;
    int number;

    nla_put_string(message, NFTA_TABLE_NAME, LOOM_NFT_TABLE);
    add(batch, message);
    number = loom_nft_run(netlink, batch, &refused);
    /* it is not bare; there is none; the kernel has no nftables */
    return number == EBUSY || number == ENOENT || number == EOPNOTSUPP || number == EINVAL ? 0
                                                                                           : number;
}
