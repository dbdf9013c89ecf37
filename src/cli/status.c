/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom status: whether the host is as it should be, and if not, who says so. */
#include "base/i18n.h"
#include "base/json.h"
#include "cli/comparison.h"
#include "cli/origin.h"
#include "cli/output.h"
#include "host/slice.h"
#include "port/agent.h"
#include "virt/virt.h"

#include <stdio.h>

/*
 * Theory of operation
 *
 * Each step of the plan is something that is not as it should be, and belongs to the logical switch
 * that wants it so, or else to the host alone. A logical switch is not compliant where something
 * that carries it is missing: its bridge, team, a host vNIC, a libvirt network, or a link is not in
 * the team or bridge where it belongs; it is partially compliant where what is there has another
 * value. The host is as its worst switch, and not compliant where something foreign is in the way.
 */
typedef enum { COMPLIANT, PARTIALLY, NOT_COMPLIANT } Compliance;

typedef struct {
    const LoomWork *work;
    LoomSurvey survey;
    LoomOrigins *origins;
    GHashTable *switches; /* of logical switches: their Compliance */
    GHashTable *felt;     /* steps that interrupt somebody */
    Compliance compliance;
} Status;

static void
status_clear(Status *status)
{
    g_clear_pointer(&status->switches, g_hash_table_unref);
    g_clear_pointer(&status->felt, g_hash_table_unref);
    g_clear_pointer(&status->origins, loom_origins_free);
    loom_survey_clear(&status->survey);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Status, status_clear)

static const char *
compliance_format(Compliance compliance)
{
    static const char *const words[] = {"compliant", "partial", "noncompliant"};

    return words[compliance];
}

static const char *
compliance_describe(Compliance compliance)
{
    static const char *const words[] = {N_("compliant"), N_("partially compliant"),
                                        N_("not compliant")};

    return _(words[compliance]);
}

static LoomColour
compliance_colour(Compliance compliance)
{
    static const LoomColour colours[] = {LOOM_GREEN, LOOM_YELLOW, LOOM_RED};

    return colours[compliance];
}

static gboolean
leaves_its_place(const LoomStep *step)
{
    const LoomLink *from = (const LoomLink *)step->from, *to = (const LoomLink *)step->to;

    return step->kind == &loom_link_kind && from && to && to->master &&
           g_strcmp0(from->master, to->master) != 0;
}

static Compliance
judge(const LoomStep *step)
{
    gboolean is_carrier = step->kind == &loom_link_kind || step->kind == &loom_network_kind;

    return (is_carrier && step->verb == LOOM_STEP_CREATE) || leaves_its_place(step) ? NOT_COMPLIANT
                                                                                    : PARTIALLY;
}

static const LoomRecord *
record_of(const LoomStep *step)
{
    return step->to ? step->to : step->from;
}

/* Also of what is in a link of the switch and should not be. NULL: of none. */
static const LoomLogicalSwitch *
switch_of(const Status *status, const LoomStep *step)
{
    const LoomLogicalSwitch *own = loom_origins_find_switch(status->origins, record_of(step));
    const LoomLink *link = (const LoomLink *)step->from;

    if (own || step->kind != &loom_link_kind || !link || !link->master)
        return own;
    return loom_origins_find_switch_of_link(status->origins, link->master);
}

static void
worsen(Status *status, const LoomLogicalSwitch *logical_switch, Compliance compliance)
{
    Compliance before = GPOINTER_TO_INT(g_hash_table_lookup(status->switches, logical_switch));

    if (logical_switch)
        g_hash_table_insert(status->switches, (gpointer)logical_switch,
                            GINT_TO_POINTER(MAX(before, compliance)));
    status->compliance = MAX(status->compliance, compliance);
}

/* What apply writes for the hooks, and proves of them. */
static void
look_at_hooks(Status *status)
{
    LoomReport *report = status->survey.report;

    if (!loom_slice_is_current(status->work->desired, loom_slice_directory())) {
        worsen(status, NULL, PARTIALLY);
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL,
                        _("what the hooks read in %s is missing or older than the fabric, so they "
                          "may refuse guests: virt-loom apply writes it"),
                        loom_slice_directory());
    }
    if (!loom_virt_hooks_are_known(status->work->virt, loom_slice_directory()))
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL,
                        _("libvirtd is not known to have loaded the hooks: virt-loom apply proves "
                          "it"));
}

