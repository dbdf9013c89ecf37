/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guards-run set|get|drops|remove|pop|leave FILE|LINK: the guards of ports, for tests with packets.
 */
#include "kernel/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
check(GError *error)
{
    if (!error)
        return;
    g_printerr("guards-run: %s\n", error->message);
    exit(1);
}

/* FILE is a host's: the guards of its ports. */
static void
set(LoomKernel *kernel, const char *file)
{
    GError *error = NULL;
    g_autoptr(LoomHost) host = loom_host_load(file, &error);

    check(error);
    loom_kernel_set_all_guards(&kernel->backend, host->ports, &error);
    check(error);
}

static void
get(LoomKernel *kernel, const char *link)
{
    g_autoptr(LoomHost) host = loom_host_new();
    GError *error = NULL;
    g_autofree char *text = NULL;

    LOOM_SET(host, name, "read");
    loom_kernel_find_guards(kernel, link, host, &error);
    check(error);
    if (host->ports->len)
        loom_kernel_find_pop(kernel, host->ports->pdata[0]);
    text = loom_host_format(host);
    fputs(text, stdout);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(a, b);
}

static void
drops(LoomBackend *backend, const char *link)
{
    GError *error = NULL;
    g_autoptr(GHashTable) counts = loom_kernel_read_drops(backend, link, &error);
    g_autoptr(GList) guards = NULL;

    check(error);
    guards = g_list_sort(g_hash_table_get_keys(counts), compare_names);
    for (GList *at = guards; at; at = at->next)
        printf("%s %" PRIu64 "\n", (char *)at->data,
               *(guint64 *)g_hash_table_lookup(counts, at->data));
}

static void
remove_guards(LoomKernel *kernel, char *link, GError **error)
{
    g_autoptr(GPtrArray) links = g_ptr_array_new();

    g_ptr_array_add(links, link);
    loom_kernel_remove_guards(kernel, links, error);
}

int
main(int argc, char **argv)
{
    GError *error = NULL;
    g_autoptr(LoomBackend) backend = loom_kernel_new(&error);

    check(error);
    if (argc == 3 && g_str_equal(argv[1], "set"))
        set((LoomKernel *)backend, argv[2]);
    else if (argc == 3 && g_str_equal(argv[1], "get"))
        get((LoomKernel *)backend, argv[2]);
    else if (argc == 3 && g_str_equal(argv[1], "drops"))
        drops(backend, argv[2]);
    else if (argc == 3 && g_str_equal(argv[1], "remove"))
        remove_guards((LoomKernel *)backend, argv[2], &error);
    else if (argc == 3 && (g_str_equal(argv[1], "pop") || g_str_equal(argv[1], "leave")))
        loom_kernel_set_pop((LoomKernel *)backend,
                            loom_kernel_find_index((LoomKernel *)backend, argv[2]),
                            g_str_equal(argv[1], "pop"));
    else
        return 2;
    check(error);
    return 0;
}
