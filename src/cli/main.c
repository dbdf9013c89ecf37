/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom: dispatch and help from one table. */
#include "base/i18n.h"
#include "cli/output.h"
#include "cli/session.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define CONFIRM_MAX 86400
#define HELP_WIDTH  22 /* of a command with its arguments; what is longer has a line of its own */
#define NIC_SECONDS 60 /* firmware and links of servers take their time */

static const LoomCommand commands[] = {
    {"check", "[FILE...]", N_("Find what is wrong with the fabric"), "fSjq", -1,
     loom_command_check},
    {"show", "[KIND [NAME]]", N_("Show the fabric, or one kind of thing in it"), "fjq", 2,
     loom_command_show},
    {"lease", "", N_("Give out the next free addresses and VLANs"), "fwjq", 0, loom_command_lease},
    {"networks", "", N_("List the libvirt networks that a host gets"), "fhaxjq", 0,
     loom_command_networks},
    {"plan", "", N_("Show what apply would change, and who would notice"), "fhacNIjq", 0,
     loom_command_plan},
    {"rehearse", "", N_("Try the change on stand-ins for this host's NICs"), "fhajq", 0,
     loom_command_rehearse},
    {"apply", "", N_("Make this host agree with the fabric"), "fhacNCIdRjq", 0, loom_command_apply},
    {"confirm", "", N_("Keep the change that waits for it"), "jq", 0, loom_command_confirm},
    {"revert", "", N_("Go back to the host before the last apply"), "cjq", 0, loom_command_revert},
    {"watch", "", N_("Follow the apply in progress, or tell how the last one ended"), "jq", 0,
     loom_command_watch},
    {"status", "", N_("Compare this host with the fabric"), "fhacNjq", 0, loom_command_status},
    {"ports", "[DOMAIN]", N_("List the ports of guests and host vNICs, with what they dropped"),
     "snjq", 1, loom_command_ports},
    {"explain", "DOMAIN|VNIC [MAC]",
     N_("Tell where each value of a port comes from, beside what the kernel has"), "fcjq", 2,
     loom_command_explain},
    {"attach", "DOMAIN VM-NETWORK", N_("Plug a vNIC into a guest, on a VM network"), "fcGMoLgjq", 2,
     loom_command_attach},
    {"detach", "DOMAIN MAC|VM-NETWORK", N_("Take a vNIC out of a guest"), "cLgjq", 2,
     loom_command_detach},
    {"set", "DOMAIN MAC|VM-NETWORK",
     N_("Give a vNIC another classification, also of a guest that runs"), "cGLgjq", 2,
     loom_command_set},
    {"migrate", "DOMAIN DEST", N_("Move a guest to another host over its migration network"),
     "fFkAOPUbjq", 2, loom_command_migrate},
    {"boot", "", N_("Bring up what was last applied, as at boot"), "ctNq", 0, loom_command_boot},
};

/* What commands start in processes of their own: nobody else calls them. */
static const LoomCommand internals[] = {
    {"apply-run", "TASK", "Change the host, as apply has planned it", "cNCR", 1, loom_command_run},
    {"apply-guard", "TASK", "Start that, and go back if it does not end", "cNCRD", 1,
     loom_command_guard},
    {"apply-recover", "", "Go back from an apply that was killed", "c", 0, loom_command_recover},
    {"guest-policy", "DOMAIN,...", "Note in running guests what their ports are made of", "c", 1,
     loom_command_policy},
};

/* Every option once; a command's letters say which of them it takes. */
typedef struct {
    char letter;
    GOptionEntry entry;
} Option;

