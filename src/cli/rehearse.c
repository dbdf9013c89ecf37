/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom rehearse: the same plan where it can do no harm. */
#include "base/error.h"
#include "base/i18n.h"
#include "base/json.h"
#include "cli/comparison.h"
#include "cli/output.h"
#include "host/classes.h"
#include "kernel/kernel.h"
#include "kernel/standin.h"

#include <ftw.h>
#include <stdio.h>

/*
 * Theory of operation
 *
 * What this host has is another desired state, and so a namespace with stand-ins for its NICs
 * becomes this host in the way in which anything becomes anything: by an apply of what was
 * observed. Then comes the fabric's apply, the same again (nothing may be left to do), and the way
 * back. All of them are real runs of the kernel's backend, with files of their own. What changes
 * the world beside the namespace (libvirt, other managers, DHCP) has no backend here.
 */
typedef struct {
    LoomStage *stage;
    LoomWork work;   /* in the namespace */
    LoomHost *start; /* what was observed here, as far as stand-ins go */
    char *directory; /* for its files */
    LoomSurvey survey;
    LoomReport *report;
    gboolean converges, is_idempotent, goes_back;
} Rehearsal;

static int
remove_one(const char *path, const struct stat *about G_GNUC_UNUSED, int type G_GNUC_UNUSED,
           struct FTW *where G_GNUC_UNUSED)
{
    return remove(path);
}

static void
rehearsal_clear(Rehearsal *rehearsal)
{
    loom_survey_clear(&rehearsal->survey);
    loom_work_clear(&rehearsal->work);
    g_clear_pointer(&rehearsal->stage, loom_stage_free);
    g_clear_pointer(&rehearsal->report, loom_report_free);
    g_clear_pointer(&rehearsal->start, loom_host_free);
    if (rehearsal->directory)
        nftw(rehearsal->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    g_clear_pointer(&rehearsal->directory, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rehearsal, rehearsal_clear)

/* Stand-ins are no hardware. */
static void
drop_offloads(LoomLink *link)
{
    LOOM_SET(link, ipsec, NULL);
    LOOM_SET(link, rss, NULL);
}

/* Somebody else's link that is no NIC is a tap there: it has no more than that. */
static LoomLink *
copy_link(const LoomLink *link)
{
    LoomLink *copy;

    if (link->ours || link->kind == LOOM_LINK_PHYSICAL) {
        copy = loom_record_copy(link);
        drop_offloads(copy);
        return copy;
    }
    copy = loom_record_new(&loom_link_kind);
    LOOM_SET(copy, name, link->name);
    LOOM_SET_NUMBER(copy, kind, LOOM_LINK_OTHER);
    LOOM_SET(copy, master, link->master);
    if (LOOM_HAS(link, mac))
        LOOM_SET(copy, mac, link->mac);
    if (LOOM_HAS(link, up))
        LOOM_SET_NUMBER(copy, up, link->up);
    return copy;
}

/* Without guests' classes, whose numbers are those of taps that are others there. */
static LoomHost *
copy_kernel_part(const LoomHost *host)
{
    static const LoomKind *const kinds[] = {&loom_address_kind, &loom_route_kind,
                                            &loom_neighbour_kind, &loom_port_kind,
                                            &loom_class_kind};
    LoomHost *copy = loom_host_new();

    LOOM_SET(copy, name, host->name);
    for (guint i = 0; i < host->links->len; i++)
        loom_record_add(copy, copy_link(host->links->pdata[i]));
    for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
        const GPtrArray *list = loom_host_list(host, kinds[k]);

        for (guint i = 0; i < list->len; i++)
            if (kinds[k] != &loom_class_kind || !loom_class_is_guests(list->pdata[i]))
                loom_record_add(copy, loom_record_copy(list->pdata[i]));
    }
    return copy;
}

/* From here on this process is in the namespace. */
static gboolean
enter(Rehearsal *rehearsal, GError **error)
{
    LoomWork *work = &rehearsal->work;
    g_autofree char *state = g_build_filename(rehearsal->directory, "state", NULL);
    g_autofree char *run = g_build_filename(rehearsal->directory, "run", NULL);
    LoomBackend *kernel;

    rehearsal->stage = loom_stage_enter(error);
    if (!rehearsal->stage || !loom_stage_furnish(rehearsal->stage, rehearsal->start, error))
        return FALSE;
    kernel = loom_kernel_new(error);
    if (!kernel)
        return FALSE;
    work->backends = g_ptr_array_new_with_free_func((GDestroyNotify)loom_backend_free);
    g_ptr_array_add(work->backends, kernel);
    work->apply = loom_apply_new(work->backends, state, run);
    return TRUE;
}

static gboolean
run(Rehearsal *rehearsal, const LoomHost *target, size_t *steps, GError **error)
{
    return loom_apply_run(rehearsal->work.apply, target, steps, rehearsal->report, error);
}

/* FALSE with an error: it did not get so far that there would be something to tell. */
static gboolean
set_up(Rehearsal *rehearsal, GError **error)
{
    size_t steps;

    rehearsal->directory = g_dir_make_tmp("virt-loom-rehearsal-XXXXXX", error);
    if (!rehearsal->directory || !enter(rehearsal, error))
        return FALSE;
    if (!run(rehearsal, rehearsal->start, &steps, error)) {
        g_prefix_error(error, "%s: ", _("The stand-ins cannot be made as this host is"));
        return FALSE;
    }
    return loom_survey_take(&rehearsal->work, &rehearsal->survey, error);
}

/* FALSE with an error: what it shows. */
static gboolean
try(Rehearsal *rehearsal, GError **error)
{
    const LoomHost *desired = rehearsal->work.desired;
    size_t steps;

    if (!run(rehearsal, desired, &steps, error))
        return FALSE;
    rehearsal->converges = TRUE;
    if (!run(rehearsal, desired, &steps, error))
        return FALSE;
    rehearsal->is_idempotent = steps == 0;
    if (!rehearsal->is_idempotent) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                    _("A second apply would change %zu things again"), steps);
        return FALSE;
    }
    if (!run(rehearsal, rehearsal->start, &steps, error)) {
        g_prefix_error(error, "%s: ", _("The change works, but not the way back"));
        return FALSE;
    }
    rehearsal->goes_back = TRUE;
    return TRUE;
}

