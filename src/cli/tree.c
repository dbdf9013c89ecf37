/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole fabric as a tree. */
#include "base/i18n.h"
#include "cli/output.h"
#include "cli/words.h"

#include <stdio.h>

static void
print_groups(const LoomFabric *fabric, const GPtrArray *groups, unsigned depth)
{
    for (guint i = 0; i < groups->len; i++) {
        const LoomHostGroup *group = groups->pdata[i];

        printf("%*s%s\n", depth * 2, "", group->name);
        for (guint k = 0; k < fabric->hosts->len; k++) {
            const LoomFabricHost *host = fabric->hosts->pdata[k];

            if (host->group != group)
                continue;
            printf("%*s", depth * 2 + 2, "");
            loom_output_print(stdout, LOOM_BOLD, "%s", host->name);
            for (guint n = 0; n < host->switches->len; n++) {
                const LoomHostSwitch *use = host->switches->pdata[n];

                printf("%s%s (%s)", n ? ", " : ": ", use->device, use->logicalswitch);
            }
            printf("\n");
        }
        print_groups(fabric, group->groups, depth + 1);
    }
}

static void
print_logical_network(const LoomFabric *fabric, const LoomLogicalNetwork *network)
{
    g_autofree char *type = loom_words_attribute(network, offsetof(LoomLogicalNetwork, type));

    loom_output_print(stdout, LOOM_BOLD, "  %s", network->name);
    printf(" (%s)\n", type);
    for (guint i = 0; i < network->sites->len; i++) {
        const LoomSite *site = network->sites->pdata[i];
        g_autofree char *groups = loom_words_groups(site);
        g_autofree char *rows = loom_words_rows(site);

        printf("    %s [%s]%s%s\n", site->name, groups, *rows ? ": " : "", rows);
    }
    for (guint i = 0; i < fabric->vm_networks->len; i++) {
        const LoomVmNetwork *vm_network = fabric->vm_networks->pdata[i];

        if (vm_network->network == network)
            printf("    -> %s\n", vm_network->name);
    }
}

void
loom_show_tree(const LoomFabric *fabric)
{
    loom_output_print(stdout, LOOM_BOLD, _("Fabric %s\n"), fabric->name);
    printf("\n%s\n", _("Hosts:"));
    print_groups(fabric, fabric->groups, 1);
    printf("\n%s\n", _("Logical networks (-> VM networks):"));
    for (guint i = 0; i < fabric->networks->len; i++)
        print_logical_network(fabric, fabric->networks->pdata[i]);
    printf("\n%s\n", _("Logical switches:"));
    for (guint i = 0; i < fabric->switches->len; i++) {
        const LoomLogicalSwitch *logical_switch = fabric->switches->pdata[i];

        loom_output_print(stdout, LOOM_BOLD, "  %s\n", logical_switch->name);
        for (guint k = 0; k < logical_switch->portgroups->len; k++) {
            const LoomSwitchPortgroup *portgroup = logical_switch->portgroups->pdata[k];

            printf("    %s = %s%s\n", portgroup->classification,
                   portgroup->resolved ? portgroup->resolved->name : "?",
                   portgroup->is_default ? _(" (default)") : "");
        }
    }
}
