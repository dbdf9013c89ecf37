/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of compiling share. */
#include "compile/compiler.h"

#include "base/mac.h"

const LoomLink *
loom_compile_find_fact(const LoomCompiler *compiler, const char *name)
{
    return compiler->facts ? loom_host_find(compiler->facts, &loom_link_kind, name) : NULL;
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
