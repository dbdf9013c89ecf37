/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loomd: what has no synchronous hook. */
#include "agent/agent.h"
#include "agent/notify.h"

#include "host/slice.h"
#include "port/agent.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FAILED = 1, MISUSED = 3 };

static gboolean
on_end(gpointer data)
{
    ((LoomAgent *)data)->is_ending = TRUE;
    return G_SOURCE_CONTINUE;
}

static gboolean
on_reread(gpointer data)
{
    LoomAgent *agent = data;

    loom_agent_say(LOG_INFO, "looking at everything again");
    g_hash_table_remove_all(agent->told);
    loom_agent_look_at_all(agent);
    return G_SOURCE_CONTINUE;
}

static int
serve(const char *uri)
{
    g_auto(LoomAgent) agent = {.directory = loom_slice_directory(), .uri = uri, .state = -1};
    g_autoptr(GError) error = NULL;
    int lock = loom_agent_lock(agent.directory, &error);

    if (lock < 0) {
        loom_agent_say(LOG_ERR, "%s", error->message);
        return FAILED;
    }
    g_unix_signal_add(SIGTERM, on_end, &agent);
    g_unix_signal_add(SIGINT, on_end, &agent);
    g_unix_signal_add(SIGHUP, on_reread, &agent);
    agent.is_given_up = !loom_agent_take_back();
    if (!loom_agent_start(&agent, &error)) {
        loom_agent_say(LOG_ERR, "%s", error->message);
        close(lock);
        return FAILED;
    }
    loom_agent_say(LOG_INFO, "ready");
    loom_notify("READY=1");
    while (!agent.is_ending)
        loom_virt_loop_iterate();
    loom_notify("STOPPING=1");
    loom_agent_say(LOG_INFO, "ends");
    close(lock);
    return agent.has_failed ? FAILED : EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
    g_autofree char *uri = NULL;
    gboolean is_version = FALSE;
    const GOptionEntry entries[] = {
        {"connect", 'c', 0, G_OPTION_ARG_STRING, &uri,
         "Connect to this libvirt (default qemu:///system)", "URI"},
        {"version", 'V', 0, G_OPTION_ARG_NONE, &is_version, "Print the version", NULL},
        {NULL}};
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;

    signal(SIGPIPE, SIG_IGN);
    umask(022);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(
        context, "Gives vNICs that are plugged into running guests their ports, and repairs what "
                 "others change.\nSee virt-loomd(8).");
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc > 1) {
        fprintf(stderr, "virt-loomd: %s; see virt-loomd --help\n",
                error ? error->message : "it takes no argument");
        return MISUSED;
    }
    if (is_version) {
        printf("virt-loomd %s\n", LOOM_VERSION);
        return EXIT_SUCCESS;
    }
    openlog("virt-loomd", LOG_PERROR | LOG_PID, LOG_DAEMON);
    return serve(uri);
}
