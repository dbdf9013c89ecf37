/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nftables: rules of one table, as data; written in batches, and read back. */
#pragma once

#include "kernel/netlink.h"

#include <net/if.h>

/*
 * Theory of operation
 *
 * All is in one table of the netdev family, LOOM_NFT_TABLE: base chains at the ingress and the
 * egress of devices, and chains that they jump to. linux/netfilter/nf_tables.h and the kernel's
 * net/netfilter/ nft_*.c say what the expressions of a rule do; nft(8) what they mean. A rule here
 * is a list of matches, all of which must agree, and a verdict. A batch is a transaction: the
 * kernel takes all of it or nothing. What is written is read back as the same data, and what was
 * not written by us as data that equals nothing of ours.
 */
#define LOOM_NFT_TABLE "virt-loom"

/* Of our chains among others' at the same ingress. */
#define LOOM_NFT_HOOK_PRIORITY 0
#define LOOM_NFT_HOOK_TYPE     "filter"

/* Where a match takes its octets from. */
typedef enum {
    LOOM_NFT_LINK,      /* the frame; a tag that the device or kernel took off is at 12 */
    LOOM_NFT_NETWORK,   /* the header after it */
    LOOM_NFT_TRANSPORT, /* the header after that; of later fragments no match has a meaning: IPv4's
                           are taken from what they begin with, IPv6's from the header before, or
                           not at all */
    LOOM_NFT_PROTOCOL,  /* the EtherType behind the outer tag, if there is one */
    LOOM_NFT_L4PROTO,   /* the protocol behind IPv6's extension headers; unknown: never agrees */
    LOOM_NFT_FRAGMENT,  /* 1 where IPv6 has a fragment header */
    LOOM_NFT_PLACE,     /* the two octets there that tell where the fragment belongs; none: never
                           agrees */
} LoomNftSource;

#define LOOM_NFT_OCTETS 16

/* In network order. */
typedef struct {
    guint8 source; /* LoomNftSource */
    guint8 offset, length;
    gboolean negated;
    guint8 mask[LOOM_NFT_OCTETS]; /* all 0: none */
    guint8 value[LOOM_NFT_OCTETS];
} LoomNftMatch;

typedef enum {
    LOOM_NFT_DROP,     /* with a counter */
    LOOM_NFT_RETURN,   /* to the chain that jumped here */
    LOOM_NFT_JUMP,     /* to the chain `target` */
    LOOM_NFT_PRIORITY, /* sets skb->priority, and goes on */
} LoomNftVerdict;

#define LOOM_NFT_MATCHES 6
#define LOOM_NFT_NAME    48 /* of a chain, with its NUL */

typedef struct {
    guint8 count;
    LoomNftMatch matches[LOOM_NFT_MATCHES];
    guint8 verdict; /* LoomNftVerdict */
    char target[LOOM_NFT_NAME];
    guint32 priority;
    /* kept with the rule: what it is for */
    char purpose[LOOM_NFT_NAME + 16];
    /* only read */
    guint64 packets;   /* that the rule dropped */
    gboolean is_alien; /* something in it that no rule of ours has */
} LoomNftRule;

/* Messages of a batch; freed by g_ptr_array_unref(). */
GPtrArray *loom_nft_batch_new(void);

/* Where a chain is in the way of packets. */
typedef struct {
    gboolean is_bound;     /* else only where one jumps to it */
    gboolean is_egress;    /* of what the host sends by the device, else of what it gets by it */
    char device[IFNAMSIZ]; /* "", only read: in another way than ours, or with another policy */
} LoomNftHook;

/* The table and the chain are there afterwards, the chain with no rules. At egress: Linux 5.16. */
void loom_nft_put_chain(GPtrArray *batch, const char *chain, const LoomNftHook *hook);
void loom_nft_put_rule(GPtrArray *batch, const char *chain, const LoomNftRule *rule);

/* Takes away the chain's rules. */
void loom_nft_flush_chain(GPtrArray *batch, const char *chain);

/* Both must be there. Of chains, who jumps goes before who is jumped to. */
void loom_nft_delete_chain(GPtrArray *batch, const char *chain);

/*
 * Runs BATCH; 0, or the errno of what was refused first, and then nothing of it was done. *REFUSED
 * is the place of that message in BATCH as it was, G_MAXUINT where it was all of them.
 */
int loom_nft_run(LoomNetlink *netlink, GPtrArray *batch, guint *refused);

/* Takes the table away where no chain is in it, also if one comes at the same time. 0 or an errno.
 */
int loom_nft_delete_bare_table(LoomNetlink *netlink);

/* Hands over every chain of the table. */
typedef void (*LoomNftChainHandler)(const char *chain, const LoomNftHook *hook, gpointer data);
int loom_nft_read_chains(LoomNetlink *netlink, LoomNftChainHandler handler, gpointer data);

/* Hands over the rules of CHAIN, in their order; NULL: of all. 0 or an errno. */
typedef void (*LoomNftRuleHandler)(const char *chain, const LoomNftRule *rule, gpointer data);
int loom_nft_read_rules(LoomNetlink *netlink, const char *chain, LoomNftRuleHandler handler,
                        gpointer data);

/* 0: CHAIN is there, and where; HOOK may be NULL. ENOENT: it is not, or there are no nftables. Else
 * an errno, and nothing is known. */
int loom_nft_find_chain(LoomNetlink *netlink, const char *chain, LoomNftHook *hook);

gboolean loom_nft_hook_equal(const LoomNftHook *a, const LoomNftHook *b);

/* Whether both do the same, for the same purpose. */
gboolean loom_nft_rule_equal(const LoomNftRule *a, const LoomNftRule *b);
