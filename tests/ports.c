/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest, a switch that promises, and ports that are kept: for tests of port/ without a kernel. */
#include "ports.h"

#include "test.h"

#include "port/state.h"

#include <glib/gstdio.h>
#include <string.h>

LoomGuest *
loom_test_guest(void)
{
    static const char text[] =
        "<domain><name>db1</name><uuid>" UUID "</uuid><devices><interface type='bridge'>"
        "<mac address='" MAC "'/><source network='Blue'/><target dev='vnet0'/></interface>"
        "</devices></domain>";
    g_autoptr(GError) error = NULL;
    LoomGuest *guest = loom_guest_parse(text, strlen(text), "guest", &error);

    assert_no_error(error);
    return guest;
}

char *
loom_test_make_directory(void)
{
    return g_dir_make_tmp("virt-loom-plug-XXXXXX", NULL);
}

void
loom_test_remove_directory(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *below = g_build_filename(path, name, NULL);

        loom_test_remove_directory(below);
    }
    g_remove(path);
}

void
loom_test_keep_port(const char *directory, const char *domain, const char *mac, const char *tap)
{
    g_autoptr(LoomHost) slice = loom_test_host(PROMISE("refuse"));
    LoomPort *port = loom_record_copy(slice->ports->pdata[0]);
    g_autoptr(LoomHost) state = NULL;
    g_autoptr(GError) error = NULL;

    LOOM_SET(port, domain, domain);
    LOOM_SET(port, mac, mac);
    LOOM_SET(port, link, tap);
    state = loom_port_state_new(slice, port, "db");
    assert_true(loom_port_state_save(directory, LOOM_PORT_LIVE, state, &error));
}
