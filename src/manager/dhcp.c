/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our own DHCP client: one dhcpcd for each link, which needs nobody once it runs. */
#include "base/error.h"
#include "base/file.h"
#include "base/i18n.h"
#include "host/slice.h"
#include "manager/kinds.h"

#include <signal.h>
#include <string.h>

/*
 * Theory of operation
 *
 * Of the clients that distributions have, dhcpcd is the one that is kept (ISC's dhclient ended in
 * 2022; Debian and Fedora moved to dhcpcd), takes any identity and none, serves one link without
 * looking at others, leaves the address in place when it stops, takes one that is there already
 * without a gap, and marks address and routes as DHCP's. udhcpc leaves all of that to a shell
 * script; systemd-networkd wants a whole host.
 *
 * RUNDIR/dhcp/LINK.conf is written before it is started and says with which identity; LINK.pid
 * afterwards. A .conf without a .pid was left by a run that was killed in between: whatever dhcpcd
 * has for that link then is ours. All of it is in /run: at boot the committed host starts it again.
 */

#define PROGRAM  "dhcpcd"
#define CLIENTID "clientid " /* dhcpcd.conf(5) */
#define METRIC   "metric "

/* As Debian's and Fedora's own dhcpcd.conf, but for IPv6, which is the kernel's here. */
static const char configuration[] = "persistent\n"
                                    "hostname\n"
                                    "vendorclassid\n"
                                    "option domain_name_servers, domain_name, domain_search\n"
                                    "option classless_static_routes, interface_mtu, host_name\n"
                                    "option ntp_servers\n"
                                    "require dhcp_server_identifier\n"
                                    "noipv4ll\n";

static char *
path_of(const LoomManagers *managers, const char *link, const char *suffix)
{
    return loom_managers_path(managers, "%s/dhcp/%s.%s", loom_slice_directory(), link, suffix);
}

/* What a file of process ids says, or 0. */
static pid_t
read_pid(const char *path)
{
    g_autofree char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? (pid_t)g_ascii_strtoll(text, NULL, 10)
                                                        : 0;
}

/* Whether it is dhcpcd at work for the link: it shows that instead of its arguments. */
static gboolean
is_client(const LoomManagers *managers, pid_t pid, const char *link)
{
    g_autofree char *path = loom_managers_path(managers, "/proc/%d/cmdline", pid);
    g_autofree char *title = g_strdup_printf(PROGRAM ": %s", link);
    g_autofree char *text = NULL;
    size_t length = strlen(title);

    return pid > 0 && g_file_get_contents(path, &text, NULL, NULL) &&
           strncmp(text, title, length) == 0 && (text[length] == ' ' || text[length] == '\0');
}

/* Which process dhcpcd itself says is its own for the link: it keeps that where it chooses. */
static pid_t
stated_pid(const LoomManagers *managers, const char *link)
{
    g_autofree char *path = loom_managers_path(managers, "/run/dhcpcd/%s-4.pid", link);

    return read_pid(path);
}

pid_t
loom_dhcp_process(LoomManagers *managers, const char *link)
{
    g_autofree char *file = path_of(managers, link, "conf");
    g_autofree char *pid_file = path_of(managers, link, "pid");
    pid_t pid;

    if (!g_file_test(file, G_FILE_TEST_EXISTS))
        return 0;
    pid =
        g_file_test(pid_file, G_FILE_TEST_EXISTS) ? read_pid(pid_file) : stated_pid(managers, link);
    return is_client(managers, pid, link) ? pid : 0;
}

static LoomDhcp *
read_client(const char *path, const char *link, GError **error)
{
    g_autofree char *text = NULL;
    LoomDhcp *dhcp;

    if (!loom_managers_read(path, &text, error))
        return NULL;
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    dhcp = loom_record_new(&loom_dhcp_kind);
    LOOM_SET(dhcp, link, link);
    for (char **line = lines; *line; line++)
        if (g_str_has_prefix(*line, CLIENTID))
            LOOM_TRY(dhcp, identity, *line + strlen(CLIENTID));
        else if (g_str_has_prefix(*line, METRIC))
            LOOM_TRY(dhcp, metric, *line + strlen(METRIC));
    return dhcp;
}