static void
add_answer(JsonBuilder *builder, const char *name, gboolean answer)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_boolean_value(builder, answer);
}

static void
print_json(const Rehearsal *rehearsal, const GError *failure)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    loom_json_add_member(builder, "host", rehearsal->work.desired->name);
    loom_json_add_member(builder, "result", failure ? "failed" : "works");
    loom_json_add_member(builder, "error", failure ? failure->message : NULL);
    add_answer(builder, "converges", rehearsal->converges);
    add_answer(builder, "idempotent", rehearsal->is_idempotent);
    add_answer(builder, "goesback", rehearsal->goes_back);
    loom_json_add_survey(builder, &rehearsal->survey, NULL, NULL);
    json_builder_set_member_name(builder, "findings");
    loom_json_add_report(builder, rehearsal->report);
    json_builder_end_object(builder);
    text = loom_json_finish(builder);
    fputs(text, stdout);
}

static void
print_text(const LoomSession *session, const Rehearsal *rehearsal, const GError *failure)
{
    const GPtrArray *steps = rehearsal->survey.plan->steps;

    for (guint i = 0; i < steps->len; i++)
        loom_print_step(steps->pdata[i], rehearsal->survey.notices);
    fflush(stdout);
    loom_session_print_report(session, rehearsal->report, stderr);
    if (failure || session->is_quiet)
        return;
    printf(ngettext("%u change works on stand-ins for the NICs of host '%s': it ends as the "
                    "fabric says, a second apply changes nothing, and there is a way back.\n",
                    "%u changes work on stand-ins for the NICs of host '%s': they end as the "
                    "fabric says, a second apply changes nothing, and there is a way back.\n",
                    steps->len),
           steps->len, rehearsal->work.desired->name);
    printf("%s\n", _("This host was not touched. Not rehearsed: libvirt's networks, hand-over from "
                     "other managers of links, DHCP, probes, offloads of NICs."));
}

/* What an apply would refuse here needs no stage. */
static gboolean
look_first(const LoomSession *session, const LoomWork *work, LoomHost **observed, GError **error)
{
    g_auto(LoomSurvey) survey = {0};

    if (!loom_survey_take(work, &survey, error))
        return FALSE;
    if (loom_report_count(survey.report, LOOM_SEVERITY_ERROR)) {
        loom_session_print_report(session, survey.report, stderr);
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("An apply would refuse host '%s' as it is, so there is nothing to rehearse"),
                    work->desired->name);
        return FALSE;
    }
    *observed = g_steal_pointer(&survey.observed);
    return TRUE;
}

LoomExit
loom_command_rehearse(LoomSession *session, char **arguments G_GNUC_UNUSED)
{
    g_auto(LoomWork) here = {0};
    g_auto(Rehearsal) rehearsal = {.report = loom_report_new()};
    g_autoptr(LoomHost) observed = NULL;
    GError *error = NULL;

    if (!loom_work_begin_links(session, &here))
        return LOOM_EXIT_FAILED;
    if (!look_first(session, &here, &observed, &error))
        return loom_session_fail(error);
    rehearsal.start = copy_kernel_part(observed);
    rehearsal.work.desired = g_steal_pointer(&here.desired);
    for (guint i = 0; i < rehearsal.work.desired->links->len; i++)
        drop_offloads(rehearsal.work.desired->links->pdata[i]);
    if (!set_up(&rehearsal, &error))
        return loom_session_fail(error);
    try(&rehearsal, &error);
    if (session->is_json)
        print_json(&rehearsal, error);
    else
        print_text(session, &rehearsal, error);
    return error ? loom_session_fail(error) : LOOM_EXIT_DONE;
}
