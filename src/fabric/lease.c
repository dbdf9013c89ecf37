/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leases: their table, completing them, and writing them as a file of their own. */
#include "fabric/lease.h"

#include "base/inet.h"
#include "fabric/needs.h"

static const LoomAttribute lease_attributes[] = {
    LOOM_ATTRIBUTE(LoomLease, pool, loom_type_name),
    LOOM_ATTRIBUTE(LoomLease, address, loom_type_address),
    LOOM_ATTRIBUTE(LoomLease, macpool, loom_type_name),
    LOOM_ATTRIBUTE(LoomLease, vmnetwork, loom_type_name),
    LOOM_ATTRIBUTE(LoomLease, site, loom_type_name),
    LOOM_ATTRIBUTE(LoomLease, vlan, loom_type_number, .min = 1, .max = 4094),
    LOOM_ATTRIBUTE(LoomLease, host, loom_type_name),
    LOOM_ATTRIBUTE(LoomLease, vnic, loom_type_device),
    LOOM_ATTRIBUTE(LoomLease, guest, loom_type_name),
    LOOM_ATTRIBUTE(LoomLease, mac, loom_type_mac),
};
const LoomKind loom_lease_kind = {
    .element = "lease",
    .size = sizeof(LoomLease),
    LOOM_ATTRIBUTES(lease_attributes),
};

static const LoomChild leases_children[] = {
    LOOM_CHILDREN(LoomLeases, leases, loom_lease_kind),
};
const LoomKind loom_leases_kind = {
    .element = "leases",
    .size = sizeof(LoomLeases),
    LOOM_CHILD_KINDS(leases_children),
};

LoomLeaseShape
loom_lease_get_shape(const LoomLease *lease)
{
    const gboolean has_vnic = lease->host && lease->vnic && !lease->guest && !lease->mac;
    const gboolean has_guest = lease->guest && !lease->host && !lease->vnic;
    const gboolean has_nobody = !lease->guest && !lease->host && !lease->vnic;
    const gboolean has_address = lease->pool || lease->address;
    const gboolean has_vlan = lease->vmnetwork || lease->site || LOOM_HAS(lease, vlan);

    if (lease->pool && lease->address && !lease->macpool && !has_vlan && (has_vnic || has_guest))
        return LOOM_LEASE_OF_ADDRESS;
    if (lease->macpool && lease->mac && has_guest && !has_address && !has_vlan)
        return LOOM_LEASE_OF_MAC;
    if (lease->vmnetwork && lease->site && LOOM_HAS(lease, vlan) && has_nobody && !has_address &&
        !lease->macpool && !lease->mac)
        return LOOM_LEASE_OF_VLAN;
    return LOOM_LEASE_OF_NOTHING;
}

/* Address leases, then MAC leases, then VLANs; each by what it is of, then who has it. */
int
loom_lease_compare(const LoomLease *a, const LoomLease *b)
{
    const char *const pairs[][2] = {
        {a->vmnetwork, b->vmnetwork}, {a->macpool, b->macpool}, {a->pool, b->pool},
        {a->host, b->host},           {a->vnic, b->vnic},       {a->guest, b->guest},
        {a->site, b->site},           {a->mac, b->mac},
    };
    LoomInet one, other;

    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        int order = g_strcmp0(pairs[i][0], pairs[i][1]);

        if (order)
            return order;
    }
    if (a->address && b->address) {
        one = loom_inet_parse(a->address);
        other = loom_inet_parse(b->address);
        return loom_inet_compare(&one, &other);
    }
    return a->vlan < b->vlan ? -1 : a->vlan > b->vlan;
}

static int
compare_items(gconstpointer a, gconstpointer b)
{
    return loom_lease_compare(*(const LoomLease *const *)a, *(const LoomLease *const *)b);
}

static gboolean
is_same_file(const char *a, const char *b)
{
    g_autofree char *one = g_canonicalize_filename(a, NULL);
    g_autofree char *other = g_canonicalize_filename(b, NULL);

    return g_str_equal(one, other);
}

LoomLeases *
loom_leases_complete(const LoomFabric *fabric, const char *file, LoomReport *report)
{
    LoomLeases *leases = loom_record_new(&loom_leases_kind);
    g_autoptr(GPtrArray) needs = loom_needs_list(fabric);

    for (guint i = 0; i < fabric->lease_lists->len; i++) {
        const LoomLeases *list = fabric->lease_lists->pdata[i];

        if (file && !is_same_file(file, list->record.source.file))
            continue;
        for (guint k = 0; k < list->leases->len; k++)
            g_ptr_array_add(leases->leases, loom_record_copy(list->leases->pdata[k]));
    }
    for (guint i = 0; i < needs->len; i++) {
        LoomNeed *need = needs->pdata[i];

        if (loom_need_is_met(need))
            g_ptr_array_add(leases->leases, g_steal_pointer(&need->lease));
        else
            loom_need_report_exhausted(need, report);
    }
    g_ptr_array_sort(leases->leases, compare_items);
    loom_report_sort(report);
    return leases;
}

char *
loom_leases_format(const LoomLeases *leases, const char *fabric_name)
{
    GString *xml = g_string_new("<?xml version='1.0' encoding='UTF-8'?>\n"
                                "<!-- What pools have given out: written by 'virt-loom lease'. "
                                "-->\n");
    LoomFabric *fabric = loom_record_new(&loom_fabric_kind);

    LOOM_SET(fabric, name, fabric_name);
    loom_record_add(fabric, loom_record_copy(leases));
    loom_record_format(fabric, 0, xml);
    loom_record_free(fabric);
    return g_string_free(xml, FALSE);
}
