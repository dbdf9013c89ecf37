/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the steps of manager/ for a script: who has these links, hand them over, give them back. */
#include "base/error.h"
#include "host/host.h"
#include "manager/manager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
fail(GError *error)
{
    fprintf(stderr, "%s\n", error->message);
    exit(1);
}

/* A host that names the links and nothing that hangs on them. */
static LoomHost *
name_links(char **links)
{
    LoomHost *host = loom_host_new();

    LOOM_SET(host, name, "h");
    for (; *links; links++) {
        LoomLink *link = loom_record_new(&loom_link_kind);

        LOOM_SET(link, name, *links);
        LOOM_SET(link, kind, "physical");
        loom_record_add(host, link);
    }
    return host;
}

static LoomHost *
look(LoomBackend *managers, const LoomHost *target)
{
    LoomHost *host = loom_host_new();
    GError *error = NULL;

    LOOM_SET(host, name, "h");
    if (!managers->observe(managers, target, host, &error))
        fail(error);
    loom_host_sort(host);
    return host;
}

static void
run(LoomBackend *managers, LoomVerb verb, gpointer record)
{
    LoomStep step = {.verb = verb, .kind = ((LoomRecord *)record)->kind};
    GError *error = NULL;

    *(verb == LOOM_STEP_DELETE ? &step.from : &step.to) = record;
    if (!managers->run_step(managers, &step, &error))
        fail(error);
}

static void
show(const LoomHost *host)
{
    g_autofree char *text = loom_host_format(host);

    fputs(text, stdout);
}

/* All links lose their managers; who had an address by DHCP gets our client, as the same one. */
static void
take(LoomBackend *managers, char **links)
{
    g_autoptr(LoomHost) target = name_links(links);
    g_autoptr(LoomHost) before = look(managers, target);

    show(before);
    for (guint i = 0; i < before->managers->len; i++)
        run(managers, LOOM_STEP_DELETE, before->managers->pdata[i]);
    for (guint i = 0; i < before->managers->len; i++) {
        const LoomManager *manager = before->managers->pdata[i];
        LoomDhcp *dhcp = loom_record_new(&loom_dhcp_kind);

        LOOM_SET(dhcp, link, manager->link);
        if (manager->identity)
            LOOM_SET(dhcp, identity, manager->identity);
        if (manager->dhcp)
            run(managers, LOOM_STEP_CREATE, dhcp);
        loom_record_free(dhcp);
    }
}

/* To what FILE says, as "take" printed it. */
static void
back(LoomBackend *managers, const char *file)
{
    GError *error = NULL;
    g_autoptr(LoomHost) to = loom_host_load(file, &error);
    g_autoptr(LoomHost) now = NULL;

    if (!to)
        fail(error);
    now = look(managers, to);
    for (guint i = 0; i < now->dhcps->len; i++)
        run(managers, LOOM_STEP_DELETE, now->dhcps->pdata[i]);
    for (guint i = 0; i < to->managers->len; i++)
        run(managers, LOOM_STEP_CREATE, to->managers->pdata[i]);
}

int
main(int argc, char **argv)
{
    g_autoptr(LoomBackend) managers = NULL;
    GError *error = NULL;

    if (argc < 3) {
        fputs("usage: manager-live observe|take LINK..., or back FILE\n", stderr);
        return 2;
    }
    managers = loom_manager_new(&error);
    if (!managers)
        fail(error);
    if (g_str_equal(argv[1], "observe")) {
        g_autoptr(LoomHost) target = name_links(argv + 2);
        g_autoptr(LoomHost) host = look(managers, target);

        show(host);
    } else if (g_str_equal(argv[1], "take")) {
        take(managers, argv + 2);
    } else {
        back(managers, argv[2]);
    }
    return 0;
}
