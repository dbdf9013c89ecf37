/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of a host vNIC that need no host. */
#include "base/i18n.h"
#include "base/name.h"
#include "fabric/rules.h"

#include <inttypes.h>
#include <string.h>

#define IPV6_MTU_MIN  1280u
#define VNIC_NAME_MAX (LOOM_DEVICE_LENGTH_MAX - strlen(LOOM_PORT_SUFFIX))

static void
check_name(const LoomRules *rules, const LoomVnic *vnic)
{
    const char *keyword;

    if (!vnic->name)
        return;
    keyword = loom_device_name_find_keyword(vnic->name);
    if (keyword)
        LOOM_RULE_ERROR(rules, vnic,
                        _("host vNIC '%s' has a name that iproute2 reads as its keyword '%s'; "
                          "choose another"),
                        vnic->name, keyword);
    if (strlen(vnic->name) > VNIC_NAME_MAX)
        LOOM_RULE_ERROR(rules, vnic,
                        _("host vNIC '%s' has a name of %zu characters; at most %zu leave room for "
                          "that of its port, '%s%s', within %d"),
                        vnic->name, strlen(vnic->name), VNIC_NAME_MAX, vnic->name, LOOM_PORT_SUFFIX,
                        LOOM_DEVICE_LENGTH_MAX);
}

static void
check_address(const LoomRules *rules, const LoomVnic *vnic, const LoomVnicAddress *address)
{
    const char *name = loom_rules_name(vnic->name);
    const int kinds =
        LOOM_HAS(address, pool) + LOOM_HAS(address, address) + LOOM_HAS(address, dhcp);
    LoomInet inet;

    if (kinds != 1)
        LOOM_RULE_ERROR(rules, address,
                        _("<ip> of host vNIC '%s' needs exactly one of pool, address and "
                          "dhcp='yes'"),
                        name);
    if (!address->address) {
        if (LOOM_HAS(address, prefix))
            LOOM_RULE_ERROR(rules, address,
                            _("<ip> of host vNIC '%s' has a prefix without an address"), name);
        return;
    }
    if (!LOOM_HAS(address, prefix)) {
        LOOM_RULE_ERROR(rules, address, _("the address %s of host vNIC '%s' lacks a prefix"),
                        address->address, name);
        return;
    }
    inet = loom_inet_parse(address->address);
    if (address->prefix > loom_inet_bits(&inet))
        LOOM_RULE_ERROR(rules, address,
                        _("host vNIC '%s': prefix='%" PRIu64 "' is too long for the IPv4 address "
                          "%s; at most 32"),
                        name, address->prefix, address->address);
}

static void
check_addresses(const LoomRules *rules, const LoomVnic *vnic)
{
    gboolean has_dhcp = FALSE;

    for (guint i = 0; i < vnic->addresses->len; i++) {
        const LoomVnicAddress *address = vnic->addresses->pdata[i];

        check_address(rules, vnic, address);
        if (LOOM_HAS(address, dhcp) && has_dhcp)
            LOOM_RULE_ERROR(rules, address, _("host vNIC '%s' has dhcp='yes' twice"),
                            loom_rules_name(vnic->name));
        has_dhcp = has_dhcp || LOOM_HAS(address, dhcp);
    }
    for (guint i = 0; i < vnic->routes->len; i++)
        loom_rules_check_route(rules, vnic->routes->pdata[i]);
}

static void
check_mtu(const LoomRules *rules, const LoomVnic *vnic, const LoomLogicalSwitch *logical_switch)
{
    const LoomLogicalNetwork *logical = vnic->network ? vnic->network->network : NULL;

    if (logical && vnic->mtu > logical->mtu)
        LOOM_RULE_ERROR(
            rules, vnic,
            _("host vNIC '%s' has mtu='%" PRIu64 "', above %" PRIu64 " of logical network '%s'"),
            loom_rules_name(vnic->name), vnic->mtu, logical->mtu, loom_rules_name(logical->name));
    if (logical_switch && logical_switch->mtu && vnic->mtu > logical_switch->mtu)
        LOOM_RULE_ERROR(
            rules, vnic,
            _("host vNIC '%s' has mtu='%" PRIu64 "', above %" PRIu64 " of logical switch '%s'"),
            loom_rules_name(vnic->name), vnic->mtu, logical_switch->mtu,
            loom_rules_name(logical_switch->name));
}

static gboolean
is_ip6(const char *address)
{
    return address && strchr(address, ':');
}

static gboolean
has_ip6(const LoomVnic *vnic)
{
    if (vnic->ip6 && vnic->ip6->automatic)
        return TRUE;
    for (guint i = 0; i < vnic->addresses->len; i++) {
        const LoomVnicAddress *address = vnic->addresses->pdata[i];

        if (is_ip6(address->address) || (address->resolved && is_ip6(address->resolved->start)))
            return TRUE;
    }
    return FALSE;
}

/* RFC 8200, 5: the kernel has no IPv6 on a link of less. */
static void
check_ip6_mtu(const LoomRules *rules, const LoomVnic *vnic)
{
    guint64 mtu = LOOM_HAS(vnic, mtu)                       ? vnic->mtu
                  : vnic->network && vnic->network->network ? vnic->network->network->mtu
                                                            : IPV6_MTU_MIN;

    if (mtu < IPV6_MTU_MIN && has_ip6(vnic))
        LOOM_RULE_ERROR(rules, vnic,
                        _("host vNIC '%s' has IPv6, which takes an MTU of at least %u; it has "
                          "%" PRIu64),
                        loom_rules_name(vnic->name), IPV6_MTU_MIN, mtu);
}

void
loom_rules_check_vnic(const LoomRules *rules, const LoomVnic *vnic,
                      const LoomLogicalSwitch *logical_switch)
{
    check_name(rules, vnic);
    check_addresses(rules, vnic);
    check_mtu(rules, vnic, logical_switch);
    check_ip6_mtu(rules, vnic);
    if (vnic->mac && vnic->inherit)
        LOOM_RULE_ERROR(rules, vnic,
                        _("host vNIC '%s' has mac='%s' and <inherit/>, which takes over the NIC's "
                          "MAC address; leave one out"),
                        loom_rules_name(vnic->name), vnic->mac);
    if (vnic->network && vnic->network->isolation == LOOM_ISOLATION_VIRTUAL)
        LOOM_RULE_ERROR(rules, vnic,
                        _("host vNIC '%s' is on VM network '%s', which is virtual: it is not "
                          "offered until overlays exist"),
                        loom_rules_name(vnic->name), vnic->vmnetwork);
    if (vnic->resolved && logical_switch &&
        !loom_pairs_find(rules->portgroups, logical_switch, vnic->resolved))
        LOOM_RULE_ERROR(rules, vnic,
                        _("host vNIC '%s' has the port classification '%s', for which logical "
                          "switch '%s' has no portgroup"),
                        loom_rules_name(vnic->name), vnic->classification,
                        loom_rules_name(logical_switch->name));
}
