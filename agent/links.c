/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The committed host: what others change of its links, and of what hangs on them. */
#include "agent/agent.h"

#include "apply/apply.h"
#include "base/error.h"
#include "kernel/kernel.h"

#define BUSY_MILLISECONDS 500

static LoomApply *
open_state(void)
{
    g_autoptr(GPtrArray) none = g_ptr_array_new();

    return loom_apply_new(none, NULL, NULL);
}

/* --- which link, which switch ----------------------------------------------------------------- */

static const LoomRecord *
record_of(const LoomStep *step)
{
    return step->to ? step->to : step->from;
}

/* The link that STEP changes, or on which what it changes hangs; owned by the caller. */
static char *
link_of(const LoomStep *step)
{
    const LoomRecord *record = record_of(step);

    if (step->kind == &loom_link_kind)
        return g_strdup(step->key);
    for (size_t i = 0; i < record->kind->attribute_count; i++)
        if (g_str_equal(record->kind->attributes[i].name, "link"))
            return loom_record_get(record, &record->kind->attributes[i]);
    return NULL;
}

/* --- what is only told ------------------------------------------------------------------------ */

/* Of what is down, or in no bridge, nothing passes that a change could interrupt. */
static gboolean
is_harmless(const LoomStep *step, const LoomAttribute *attribute)
{
    const LoomLink *from = (const LoomLink *)step->from;

    return attribute->cost == LOOM_COST_LIVE ||
           (attribute->cost == LOOM_COST_DOWN &&
            (!from->up || (g_str_equal(attribute->name, "master") && !from->master)));
}

static gboolean
interrupts(const LoomStep *step)
{
    if (step->cost == LOOM_COST_LIVE)
        return FALSE;
    if (step->kind != &loom_link_kind || step->verb != LOOM_STEP_CHANGE)
        return TRUE;
    for (size_t i = 0; i < step->kind->attribute_count; i++)
        if (step->changed >> i & 1 && !is_harmless(step, &step->kind->attributes[i]))
            return TRUE;
    return FALSE;
}

static gboolean
is_management(const LoomHost *committed, const char *link)
{
    const LoomLink *found = link ? loom_host_find(committed, &loom_link_kind, link) : NULL;

    return found && g_strcmp0(found->role, "management") == 0;
}

/* Why STEP, of LINK, is not for the agent; NULL: it is. LEFT: links with something that is not. */
static const char *
find_objection(const LoomHost *committed, const LoomStep *step, const char *link, GHashTable *left)
{
    const LoomLink *wanted = link ? loom_host_find(committed, &loom_link_kind, link) : NULL;
    const LoomLink *from = (const LoomLink *)step->from;

    if (loom_agent_only_reports(committed, wanted ? wanted->logicalswitch : NULL))
        return "its logical switch has drift='report'";
    if (step->verb == LOOM_STEP_DELETE && step->kind != &loom_port_kind)
        return "it may be wanted by whoever added it";
    if (step->cost != LOOM_COST_LIVE && step->kind == &loom_link_kind && from &&
        from->kind == LOOM_LINK_PHYSICAL)
        return "a NIC is not taken from whoever has it";
    if (interrupts(step))
        return "the repair would interrupt";
    if (is_management(committed, link) && step->verb == LOOM_STEP_CHANGE)
        return "it carries the host's management";
    if (link && g_hash_table_contains(left, link))
        return "its link is left as it is";
    return NULL;
}

/* --- telling ---------------------------------------------------------------------------------- */

/* "link 'mgmt' was changed: mtu from '9000' to '1500'" */
static char *
describe(const LoomStep *step)
{
    g_autofree char *what = loom_step_describe_record(step);
    g_autofree char *change = NULL;

    if (step->verb == LOOM_STEP_DELETE)
        return g_strdup_printf("%s was added", what);
    if (step->verb == LOOM_STEP_CREATE && step->kind != &loom_port_kind)
        return g_strdup_printf("%s was removed", what);
    change = loom_agent_describe_change(step);
    return g_strdup_printf("%s was changed: %s", what, change);
}

static void
say(LoomAgent *agent, const LoomHost *committed, const LoomStep *step, const char *link,
    const char *outcome)
{
    g_autofree char *object = loom_step_describe_record(step);
    g_autofree char *what = describe(step);
    g_autofree char *culprit = loom_agent_find_culprit(
        agent, link ? loom_host_find(committed, &loom_link_kind, link) : NULL);

    loom_agent_say_once(agent, object, LOG_WARNING, "%s; %s%s%s", what, outcome,
                        culprit ? "; it may have been " : "", culprit ? culprit : "");
}

/* --- looking and repairing -------------------------------------------------------------------- */

typedef enum { LOOK, REPAIR } Purpose;

/* The step of a link that is created brings what is in it, in the order of the plan. */
static void
repair(LoomAgent *agent, LoomBackend *kernel, const LoomHost *committed, const LoomStep *step,
       const char *link)
{
    g_autofree char *object = loom_step_describe_record(step);
    g_autoptr(GError) error = NULL;

    if (!loom_agent_may_repair(agent, object))
        return;
    loom_agent_forget(agent, object); /* each repair has its line */
    if (kernel->run_step(kernel, step, &error))
        say(agent, committed, step, link, "repaired");
    else
        loom_agent_say_once(agent, object, LOG_ERR, "%s could not be repaired: %s", object,
                            error->message);
}

static char *
name_finding(const LoomFinding *finding)
{
    return g_strconcat("finding ", finding->message, NULL);
}