gboolean
loom_dhcp_observe(LoomManagers *managers, LoomHost *into, GError **error)
{
    g_autofree char *pattern = path_of(managers, "*", "conf");
    g_autoptr(GPtrArray) files = loom_managers_glob(pattern);

    for (guint i = 0; i < files->len; i++) {
        g_autofree char *link = g_path_get_basename(files->pdata[i]);

        link[strlen(link) - strlen(".conf")] = '\0';
        if (!loom_dhcp_process(managers, link))
            continue;
        LoomDhcp *dhcp = read_client(files->pdata[i], link, error);
        if (!dhcp)
            return FALSE;
        loom_record_add(into, dhcp);
    }
    return TRUE;
}

typedef struct {
    LoomManagers *managers;
    const char *link;
    pid_t pid;
} Wait;

static gboolean
has_started(gpointer data)
{
    Wait *wait = data;

    wait->pid = stated_pid(wait->managers, wait->link);
    return is_client(wait->managers, wait->pid, wait->link);
}

/* In a scope of its own where there is systemd: it outlives the service or session we are in. */
static gboolean
run_client(LoomManagers *managers, const char *link, const char *file, GError **error)
{
    g_autofree char *description = g_strdup_printf("--description=virt-loom: DHCP for %s", link);
    const char *const arguments[] = {"systemd-run", "--scope", "--quiet", "--collect",
                                     description,   PROGRAM,   "-4",      "-b",
                                     "-f",          file,      link,      NULL};
    size_t first = loom_managers_has(managers, "/run/systemd/system") ? 0 : 5;

    return loom_program_run(managers, arguments + first, 30, error);
}

static char *
configuration_of(const LoomDhcp *dhcp)
{
    GString *text = g_string_new("# Written by virt-loom: it starts dhcpcd for this link\n");

    g_string_append(text, configuration);
    if (dhcp->identity)
        g_string_append_printf(text, CLIENTID "%s\n", dhcp->identity);
    if (LOOM_HAS(dhcp, metric))
        g_string_append_printf(text, METRIC "%" G_GUINT64_FORMAT "\n", dhcp->metric);
    return g_string_free(text, FALSE);
}

gboolean
loom_dhcp_start(LoomManagers *managers, const LoomDhcp *dhcp, GError **error)
{
    g_autofree char *file = path_of(managers, dhcp->link, "conf");
    g_autofree char *pid_file = path_of(managers, dhcp->link, "pid");
    g_autofree char *text = configuration_of(dhcp);
    Wait wait = {managers, dhcp->link, 0};

    if (!loom_program_exists(PROGRAM)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_UNSUPPORTED,
                    _("'%s' gets its address by DHCP, for which virt-loom uses dhcpcd: install "
                      "dhcpcd-base (Debian) or dhcpcd (Fedora)"),
                    dhcp->link);
        return FALSE;
    }
    /* also one of another identity, or of a run that was killed */
    if (!loom_dhcp_stop(managers, dhcp->link, error) ||
        !loom_file_write_volatile(file, text, error) ||
        !run_client(managers, dhcp->link, file, error))
        return FALSE;
    if (!loom_await(has_started, &wait, 10)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("dhcpcd does not start for '%s'"),
                    dhcp->link);
        return FALSE;
    }
    g_autofree char *pid = g_strdup_printf("%d\n", wait.pid);
    loom_managers_refresh(managers);
    return loom_file_write_volatile(pid_file, pid, error);
}

gboolean
loom_dhcp_stop(LoomManagers *managers, const char *link, GError **error)
{
    g_autofree char *file = path_of(managers, link, "conf");
    g_autofree char *pid_file = path_of(managers, link, "pid");
    pid_t pid = loom_dhcp_process(managers, link);

    /* TERM: "persistent" makes it leave address and routes */
    if (pid && !loom_process_end(managers, pid, SIGTERM, 10) &&
        !loom_process_end(managers, pid, SIGKILL, 10)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("dhcpcd (process %d) does not end"),
                    pid);
        return FALSE;
    }
    loom_managers_refresh(managers);
    /* the process id last: without the other file it says nothing */
    return loom_file_remove(file, error) && loom_file_remove(pid_file, error);
}
