/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* save-slices HOST.xml DIRECTORY: leaves what apply would leave for the hooks of that host. */
#include "host/slice.h"

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) host = argc == 3 ? loom_host_load(argv[1], &error) : NULL;

    if (host && loom_slice_save_all(host, argv[2], &error))
        return 0;
    g_printerr("%s\n", error ? error->message : "usage: save-slices HOST.xml DIRECTORY");
    return 1;
}