static gboolean
status_take(Status *status, GError **error)
{
    const LoomWork *work = status->work;

    if (!loom_survey_take(work, &status->survey, error))
        return FALSE;
    status->origins = loom_origins_new(work->fabric, work->desired);
    status->switches = g_hash_table_new(NULL, NULL);
    status->felt = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < status->survey.notices->len; i++) {
        const LoomNotice *notice = status->survey.notices->pdata[i];

        if (notice->effect == LOOM_NOTICE_INTERRUPTION)
            g_hash_table_add(status->felt, (gpointer)notice->step);
    }
    for (guint i = 0; i < status->survey.plan->steps->len; i++) {
        const LoomStep *step = status->survey.plan->steps->pdata[i];

        worsen(status, switch_of(status, step), judge(step));
    }
    if (loom_report_count(status->survey.report, LOOM_SEVERITY_ERROR))
        worsen(status, NULL, NOT_COMPLIANT);
    look_at_hooks(status);
    return TRUE;
}

static Compliance
compliance_of(const Status *status, const LoomHostSwitch *host_switch)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(status->switches, host_switch->logical_switch));
}

static const LoomFabricHost *
fabric_host(const Status *status)
{
    return loom_fabric_find(status->work->fabric, &loom_fabric_host_kind,
                            status->work->desired->name);
}

/* --- for people ---------------------------------------------------------------------------------
 */

static void
print_compliance(const Status *status)
{
    g_autoptr(LoomTable) table = loom_table_new(2, _("WHAT"), _("STATE"));
    const GPtrArray *switches = fabric_host(status)->switches;
    g_autofree char *host = g_strdup_printf(_("host '%s'"), status->work->desired->name);

    loom_table_add(table, host, compliance_describe(status->compliance));
    loom_table_paint(table, compliance_colour(status->compliance));
    for (guint i = 0; i < switches->len; i++) {
        const LoomHostSwitch *host_switch = switches->pdata[i];
        Compliance compliance = compliance_of(status, host_switch);
        g_autofree char *name =
            g_strdup_printf(_("logical switch '%s'"), host_switch->logicalswitch);

        loom_table_add(table, name, compliance_describe(compliance));
        loom_table_paint(table, compliance_colour(compliance));
    }
    loom_table_print(table, stdout);
}

static void
print_agent(void)
{
    int process = loom_agent_find(loom_slice_directory());

    if (process)
        printf(_("The agent virt-loomd runs (process %d).\n"), process);
    else
        printf(_("The agent virt-loomd does not run: a vNIC that is plugged into a running guest "
                 "gets no port.\n"));
}

static char *
describe_repair(const Status *status, const LoomStep *step)
{
    const char *cost = loom_cost_describe(step->cost);

    return g_hash_table_contains(status->felt, step) ? g_strdup_printf(_("%s, interrupts"), cost)
                                                     : g_strdup(cost);
}

static char *
describe_origin(const Status *status, const LoomStep *step, const char *attribute)
{
    g_autoptr(LoomOrigin) origin = loom_origins_find(status->origins, record_of(step), attribute);

    return origin ? loom_origin_format(origin) : g_strdup(_("not in the fabric"));
}

/* A network's hash says of another difference that there is one. */
static gboolean
is_worth_a_row(const LoomDifference *difference, const GPtrArray *all)
{
    return all->len == 1 || !g_str_equal(difference->name, "hash");
}

/* What is missing, or is there and should not be. */
static void
add_presence(const Status *status, const LoomStep *step, const char *what, const char *repair,
             LoomTable *table)
{
    g_autofree char *origin = describe_origin(status, step, NULL);
    const char *wanted = step->to ? _("present") : _("absent");
    const char *found = step->to ? _("absent") : _("present");
    const LoomManager *manager = (const LoomManager *)record_of(step);

    if (step->kind == &loom_manager_kind) {
        g_autofree char *link = g_strdup_printf(_("link '%s'"), manager->link);

        loom_table_add(table, link, "manager", "virt-loom", manager->name, repair, origin);
    } else {
        loom_table_add(table, what, NULL, wanted, found, repair, origin);
    }
    loom_table_paint(table, compliance_colour(judge(step)));
}

