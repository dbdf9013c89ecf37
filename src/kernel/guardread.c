/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which guards a port has: its chains, held against those that it should have. */
#include "kernel/guards.h"

#include <string.h>

static const LoomGuardChain *
find_chain(const GPtrArray *chains, const char *name)
{
    for (guint i = 0; i < chains->len; i++)
        if (g_str_equal(((const LoomGuardChain *)chains->pdata[i])->name, name))
            return chains->pdata[i];
    return NULL;
}

static gboolean
chain_equal(const LoomGuardChain *a, const LoomGuardChain *b)
{
    if (!loom_nft_hook_equal(&a->hook, &b->hook) || a->is_odd || b->is_odd ||
        a->rules->len != b->rules->len)
        return FALSE;
    for (guint i = 0; i < a->rules->len; i++)
        if (!loom_nft_rule_equal(&g_array_index(a->rules, LoomNftRule, i),
                                 &g_array_index(b->rules, LoomNftRule, i)))
            return FALSE;
    return TRUE;
}

/* Chains that are there and have no rules are none. */
static gboolean
are_exactly(const GPtrArray *chains, const GPtrArray *wanted)
{
    guint count = 0;

    for (guint i = 0; i < chains->len; i++)
        count += ((const LoomGuardChain *)chains->pdata[i])->rules->len > 0;
    if (count != wanted->len)
        return FALSE;
    for (guint i = 0; i < wanted->len; i++) {
        const LoomGuardChain *one = wanted->pdata[i];
        const LoomGuardChain *found = find_chain(chains, one->name);

        if (!found || !chain_equal(one, found))
            return FALSE;
    }
    return TRUE;
}

static const LoomGuardChain *
find_list(const GPtrArray *chains, const LoomPort *port, const char *list)
{
    g_autofree char *name = g_strconcat(LOOM_GUARD_PREFIX, port->link, "/", list, NULL);

    return find_chain(chains, name);
}

/* The words behind PURPOSE in the rules of the chain LIST of the port, sorted as they are there. */
static void
collect_items(const GPtrArray *chains, const LoomPort *port, const char *list, const char *purpose,
              GStrvBuilder *items)
{
    const LoomGuardChain *chain = find_list(chains, port, list);
    size_t length = strlen(purpose);

    for (guint i = 0; chain && i < chain->rules->len; i++) {
        const char *text = g_array_index(chain->rules, LoomNftRule, i).purpose;

        if (g_str_has_prefix(text, purpose) && text[length] == ' ')
            g_strv_builder_add(items, text + length + 1);
    }
}

static void
set_items(const GPtrArray *chains, LoomPort *port, const char *const *lists, const char *purpose,
          size_t offset)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_auto(GStrv) items = NULL;
    g_autofree char *text = NULL;

    for (; *lists; lists++)
        collect_items(chains, port, *lists, purpose, builder);
    items = g_strv_builder_end(builder);
    text = g_strjoinv(" ", items);
    if (*text)
        loom_record_try_at(port, offset, text);
}

static gboolean
has_purpose(const LoomGuardChain *base, const char *purpose)
{
    for (guint i = 0; i < base->rules->len; i++)
        if (g_str_equal(g_array_index(base->rules, LoomNftRule, i).purpose, purpose))
            return TRUE;
    return FALSE;
}

static void
set_guards(const GPtrArray *chains, const LoomGuardChain *base, LoomPort *port)
{
    static const char *const mac_names[] = {"sources", NULL};
    static const char *const address_names[] = {"ipv4", "ipv6", NULL};
    const LoomNftRule *last = &g_array_index(base->rules, LoomNftRule, base->rules->len - 1);

    if (has_purpose(base, "tags"))
        LOOM_SET_NUMBER(port, tagguard, TRUE);
    if (find_list(chains, port, LOOM_GUARD_OUT))
        LOOM_SET_NUMBER(port, privateguard, TRUE);
    if (has_purpose(base, "priority"))
        LOOM_SET_NUMBER(port, priorityreset, TRUE);
    if (has_purpose(base, "dhcp"))
        LOOM_SET_NUMBER(port, dhcpguard, TRUE);
    if (has_purpose(base, "router"))
        LOOM_SET_NUMBER(port, routerguard, TRUE);
    if (has_purpose(base, "macs"))
        set_items(chains, port, mac_names, "macs", offsetof(LoomPort, macs));
    if (has_purpose(base, "addresses"))
        set_items(chains, port, address_names, "addresses", offsetof(LoomPort, addresses));
    if (last->verdict == LOOM_NFT_PRIORITY)
        LOOM_SET_NUMBER(port, priority, last->priority & 0xffff);
}

void
loom_guards_read(const GPtrArray *chains, LoomPort *port)
{
    g_autofree char *name = g_strconcat(LOOM_GUARD_PREFIX, port->link, NULL);
    const LoomGuardChain *base = find_chain(chains, name);
    g_autoptr(GPtrArray) wanted = NULL;
    LoomPort *read;

    if (!base || !base->rules->len)
        return;
    read = loom_record_copy(port);
    set_guards(chains, base, read);
    wanted = loom_guards_of(read);
    if (are_exactly(chains, wanted))
        set_guards(chains, base, port);
    loom_record_free(read);
}
