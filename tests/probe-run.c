/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe-run MILLISECONDS HOST.xml: runs the probes of that host and says what came of each. */
#include "apply/probe.h"

#include <stdlib.h>

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) host = argc == 3 ? loom_host_load(argv[2], &error) : NULL;
    int status = 0;

    if (!host) {
        g_printerr("%s\n", error ? error->message : "usage: probe-run MILLISECONDS HOST.xml");
        return 2;
    }
    for (guint i = 0; i < host->probes->len; i++) {
        g_autoptr(GError) why = NULL;

        if (loom_probe_run(host->probes->pdata[i], host, atoi(argv[1]), NULL, &why)) {
            g_print("answered\n");
            continue;
        }
        g_print("%s\n", why->message);
        status = 1;
    }
    return status;
}