static void
add_step(const Status *status, const LoomStep *step, LoomTable *table)
{
    g_autofree char *what = loom_step_describe_record(step);
    g_autofree char *repair = describe_repair(status, step);
    g_autoptr(GPtrArray) differences = loom_step_differences(step);

    if (step->verb != LOOM_STEP_CHANGE) {
        add_presence(status, step, what, repair, table);
        return;
    }
    for (guint i = 0; i < differences->len; i++) {
        const LoomDifference *difference = differences->pdata[i];
        g_autofree char *origin = describe_origin(status, step, difference->name);

        if (!is_worth_a_row(difference, differences))
            continue;
        loom_table_add(table, what, difference->name, difference->to, difference->from, repair,
                       origin);
        loom_table_paint(table, compliance_colour(judge(step)));
    }
}

static void
print_differences(const Status *status)
{
    const GPtrArray *steps = status->survey.plan->steps;
    g_autoptr(LoomTable) table = loom_table_new(6, _("WHAT"), _("PROPERTY"), _("EXPECTED"),
                                                _("ACTUAL"), _("REPAIR"), _("EXPECTED BY"));

    if (!steps->len)
        return;
    for (guint i = 0; i < steps->len; i++)
        add_step(status, steps->pdata[i], table);
    printf("\n");
    loom_table_print(table, stdout);
    printf("\n");
}

static void
print_text(const LoomSession *session, const Status *status)
{
    const LoomSurvey *survey = &status->survey;

    print_compliance(status);
    if (!session->is_quiet)
        print_agent();
    print_differences(status);
    fflush(stdout);
    loom_session_print_report(session, survey->report, stderr);
    if (session->is_quiet)
        return;
    loom_print_verdict(status->work->desired, status->compliance == COMPLIANT,
                       survey->plan->steps->len);
    if (status->compliance == COMPLIANT)
        return;
    loom_print_interruptions(survey);
    printf("%s\n", _("The remedy is: virt-loom apply"));
}

/* --- for programs -------------------------------------------------------------------------------
 */

static void
write_origin(JsonBuilder *builder, const LoomStep *step, const LoomDifference *difference,
             gpointer data)
{
    const Status *status = data;
    const LoomLogicalSwitch *logical_switch = switch_of(status, step);
    g_autoptr(LoomOrigin) origin =
        loom_origins_find(status->origins, record_of(step), difference ? difference->name : NULL);

    if (!difference) {
        loom_json_add_member(builder, "logicalswitch",
                             logical_switch ? logical_switch->name : NULL);
        json_builder_set_member_name(builder, "interrupts");
        json_builder_add_boolean_value(builder, g_hash_table_contains(status->felt, step));
    }
    loom_json_add_member(builder, "origin", origin ? origin->text : NULL);
    if (!origin || !origin->source.file)
        return;
    loom_json_add_member(builder, "file", origin->source.file);
    json_builder_set_member_name(builder, "line");
    json_builder_add_int_value(builder, origin->source.line);
}

static void
print_json(Status *status)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    const GPtrArray *switches = fabric_host(status)->switches;
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    loom_json_add_member(builder, "host", status->work->desired->name);
    loom_json_add_member(builder, "result", status->compliance == COMPLIANT ? "agrees" : "differs");
    loom_json_add_member(builder, "state", compliance_format(status->compliance));
    json_builder_set_member_name(builder, "agent");
    json_builder_add_boolean_value(builder, loom_agent_find(loom_slice_directory()) != 0);
    json_builder_set_member_name(builder, "switches");
    json_builder_begin_array(builder);
    for (guint i = 0; i < switches->len; i++) {
        const LoomHostSwitch *host_switch = switches->pdata[i];

        json_builder_begin_object(builder);
        loom_json_add_member(builder, "name", host_switch->logicalswitch);
        loom_json_add_member(builder, "state",
                             compliance_format(compliance_of(status, host_switch)));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    loom_json_add_survey(builder, &status->survey, write_origin, status);
    json_builder_set_member_name(builder, "findings");
    loom_json_add_report(builder, status->survey.report);
    json_builder_end_object(builder);
    text = loom_json_finish(builder);
    fputs(text, stdout);
}

LoomExit
loom_command_status(LoomSession *session, char **arguments G_GNUC_UNUSED)
{
    g_auto(LoomWork) work = {0};
    g_auto(Status) status = {.work = &work};
    GError *error = NULL;

    if (!loom_work_begin(session, &work))
        return LOOM_EXIT_FAILED;
    if (!status_take(&status, &error))
        return loom_session_fail(error);
    if (session->is_json)
        print_json(&status);
    else
        print_text(session, &status);
    return status.compliance == COMPLIANT ? LOOM_EXIT_DONE : LOOM_EXIT_DIFFERS;
}
