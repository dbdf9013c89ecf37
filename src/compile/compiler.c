/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of compiling share. */
#include "compile/compiler.h"

#include "base/mac.h"

#define IPV6_MTU_MIN 1280u /* RFC 8200, 5: below it the kernel takes IPv6 off a link */

const LoomLink *
loom_compile_find_fact(const LoomCompiler *compiler, const char *name)
{
    return compiler->facts ? loom_host_find(compiler->facts, &loom_link_kind, name) : NULL;
}

const char *
loom_compile_find_permanent_mac(const LoomCompiler *compiler, const char *nic)
{
    const LoomLink *fact = loom_compile_find_fact(compiler, nic);
    const LoomLink *before =
        compiler->committed ? loom_host_find(compiler->committed, &loom_link_kind, nic) : NULL;

    if (fact && fact->permanentmac)
        return fact->permanentmac;
    if (before && before->permanentmac)
        return before->permanentmac;
    return fact && !fact->master ? fact->mac : NULL;
}

void
loom_compile_ipv6(LoomLink *link, LoomIpv6 ipv6)
{
    if (link->mtu < IPV6_MTU_MIN)
        return;
    LOOM_SET_NUMBER(link, linklocal, ipv6 != LOOM_IPV6_SILENT);
    LOOM_SET_NUMBER(link, autoconf, ipv6 == LOOM_IPV6_AUTOCONF);
}

char *
loom_compile_stable_mac(const LoomCompiler *compiler, const char *device)
{
    g_autofree char *name =
        g_strjoin("/", compiler->fabric->name, compiler->host->name, device, NULL);

    return loom_mac_from_name(name);
}

gboolean
loom_compile_offers(const LoomFabricHost *host, const LoomHostSwitch *host_switch,
                    const LoomVmNetwork *network, LoomSite **site)
{
    LoomSite *found;

    if (network->isolation == LOOM_ISOLATION_VIRTUAL)
        return FALSE;
    found = loom_logical_network_find_site(network->network, host->group);
    if (!found || !loom_uplink_profile_has_site(host_switch->profile, found))
        return FALSE;
    *site = found;
    return TRUE;
}