/* What is in the way of a repair: something foreign. */
static void
say_findings(LoomAgent *agent, const LoomReport *report)
{
    for (size_t i = 0; i < loom_report_length(report); i++) {
        const LoomFinding *finding = loom_report_get(report, i);
        g_autofree char *object = name_finding(finding);

        if (finding->severity == LOOM_SEVERITY_ERROR)
            loom_agent_say_once(agent, object, LOG_WARNING, "%s; left so", finding->message);
    }
}

/* What is told of something that is as it should be again may be told anew. */
static gboolean
is_over(gpointer object, gpointer text G_GNUC_UNUSED, gpointer differing)
{
    return (g_str_has_prefix(object, "link ") || g_str_has_prefix(object, "address ") ||
            g_str_has_prefix(object, "route ") || g_str_has_prefix(object, "neighbour ") ||
            g_str_has_prefix(object, "finding ") || g_str_has_prefix(object, "port of '")) &&
           !g_hash_table_contains(differing, object);
}

static void
forget_the_rest(LoomAgent *agent, const LoomPlan *plan, const LoomReport *report)
{
    g_autoptr(GHashTable) differing = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (size_t i = 0; i < loom_report_length(report); i++)
        g_hash_table_add(differing, name_finding(loom_report_get(report, i)));
    for (guint i = 0; i < plan->steps->len; i++)
        g_hash_table_add(differing, loom_step_describe_record(plan->steps->pdata[i]));
    g_hash_table_foreach_remove(agent->told, is_over, differing);
}

/* Walks PLAN. Returns how many steps are for the agent. */
static guint
walk(LoomAgent *agent, LoomBackend *kernel, const LoomHost *committed, const LoomPlan *plan,
     Purpose purpose)
{
    g_autoptr(GHashTable) left = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint count = 0;

    for (guint i = 0; i < plan->steps->len; i++) {
        const LoomStep *step = plan->steps->pdata[i];
        g_autofree char *link = link_of(step);
        const char *objection = find_objection(committed, step, link, left);

        if (!objection) {
            count++;
            if (purpose == REPAIR)
                repair(agent, kernel, committed, step, link);
            continue;
        }
        if (step->kind == &loom_link_kind)
            g_hash_table_add(left, g_strdup(link));
        if (purpose == LOOK) {
            g_autofree char *outcome = g_strdup_printf("left so, for %s", objection);

            say(agent, committed, step, link, outcome);
        }
    }
    return count;
}

static GHashTable *
list_links(const LoomHost *committed)
{
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < committed->links->len; i++)
        g_hash_table_add(names, g_strdup(((const LoomLink *)committed->links->pdata[i])->name));
    return names;
}

/* One observation, compared; FALSE: it could not be made. */
static gboolean
compare(LoomAgent *agent, LoomApply *apply, LoomBackend *kernel, const LoomHost *committed,
        Purpose purpose, guint *count)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomHost) observed = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomPlan) plan = loom_apply_plan(apply, committed, &observed, report, &error);

    if (!plan) {
        loom_agent_say_once(agent, "kernel", LOG_ERR, "%s", error->message);
        return FALSE;
    }
    if (purpose == LOOK) {
        forget_the_rest(agent, plan, report);
        say_findings(agent, report);
        if (!plan->steps->len && !loom_report_count(report, LOOM_SEVERITY_ERROR))
            agent->watched = list_links(committed);
    }
    *count = walk(agent, kernel, committed, plan, purpose);
    return TRUE;
}

/* The lock is taken only where there is something to do: an apply must not find it held. */
static void
look(LoomAgent *agent, LoomBackend *kernel, const LoomHost *committed)
{
    g_autoptr(GPtrArray) backends = g_ptr_array_new();
    g_autoptr(LoomApply) apply = NULL;
    guint count;

    g_ptr_array_add(backends, kernel);
    apply = loom_apply_new(backends, NULL, NULL);
    if (!compare(agent, apply, kernel, committed, LOOK, &count) || !count)
        return;
    if (loom_apply_lock(apply, NULL))
        compare(agent, apply, kernel, committed, REPAIR, &count);
    else
        loom_agent_come_back(agent, BUSY_MILLISECONDS);
    loom_apply_unlock(apply);
    loom_agent_ignore_own_lock(agent);
}

static gboolean
is_ours(gpointer name, LoomBackend *kernel)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(LoomHost) host = loom_host_new();

    g_ptr_array_add(names, name);
    return !loom_kernel_observe_named(kernel, names, host, NULL) ||
           (host->links->len && ((const LoomLink *)host->links->pdata[0])->ours);
}

/* Whether what was found at the last look cannot have changed; of an apply inotify(7) tells. */
static gboolean
still_agrees(const LoomAgent *agent, GHashTable *touched)
{
    g_autoptr(LoomBackend) kernel = NULL;
    GHashTableIter iterator;
    gpointer name;

    if (!touched || !agent->watched || !agent->state_source || agent->is_state_lost)
        return FALSE;
    kernel = loom_kernel_new(NULL);
    g_hash_table_iter_init(&iterator, touched);
    while (kernel && g_hash_table_iter_next(&iterator, &name, NULL))
        if (g_hash_table_contains(agent->watched, name) || is_ours(name, kernel))
            return FALSE;
    return kernel != NULL;
}

void
loom_agent_watch_links(LoomAgent *agent, GHashTable *touched)
{
    g_autoptr(LoomApply) state = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) committed = NULL;
    g_autoptr(LoomBackend) kernel = NULL;

    if (still_agrees(agent, touched))
        return;
    g_clear_pointer(&agent->watched, g_hash_table_unref);
    state = open_state();
    committed = loom_apply_load_committed(state, &error);
    kernel = committed ? loom_kernel_new(&error) : NULL;
    if (error)
        loom_agent_say_once(agent, "committed", LOG_ERR, "%s", error->message);
    if (!kernel)
        return;
    loom_kernel_narrow(kernel);
    look(agent, kernel, committed);
}