static void
list_options(LoomSession *session, const LoomCommand *command, GOptionEntry *entries)
{
    const Option options[] = {
        {'f',
         {"fabric", 'f', 0, G_OPTION_ARG_FILENAME_ARRAY, &session->paths,
          N_("Read the fabric from a file or a directory (may be repeated)"), N_("PATH")}},
        {'h',
         {"host", 'H', 0, G_OPTION_ARG_STRING, &session->host,
          N_("Work for this host of the fabric (default: this machine's name)"), N_("NAME")}},
        {'a',
         {"facts", 0, 0, G_OPTION_ARG_FILENAME, &session->facts,
          N_("Take what is known of the machine from a host file"), N_("FILE")}},
        {'c',
         {"connect", 'c', 0, G_OPTION_ARG_STRING, &session->uri,
          N_("Connect to this libvirt (default qemu:///system)"), N_("URI")}},
        {'d',
         {"dry-run", 'n', 0, G_OPTION_ARG_NONE, &session->is_dry_run,
          N_("Print what would be changed, and change nothing"), NULL}},
        {'I',
         {"no-interruption", 0, 0, G_OPTION_ARG_NONE, &session->no_interruption,
          N_("Fail where the change would interrupt somebody"), NULL}},
        {'C',
         {"confirm", 0, 0, G_OPTION_ARG_INT, &session->confirm,
          N_("Go back unless virt-loom confirm follows within that time"), N_("SECONDS")}},
        {'R',
         {"restart-libvirtd", 0, 0, G_OPTION_ARG_NONE, &session->restart_libvirtd,
          N_("Restart libvirtd where its qemu.conf has changed"), NULL}},
        {'D',
         {"deadline", 0, 0, G_OPTION_ARG_INT, &session->deadline,
          "End it, and go back, after that time", "SECONDS"}},
        {'t',
         {"timeout", 0, 0, G_OPTION_ARG_INT, &session->timeout,
          N_("Wait so long for NICs, and for leases, that are not there yet (default 60)"),
          N_("SECONDS")}},
        {'N',
         {"networks", 0, 0, G_OPTION_ARG_NONE, &session->is_networks,
          N_("Only libvirt's networks, and not the links that they are on"), NULL}},
        {'F',
         {"from", 0, 0, G_OPTION_ARG_STRING, &session->from,
          N_("Move from the host of this libvirt (default: this one)"), N_("URI")}},
        {'k',
         {"check", 0, 0, G_OPTION_ARG_NONE, &session->is_check,
          N_("Only tell whether it can move, and change nothing"), NULL}},
        {'A',
         {"all", 0, 0, G_OPTION_ARG_NONE, &session->is_all,
          N_("Move all guests that run, and take DEST as the only argument"), NULL}},
        {'O',
         {"offline", 0, 0, G_OPTION_ARG_NONE, &session->is_offline,
          N_("Move the definition of a guest that does not run"), NULL}},
        {'P',
         {"persistent", 0, 0, G_OPTION_ARG_NONE, &session->is_persistent,
          N_("Define the guest at the destination"), NULL}},
        {'U',
         {"undefine-source", 0, 0, G_OPTION_ARG_NONE, &session->undefine_source,
          N_("Forget the guest's definition at the source"), NULL}},
        {'b',
         {"copy-storage", 0, 0, G_OPTION_ARG_NONE, &session->copy_storage,
          N_("Copy disks that the hosts do not share"), NULL}},
        {'G',
         {"classification", 0, 0, G_OPTION_ARG_STRING, &session->classification,
          N_("The port classification of the vNIC"), N_("NAME")}},
        {'M',
         {"mac", 0, 0, G_OPTION_ARG_STRING, &session->mac, N_("Give the vNIC this MAC address"),
          N_("MAC")}},
        {'o',
         {"model", 0, 0, G_OPTION_ARG_STRING, &session->model,
          N_("Give the vNIC this device model (default virtio)"), N_("MODEL")}},
        {'L',
         {"live", 0, 0, G_OPTION_ARG_NONE, &session->is_live, N_("Change the guest that runs"),
          NULL}},
        {'g',
         {"config", 0, 0, G_OPTION_ARG_NONE, &session->is_config,
          N_("Change the guest's definition"), NULL}},
        {'s',
         {"switch", 0, 0, G_OPTION_ARG_STRING, &session->logical_switch,
          N_("Only ports of this logical switch"), N_("NAME")}},
        {'n',
         {"network", 0, 0, G_OPTION_ARG_STRING, &session->network,
          N_("Only ports of this VM network"), N_("NAME")}},
        {'w',
         {"write", 'w', 0, G_OPTION_ARG_FILENAME, &session->write,
          N_("Write the leases to a file instead of standard output"), N_("FILE")}},
        {'x',
         {"xml", 0, 0, G_OPTION_ARG_STRING, &session->xml,
          N_("Print the libvirt XML of one network"), N_("NAME")}},
        {'S',
         {"strict", 0, 0, G_OPTION_ARG_NONE, &session->is_strict, N_("Fail on warnings too"),
          NULL}},
        {'j',
         {"format", 0, 0, G_OPTION_ARG_STRING, &session->format_word,
          N_("Print text or json (default text)"), N_("FORMAT")}},
        {'q',
         {"quiet", 'q', 0, G_OPTION_ARG_NONE, &session->is_quiet,
          N_("Print only errors, and what was asked for"), NULL}},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
        if (strchr(command->options, options[i].letter))
            *entries++ = options[i].entry;
    *entries = (GOptionEntry){0};
}

static void
print_help(void)
{
    printf(_("Usage: virt-loom COMMAND [OPTION...]\n\n"
             "One description of the network fabric becomes, on every libvirt/KVM host and\n"
             "identically, what its guests plug into.\n\n"));
    loom_output_print(stdout, LOOM_BOLD, "%s\n", _("Commands:"));
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autofree char *left = g_strdup_printf("%s %s", commands[i].name, commands[i].arguments);

        if (strlen(left) > HELP_WIDTH)
            printf("  %s\n  %-*s %s\n", left, HELP_WIDTH, "", _(commands[i].summary));
        else
            printf("  %-*s %s\n", HELP_WIDTH, left, _(commands[i].summary));
    }
    printf(_("\n'virt-loom COMMAND --help' shows a command's options. See virt-loom(1).\n"
             "Exit status: 0 done, 1 failed or errors found, 2 the host differs (status),\n"
             "3 wrong usage, 4 only the watching was ended, a change goes on.\n"));
}

