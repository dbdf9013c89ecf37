/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Probes, in terms of a host's own links, of its gateways, and of other hosts' addresses. */
#include "base/i18n.h"
#include "compile/compiler.h"

#include <linux/rtnetlink.h>

enum { PEERS_MAX = 16 }; /* so many are asked at once */

/* A vNIC of this host that a probe is sent from; none: as the host's routes say. */
typedef struct {
    const LoomVnic *vnic;
    const LoomSite *site;
    const LoomLink *link;
} Sender;

static LoomHostProbe *
probe_new(const LoomProbe *rule, const Sender *sender, const char *target)
{
    LoomHostProbe *probe = loom_record_new(&loom_host_probe_kind);

    LOOM_SET(probe, target, target);
    LOOM_SET(probe, link, sender ? sender->link->name : NULL);
    LOOM_SET(probe, role, rule->role ? loom_role_words[rule->role] : NULL);
    if (rule->tcp)
        LOOM_SET_NUMBER(probe, tcp, rule->tcp);
    if (LOOM_HAS(rule, settle))
        LOOM_SET_NUMBER(probe, settle, rule->settle);
    return probe;
}

/* Two rules may ask the same. */
static void
add_probe(const LoomCompiler *compiler, LoomHostProbe *probe)
{
    g_autofree char *key = loom_record_key(probe);

    if (loom_host_find(compiler->result, &loom_host_probe_kind, key))
        loom_record_free(probe);
    else
        loom_record_add(compiler->result, probe);
}

/* --- gateways -------------------------------------------------------------------------------- */

/* Of the default route with the least metric through the link; NULL: none is known here. */
static const char *
gateway_of(const LoomCompiler *compiler, const char *link, const char *destination)
{
    const LoomRoute *found = NULL;

    for (guint i = 0; i < compiler->result->routes->len; i++) {
        const LoomRoute *route = compiler->result->routes->pdata[i];

        if (g_str_equal(route->link, link) && route->gateway && route->table == RT_TABLE_MAIN &&
            g_str_equal(route->destination, destination) &&
            (!found || route->metric < found->metric))
            found = route;
    }
    return found ? found->gateway : NULL;
}

/* Whether the vNIC gets routes that only the host itself will know. */
static gboolean
is_told_later(const LoomCompiler *compiler, const LoomLink *link)
{
    return link->autoconf || loom_host_find(compiler->result, &loom_dhcp_kind, link->name);
}

/* Whether the NIC whose place it takes, and so its routes, could not be found out here. */
static gboolean
is_unknown(const Sender *sender)
{
    return sender->vnic->inherit && !sender->link->inherit;
}

/* Not the default one: somebody wrote it. */
static gboolean
is_written(const LoomProbe *rule)
{
    return rule->record.source.file != NULL;
}

/* Whoever gives addresses need not know a router; but somebody who wrote of one expects it. */
static void
add_gateway_to_come(const LoomCompiler *compiler, const LoomProbe *rule, const Sender *sender)
{
    LoomHostProbe *probe = probe_new(rule, sender, "gateway");

    if (!is_written(rule))
        LOOM_SET_NUMBER(probe, optional, TRUE);
    add_probe(compiler, probe);
}

static void
add_gateways(const LoomCompiler *compiler, const LoomProbe *rule, const Sender *sender)
{
    static const char *const destinations[] = {"0.0.0.0/0", "::/0"};
    gboolean found = FALSE;

    for (size_t i = 0; i < G_N_ELEMENTS(destinations); i++) {
        const char *gateway = gateway_of(compiler, sender->link->name, destinations[i]);

        if (gateway)
            add_probe(compiler, probe_new(rule, sender, gateway));
        found |= gateway != NULL;
    }
    if (found)
        return;
    if (is_told_later(compiler, sender->link) || (is_unknown(sender) && is_written(rule)))
        add_gateway_to_come(compiler, rule, sender);
    else if (is_written(rule))
        loom_report_add(compiler->report, LOOM_SEVERITY_ERROR, &rule->record.source,
                        _("<probe> asks the gateway of host vNIC '%s', which has none"),
                        sender->link->name);
}

/* --- peers ----------------------------------------------------------------------------------- */

static void
add_addresses(const LoomCompiler *compiler, const LoomFabricHost *host, const LoomVnic *vnic,
              GStrvBuilder *peers, guint *count)
{
    for (guint i = 0; i < vnic->addresses->len && *count < PEERS_MAX; i++) {
        const LoomVnicAddress *address = vnic->addresses->pdata[i];
        const LoomLease *lease =
            address->resolved
                ? loom_fabric_find_address_lease(compiler->fabric, address->resolved->name,
                                                 host->name, vnic->name)
                : NULL;
        const char *text = lease ? lease->address : address->address;

        if (!text)
            continue; /* by DHCP: nobody knows it here */
        g_strv_builder_add(peers, text);
        (*count)++;
    }
}

