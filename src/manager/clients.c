/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCP clients that somebody started: for which link, with which identity; ended and started. */
#include "base/error.h"
#include "base/i18n.h"
#include "manager/identity.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

/* Whether the process asks for addresses of LINK; sets *ALONE where for no other one. */
typedef gboolean (*Serves)(const LoomProcess *process, const char *link, gboolean *alone);

typedef struct {
    const LoomManagerKind *kind;
    gboolean (*is)(const LoomProcess *process);
    Serves serves;
    gboolean (*describe)(LoomManagers *managers, const LoomSubject *link,
                         const LoomProcess *process, LoomManager *record, GError **error);
} Program;

static gboolean
takes_value(const char *option)
{
    static const char *const options[] = {"-p",  "-e",  "-s",  "-g",       "-cf", "-df",
                                          "-lf", "-pf", "-sf", "-timeout", "-D",  "-H",
                                          "-F",  "-V",  "-R",  NULL}; /* dhclient(8) */

    return g_strv_contains(options, option);
}

static gboolean
is_dhclient(const LoomProcess *process)
{
    return g_str_equal(loom_process_program(process), "dhclient");
}

static gboolean
dhclient_serves(const LoomProcess *process, const char *link, gboolean *alone)
{
    unsigned count = 0, found = 0;

    for (char **each = process->arguments + 1; *each; each++) {
        if (takes_value(*each) && each[1]) {
            each++;
        } else if (**each != '-') {
            count++;
            found += g_str_equal(*each, link);
        }
    }
    *alone = count == 1;
    return found || count == 0;
}

/* The arguments of busybox's program, whether called by its own name or not. */
static char **
udhcpc_arguments(const LoomProcess *process)
{
    char **arguments = process->arguments;

    if (g_str_equal(loom_process_program(process), "udhcpc"))
        return arguments + 1;
    return g_str_has_prefix(loom_process_program(process), "busybox") && arguments[1] &&
                   g_str_equal(arguments[1], "udhcpc")
               ? arguments + 2
               : NULL;
}

static gboolean
is_udhcpc(const LoomProcess *process)
{
    return udhcpc_arguments(process) != NULL;
}

static gboolean
udhcpc_serves(const LoomProcess *process, const char *link, gboolean *alone)
{
    const char *of = "eth0";

    for (char **each = udhcpc_arguments(process); *each; each++) {
        if ((g_str_equal(*each, "-i") || g_str_equal(*each, "--interface")) && each[1])
            of = *++each;
        else if (g_str_has_prefix(*each, "--interface="))
            of = strchr(*each, '=') + 1;
        else if (g_str_has_prefix(*each, "-i"))
            of = *each + 2;
    }
    *alone = TRUE;
    return g_str_equal(of, link);
}

/* It shows what it does in place of its arguments: "dhcpcd: eth0 [ip4]", "dhcpcd: [manager]". */
static gboolean
is_dhcpcd(const LoomProcess *process)
{
    return process->arguments[0] && g_str_has_prefix(process->arguments[0], "dhcpcd: ");
}

static gboolean
dhcpcd_serves(const LoomProcess *process, const char *link, gboolean *alone)
{
    const char *title = process->arguments[0] + strlen("dhcpcd: ");
    size_t length = strlen(link);

    *alone = strncmp(title, link, length) == 0 && (!title[length] || title[length] == ' ');
    return *alone || g_str_has_prefix(title, "[manager]") || g_str_has_prefix(title, "[master]");
}

static gboolean
dhclient_describe(LoomManagers *managers, const LoomSubject *link, const LoomProcess *process,
                  LoomManager *record, GError **error)
{
    if (g_strv_contains((const char *const *)process->arguments, "-6"))
        loom_manager_refuse(record,
                            _("dhclient asks for IPv6 addresses, for which virt-loom has no "
                              "client; end it, and give '%s' static ones"),
                            link->name);
    return loom_identity_of_dhclient(managers, link, process->arguments, record, error);
}