static LoomExit usage_error(const char *format, ...) G_GNUC_PRINTF(1, 2);

static LoomExit
usage_error(const char *format, ...)
{
    va_list arguments;

    fputs("virt-loom: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputs(_("; see virt-loom --help\n"), stderr);
    return LOOM_EXIT_USAGE;
}

static void
session_clear(LoomSession *session)
{
    g_strfreev(session->paths);
    g_free(session->host);
    g_free(session->uri);
    g_free(session->from);
    g_free(session->logical_switch);
    g_free(session->network);
    g_free(session->classification);
    g_free(session->mac);
    g_free(session->model);
    g_free(session->facts);
    g_free(session->write);
    g_free(session->xml);
    g_free(session->format_word);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LoomSession, session_clear)

static LoomExit
run_command(const LoomCommand *command, int argc, char **argv)
{
    g_auto(LoomSession) session = {.timeout = NIC_SECONDS};
    GOptionEntry entries[16];
    g_autofree char *usage = g_strdup_printf("virt-loom %s", command->name);
    g_autoptr(GOptionContext) context = g_option_context_new(command->arguments);
    g_autoptr(GError) error = NULL;

    g_set_prgname(usage); /* what help begins with */
    list_options(&session, command, entries);
    g_option_context_add_main_entries(context, entries, GETTEXT_PACKAGE);
    g_option_context_set_summary(context, _(command->summary));
    if (!g_option_context_parse(context, &argc, &argv, &error))
        return usage_error("%s", error->message);
    /* argv[0] is the command by now */
    if (argc > 1 && g_str_equal(argv[1], "--")) {
        argv++;
        argc--;
    }
    if (command->max_arguments >= 0 && argc - 1 > command->max_arguments)
        return usage_error(_("%s takes no argument '%s'"), command->name,
                           argv[command->max_arguments + 1]);
    if (session.format_word && !g_str_equal(session.format_word, "text") &&
        !g_str_equal(session.format_word, "json"))
        return usage_error(_("the format is text or json, not '%s'"), session.format_word);
    if (session.confirm < 0 || session.confirm > CONFIRM_MAX)
        return usage_error(_("a confirmation is waited for from 1 to %d s, not %d"), CONFIRM_MAX,
                           session.confirm);
    session.is_json = session.format_word && g_str_equal(session.format_word, "json");
    return command->run(&session, argv + 1);
}

int
main(int argc, char **argv)
{
    const char *locale_directory = g_getenv("VIRT_LOOM_LOCALEDIR");

    /* a libvirtd that ends must not end whoever speaks with it */
    signal(SIGPIPE, SIG_IGN);
    setlocale(LC_ALL, "");
    bindtextdomain(GETTEXT_PACKAGE, locale_directory ? locale_directory : LOOM_LOCALEDIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    textdomain(GETTEXT_PACKAGE);
    g_set_prgname("virt-loom");

    if (argc < 2)
        return usage_error(_("no command was given"));
    if (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h") ||
        g_str_equal(argv[1], "help")) {
        print_help();
        return LOOM_EXIT_DONE;
    }
    if (g_str_equal(argv[1], "--version") || g_str_equal(argv[1], "-V")) {
        printf("virt-loom %s\n", LOOM_VERSION);
        return LOOM_EXIT_DONE;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        if (g_str_equal(commands[i].name, argv[1]))
            return run_command(&commands[i], argc - 1, argv + 1);
    for (size_t i = 0; i < G_N_ELEMENTS(internals); i++)
        if (g_str_equal(internals[i].name, argv[1]))
            return run_command(&internals[i], argc - 1, argv + 1);
    return usage_error(_("there is no command '%s'"), argv[1]);
}