static void
add_peers_of(const LoomCompiler *compiler, const LoomFabricHost *host, const Sender *sender,
             GStrvBuilder *peers, guint *count)
{
    for (guint i = 0; i < host->switches->len; i++) {
        const LoomHostSwitch *host_switch = host->switches->pdata[i];
        g_autoptr(GPtrArray) vnics = loom_host_switch_list_vnics(host_switch);

        for (guint k = 0; k < vnics->len; k++) {
            const LoomVnic *vnic = vnics->pdata[k];
            LoomSite *site;

            if (vnic->network == sender->vnic->network &&
                loom_compile_offers(host, host_switch, vnic->network, &site) &&
                site == sender->site)
                add_addresses(compiler, host, vnic, peers, count);
        }
    }
}

/* Those that follow this host in the fabric, around: not all hosts ask the same few. */
static void
add_peers(const LoomCompiler *compiler, const LoomProbe *rule, const Sender *sender)
{
    const GPtrArray *hosts = compiler->fabric->hosts;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_auto(GStrv) peers = NULL;
    g_autofree char *text = NULL;
    LoomHostProbe *probe;
    guint own = 0, count = 0;

    while (own < hosts->len && hosts->pdata[own] != compiler->host)
        own++;
    for (guint i = 1; i < hosts->len && count < PEERS_MAX; i++)
        add_peers_of(compiler, hosts->pdata[(own + i) % hosts->len], sender, builder, &count);
    if (!count) {
        loom_report_add(compiler->report, LOOM_SEVERITY_NOTE, &rule->record.source,
                        _("<probe> asks a peer of host vNIC '%s', and no other host has a known "
                          "address on VM network '%s' in site '%s': it is left out"),
                        sender->link->name, sender->vnic->vmnetwork, sender->site->name);
        return;
    }
    peers = g_strv_builder_end(builder);
    text = g_strjoinv(" ", peers);
    probe = probe_new(rule, sender, "peer");
    LOOM_SET(probe, peers, text);
    add_probe(compiler, probe);
}

/* --------------------------------------------------------------------------------------------- */

static void
add_from(const LoomCompiler *compiler, const LoomProbe *rule, const Sender *sender)
{
    if (g_str_equal(rule->target, "gateway"))
        add_gateways(compiler, rule, sender);
    else if (g_str_equal(rule->target, "peer"))
        add_peers(compiler, rule, sender);
    else
        add_probe(compiler, probe_new(rule, sender, rule->target));
}

static gboolean
selects(const LoomProbe *rule, const LoomVnic *vnic)
{
    return rule->network ? vnic->network == rule->network : vnic->role == rule->role;
}

/* From every vNIC of this host that the rule selects; it may have none. */
static void
compile_probe(const LoomCompiler *compiler, const LoomProbe *rule)
{
    if (rule->group && !loom_host_group_is_within(compiler->host->group, rule->group))
        return;
    if (!rule->network && !rule->role) {
        add_probe(compiler, probe_new(rule, NULL, rule->target));
        return;
    }
    for (guint i = 0; i < compiler->host->switches->len; i++) {
        const LoomHostSwitch *host_switch = compiler->host->switches->pdata[i];
        g_autoptr(GPtrArray) vnics = loom_host_switch_list_vnics(host_switch);

        for (guint k = 0; k < vnics->len; k++) {
            Sender sender = {.vnic = vnics->pdata[k]};
            LoomSite *site;

            if (!selects(rule, sender.vnic) ||
                !loom_compile_offers(compiler->host, host_switch, sender.vnic->network, &site))
                continue;
            sender.link = loom_host_find(compiler->result, &loom_link_kind, sender.vnic->name);
            if (!sender.link)
                continue;
            sender.site = site;
            add_from(compiler, rule, &sender);
        }
    }
}

/* Of a fabric that says nothing of probes: whoever is managed is to stay so, by its gateway. */
static void
compile_default_probe(const LoomCompiler *compiler)
{
    LoomProbe *rule = loom_record_new(&loom_probe_kind);

    LOOM_SET_NUMBER(rule, role, LOOM_ROLE_MANAGEMENT);
    LOOM_SET(rule, target, "gateway");
    compile_probe(compiler, rule);
    loom_record_free(rule);
}

void
loom_compile_probes(const LoomCompiler *compiler)
{
    const LoomProbes *probes = compiler->fabric->probes;

    if (!probes)
        compile_default_probe(compiler);
    for (guint i = 0; probes && i < probes->probes->len; i++)
        compile_probe(compiler, probes->probes->pdata[i]);
}