static gboolean
udhcpc_describe(LoomManagers *managers G_GNUC_UNUSED, const LoomSubject *link,
                const LoomProcess *process, LoomManager *record, GError **error G_GNUC_UNUSED)
{
    loom_identity_of_udhcpc(link, udhcpc_arguments(process), record);
    return TRUE;
}

static gboolean
dhcpcd_describe(LoomManagers *managers, const LoomSubject *link, const LoomProcess *process,
                LoomManager *record, GError **error)
{
    if (strstr(process->arguments[0], "[ip6]"))
        /* its arguments are gone: that is how it is started again */
        loom_manager_refuse(record,
                            _("dhcpcd cares for IPv6 on '%s' as well; start it with '-4 %s', or "
                              "end it"),
                            link->name, link->name);
    return loom_identity_of_dhcpcd(managers, link, record, error);
}

static const Program programs[] = {
    {&loom_dhclient, is_dhclient, dhclient_serves, dhclient_describe},
    {&loom_udhcpc, is_udhcpc, udhcpc_serves, udhcpc_describe},
    {&loom_dhcpcd, is_dhcpcd, dhcpcd_serves, dhcpcd_describe},
};

/* The first process for the link that is not our own client; KIND may be NULL: of any. */
static const LoomProcess *
find(LoomManagers *managers, const LoomManagerKind *kind, const char *link, const Program **program,
     gboolean *alone)
{
    const GPtrArray *processes = loom_managers_processes(managers);
    pid_t own = loom_dhcp_process(managers, link);

    for (guint i = 0; i < processes->len; i++) {
        const LoomProcess *process = processes->pdata[i];

        for (size_t j = 0; j < G_N_ELEMENTS(programs); j++)
            if ((!kind || programs[j].kind == kind) && process->pid != own &&
                programs[j].is(process) && programs[j].serves(process, link, alone)) {
                *program = &programs[j];
                return process;
            }
    }
    return NULL;
}

static gboolean
describe(LoomManagers *managers, const LoomSubject *link, const Program *program,
         const LoomProcess *process, LoomManager *record, GError **error)
{
    LOOM_SET_NUMBER(record, dhcp, TRUE);
    return program->describe(managers, link, process, record, error);
}

gboolean
loom_clients_describe(LoomManagers *managers, const LoomSubject *link, LoomManager *record,
                      GError **error)
{
    const Program *program = NULL;
    gboolean alone;
    const LoomProcess *process = find(managers, NULL, link->name, &program, &alone);

    if (!process)
        return TRUE;
    if (!alone)
        loom_manager_refuse(record, _("%s, which asks for its addresses, serves other links too"),
                            program->kind->name);
    return describe(managers, link, program, process, record, error);
}

/* How to start it again: a command line, quoted as for a shell. */
static char *
command_of(const LoomProcess *process, const Program *program, const char *link)
{
    GString *command = g_string_new(NULL);

    if (program->kind == &loom_dhcpcd) {
        g_string_printf(command, "dhcpcd -b -4 %s", link);
        return g_string_free(command, FALSE);
    }
    for (char **each = process->arguments; *each; each++) {
        g_autofree char *quoted = g_shell_quote(*each);
        gboolean plain = !(*each)[strcspn(*each, " \t\n'\"\\$`|&;<>()*?[]#~")];

        g_string_append_printf(command, "%s%s", command->len ? " " : "", plain ? *each : quoted);
    }
    return g_string_free(command, FALSE);
}

static gboolean
observe(LoomManagers *managers, const LoomManagerKind *kind, const LoomSubject *link,
        LoomManager **found, GError **error)
{
    const Program *program = NULL;
    gboolean alone;
    const LoomProcess *process = find(managers, kind, link->name, &program, &alone);

    *found = NULL;
    if (!process || !loom_subject_read_index(link))
        return TRUE;
    g_autofree char *command = command_of(process, program, link->name);
    g_autoptr(LoomManager) record = loom_manager_record_new(kind, link, command);
    if (!alone)
        loom_manager_refuse(record,
                            _("%s (process %d) serves other links too: start it anew for those "
                              "alone, without '%s'"),
                            kind->name, process->pid, link->name);
    if (!describe(managers, link, program, process, record, error))
        return FALSE;
    *found = g_steal_pointer(&record);
    return TRUE;
}

