/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of probes. */
#include "base/i18n.h"
#include "fabric/rules.h"

/* What the vNICs of all hosts offer together. */
typedef struct {
    GHashTable *networks; /* LoomVmNetwork: a set */
    gboolean roles[LOOM_ROLE_STORAGE + 1];
} Offer;

static void
add_vnics(Offer *offer, const GPtrArray *vnics)
{
    for (guint i = 0; i < vnics->len; i++) {
        const LoomVnic *vnic = vnics->pdata[i];

        offer->roles[vnic->role] = TRUE;
        if (vnic->network)
            g_hash_table_add(offer->networks, vnic->network);
    }
}

static void
gather_offer(const LoomRules *rules, Offer *offer)
{
    for (guint i = 0; i < rules->fabric->hosts->len; i++) {
        const LoomFabricHost *host = rules->fabric->hosts->pdata[i];

        for (guint k = 0; k < host->switches->len; k++) {
            const LoomHostSwitch *use = host->switches->pdata[k];

            add_vnics(offer, use->vnics);
            if (use->resolved_uplink)
                add_vnics(offer, use->resolved_uplink->vnics);
        }
    }
}

static void
check_network(const LoomRules *rules, const Offer *offer, const LoomRecord *about,
              const LoomVmNetwork *network)
{
    if (network && !g_hash_table_contains(offer->networks, network))
        loom_report_add(rules->report, LOOM_SEVERITY_WARNING, &about->source,
                        _("<%s> names VM network '%s', on which no host has a vNIC"),
                        about->kind->element, network->name);
}

static void
check_probe(const LoomRules *rules, const Offer *offer, const LoomProbe *probe)
{
    const gboolean has_role = probe->role != LOOM_ROLE_NONE;

    if (!has_role && LOOM_HAS(probe, role))
        LOOM_RULE_ERROR(
            rules, probe,
            _("<probe> has role='none'; leave the role out to send by the host's routes"));
    if (has_role && LOOM_HAS(probe, vmnetwork))
        LOOM_RULE_ERROR(rules, probe,
                        _("<probe> has role='%s' and vmnetwork='%s', and is sent from one place; "
                          "give one of them"),
                        loom_role_words[probe->role], probe->vmnetwork);
    if (has_role && !offer->roles[probe->role])
        LOOM_RULE_WARNING(rules, probe, _("<probe> has role='%s', which no host vNIC has"),
                          loom_role_words[probe->role]);
    if (!has_role && !LOOM_HAS(probe, vmnetwork) && g_strcmp0(probe->target, "peer") == 0)
        LOOM_RULE_ERROR(rules, probe,
                        _("<probe> has target='peer', and a peer is on the VM network of a host "
                          "vNIC; give role or vmnetwork"));
    check_network(rules, offer, &probe->record, probe->network);
}

void
loom_rules_check_policies(const LoomRules *rules)
{
    const LoomFabric *fabric = rules->fabric;
    g_autoptr(GHashTable) networks = g_hash_table_new(NULL, NULL);
    Offer offer = {networks, {FALSE}};

    gather_offer(rules, &offer);
    for (guint i = 0; fabric->probes && i < fabric->probes->probes->len; i++)
        check_probe(rules, &offer, fabric->probes->probes->pdata[i]);
}