static gboolean
is_here(LoomManagers *managers, const LoomManagerKind *kind)
{
    const GPtrArray *processes = loom_managers_processes(managers);

    for (guint i = 0; i < processes->len; i++)
        for (size_t j = 0; j < G_N_ELEMENTS(programs); j++)
            if (programs[j].kind == kind && programs[j].is(processes->pdata[i]))
                return TRUE;
    return FALSE;
}

static gboolean
observe_dhclient(LoomManagers *managers, const LoomSubject *link, LoomManager **found,
                 GError **error)
{
    return observe(managers, &loom_dhclient, link, found, error);
}

static gboolean
observe_udhcpc(LoomManagers *managers, const LoomSubject *link, LoomManager **found, GError **error)
{
    return observe(managers, &loom_udhcpc, link, found, error);
}

static gboolean
observe_dhcpcd(LoomManagers *managers, const LoomSubject *link, LoomManager **found, GError **error)
{
    return observe(managers, &loom_dhcpcd, link, found, error);
}

/* Ends one, whatever it would do with the address on its way out. */
static gboolean
end(LoomManagers *managers, const LoomProcess *process, const char *link, gboolean alone,
    GError **error)
{
    if (!alone) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("%s (process %d) serves '%s' and other links; it was left alone"),
                    loom_process_program(process), process->pid, link);
        return FALSE;
    }
    /* any other signal may make it give back or take down the address */
    if (loom_process_end(managers, process->pid, SIGKILL, 10))
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("%s (process %d) does not end"),
                loom_process_program(process), process->pid);
    return FALSE;
}

gboolean
loom_clients_end(LoomManagers *managers, const char *link, GError **error)
{
    pid_t own = loom_dhcp_process(managers, link);
    const GPtrArray *processes;

    loom_managers_refresh(managers);
    processes = loom_managers_processes(managers);
    for (guint i = 0; i < processes->len; i++) {
        const LoomProcess *process = processes->pdata[i];
        gboolean alone;

        for (size_t j = 0; j < G_N_ELEMENTS(programs); j++)
            if (process->pid != own && programs[j].is(process) &&
                programs[j].serves(process, link, &alone) &&
                !end(managers, process, link, alone, error))
                return FALSE;
    }
    loom_managers_refresh(managers);
    return TRUE;
}

static gboolean
hand_over(LoomManagers *managers, const LoomManager *record, const GPtrArray *leaving G_GNUC_UNUSED,
          GError **error)
{
    return loom_clients_end(managers, record->link, error);
}

static gboolean
give_back(LoomManagers *managers, const LoomManager *record, GError **error)
{
    const Program *program = NULL;
    gboolean alone;
    g_auto(GStrv) arguments = NULL;
    g_autoptr(GError) cause = NULL;

    loom_managers_refresh(managers);
    if (find(managers, NULL, record->link, &program, &alone))
        return TRUE;
    if (!record->source || !g_shell_parse_argv(record->source, NULL, &arguments, &cause)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("Nobody knows how %s was started for '%s'"), record->name, record->link);
        return FALSE;
    }
    return loom_program_start(managers, (const char *const *)arguments, error);
}

#define CLIENT(program)                                                                            \
    static gboolean find_##program(LoomManagers *managers, gboolean *here,                         \
                                   GError **error G_GNUC_UNUSED)                                   \
    {                                                                                              \
        *here = is_here(managers, &loom_##program);                                                \
        return TRUE;                                                                               \
    }                                                                                              \
    const LoomManagerKind loom_##program = {                                                       \
        .name = #program,                                                                          \
        .find = find_##program,                                                                    \
        .observe = observe_##program,                                                              \
        .hand_over = hand_over,                                                                    \
        .give_back = give_back,                                                                    \
    }
CLIENT(dhclient);
CLIENT(udhcpc);
CLIENT(dhcpcd);
