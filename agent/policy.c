/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests that come from other hosts: whether their ports are here what they were there. */
#include "agent/agent.h"

#include "apply/apply.h"
#include "base/name.h"
#include "guest/continuity.h"
#include "port/policy.h"

#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#define NOTE_WAIT     1000 /* ms until notes that could not be written are tried again, at first */
#define NOTE_WAIT_MAX 60000

/* --- telling ---------------------------------------------------------------------------------- */

/* "vlan from '101' to '102', dhcpguard from 'yes' to 'no'"; owned by the caller. */
static char *
describe(const LoomPort *before, const LoomPort *after)
{
    static const LoomKind *const kinds[] = {&loom_port_kind, NULL};
    static const size_t names[] = {offsetof(LoomPort, network), offsetof(LoomPort, portgroup),
                                   offsetof(LoomPort, mac)};
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomHost) from = loom_host_new(), to = loom_host_new();
    g_autoptr(LoomPlan) plan = NULL;
    LoomPort *there = loom_record_copy(before), *here = loom_record_copy(after);

    /* a site may call them otherwise */
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        loom_record_set(there, names[i], NULL);
        loom_record_set(here, names[i], NULL);
    }
    LOOM_SET(there, link, "vnic"); /* the key of both */
    LOOM_SET(here, link, "vnic");
    loom_record_add(to, there);
    loom_record_add(from, here);
    plan = loom_plan_compare(from, to, kinds, report);
    return plan->steps->len ? loom_agent_describe_change(plan->steps->pdata[0]) : NULL;
}

static char *
list_changes(guint changes)
{
    static const struct {
        guint change;
        const char *word;
    } words[] = {{LOOM_POLICY_GUARDS, "guards"},
                 {LOOM_POLICY_SHARE, "share"},
                 {LOOM_POLICY_REST, "limits or isolation"}};
    g_autoptr(GPtrArray) list = g_ptr_array_new();

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (changes & words[i].change)
            g_ptr_array_add(list, (gpointer)words[i].word);
    g_ptr_array_add(list, NULL);
    return g_strjoinv(", ", (char **)list->pdata);
}

static void
tell(const char *guest, const LoomPolicy *before, const LoomPolicy *after)
{
    const char *host = before->host->name, *mac = before->port->mac;
    const guint changes = loom_policy_compare(before, after);
    g_autofree char *words = list_changes(changes);
    g_autofree char *text = changes ? describe(before->port, after->port) : NULL;

    if (!changes)
        loom_agent_say(LOG_INFO,
                       "guest '%s' has come from host '%s': vNIC %s has the VLAN, guards and share "
                       "that it had",
                       guest, host, mac);
    else if (changes == LOOM_POLICY_VLAN)
        loom_agent_say(LOG_INFO,
                       "guest '%s' has come from host '%s': vNIC %s has the guards and share that "
                       "it had, and the VLAN of this site (%s)",
                       guest, host, mac, text);
    else
        loom_agent_say(
            LOG_WARNING,
            "guest '%s' has come from host '%s': vNIC %s has other %s than it had%s%s%s; "
            "see what its portgroup is on both hosts: virt-loom networks",
            guest, host, mac, words, text ? " (" : "", text ? text : "", text ? ")" : "");
}

/* One line, however many a note names. */
static void
tell_lost(const char *guest, const LoomHost *before, const LoomHost *after)
{
    const char *first = NULL;
    guint count = 0;

    for (guint i = 0; i < before->ports->len; i++) {
        const char *mac = ((const LoomPort *)before->ports->pdata[i])->mac;

        if (!mac || loom_port_policy_find(after, mac))
            continue;
        first = first ? first : mac;
        count++;
    }
    if (count)
        loom_agent_say(LOG_WARNING,
                       "guest '%s' has come from host '%s': %u of its vNICs had a port of "
                       "virt-loom's there and have none here, as vNIC %s",
                       guest, before->name, count, first);
}

static void
compare(const char *guest, const LoomHost *before, const LoomHost *after)
{
    for (guint i = 0; i < after->ports->len; i++) {
        const LoomPort *port = after->ports->pdata[i];
        const LoomPolicy here = {after, port};
        const LoomPolicy there = {before, loom_port_policy_find(before, port->mac)};

        if (there.port)
            tell(guest, &there, &here);
    }
    tell_lost(guest, before, after);
}

/* --- the note --------------------------------------------------------------------------------- */

/* They are tried again, later each time; that is said once. */
static void
put_off_notes(LoomAgent *agent, const GError *cause)
{
    if (!agent->note_wait)
        loom_agent_say(LOG_WARNING,
                       "what ports of guests are made of could not be noted (%s): until it can, "
                       "nobody can compare it where these guests go",
                       cause->message);
    agent->note_wait = CLAMP(agent->note_wait * 2, NOTE_WAIT, NOTE_WAIT_MAX);
    agent->note_due = g_get_monotonic_time() / 1000 + agent->note_wait;
    loom_agent_come_back(agent, agent->note_wait);
}

static void
on_noted(GPid process, int status, gpointer data)
{
    LoomAgent *agent = data;
    g_autoptr(GError) error = NULL;

    g_spawn_close_pid(process);
    agent->noter = 0;
    if (g_spawn_check_wait_status(status, &error)) {
        g_hash_table_remove_all(agent->unnoted);
        agent->note_wait = agent->note_due = 0;
    } else {
        put_off_notes(agent, error);
    }
    loom_agent_follow_guests(agent); /* who came meanwhile */
}

/* libvirt makes who changes a guest wait while others do, for half a minute: not the agent. */
static void
write_notes(LoomAgent *agent)
{
    g_autofree char **domains = (char **)g_hash_table_get_keys_as_array(agent->unnoted, NULL);
    g_autofree char *list = g_strjoinv(",", domains);
    const char *other = g_getenv("VIRT_LOOM_COMMAND");
    const char *command = other ? other : LOOM_BINDIR "/virt-loom";
    const char *here[] = {command, "guest-policy", list, NULL};
    const char *there[] = {command, "guest-policy", "--connect", agent->uri, list, NULL};
    g_autoptr(GError) error = NULL;
    GPid process;

    if (g_spawn_async(NULL, (char **)(agent->uri ? there : here), NULL, G_SPAWN_DO_NOT_REAP_CHILD,
                      NULL, NULL, &process, &error))
        agent->noter = g_child_watch_add(process, on_noted, agent);
    else
        put_off_notes(agent, error);
}

/* Each look asks for this: what comes back earlier takes the place of what comes back later. */
static void
try_notes(LoomAgent *agent)
{
    const gint64 wait = agent->note_due - g_get_monotonic_time() / 1000;

    if (!g_hash_table_size(agent->unnoted))
        return;
    if (wait > 0)
        loom_agent_come_back(agent, wait);
    else
        write_notes(agent);
}

static gboolean
says_the_same(const LoomHost *a, const LoomHost *b)
{
    g_autofree char *one = loom_host_format(a), *other = loom_host_format(b);

    return g_str_equal(one, other);
}

/* --- guests ----------------------------------------------------------------------------------- */

/* One look at all guests. */
typedef struct {
    LoomAgent *agent;
    LoomHost *committed; /* NULL: not yet, or there is none */
    GHashTable *stamps;  /* UUID -> GString: what is kept of its ports, by names and times */
} Look;

static void
stamp(const char *path, const char *mac, gpointer data)
{
    const Look *look = data;
    g_autofree char *directory = g_path_get_dirname(path);
    g_autofree char *domain = g_path_get_basename(directory);
    GString *text = g_hash_table_lookup(look->stamps, domain);
    struct stat found;

    if (stat(path, &found) < 0)
        return;
    if (!text) {
        text = g_string_new(NULL);
        g_string_printf(text, "%u", look->agent->applies);
        g_hash_table_insert(look->stamps, g_strdup(domain), text);
    }
    g_string_append_printf(text, " %s %ju %jd.%09ld", mac, (uintmax_t)found.st_ino,
                           (intmax_t)found.st_ctim.tv_sec, found.st_ctim.tv_nsec);
}

static const LoomHost *
load_committed(Look *look)
{
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    g_autoptr(LoomApply) apply = look->committed ? NULL : loom_apply_new(none, NULL, NULL);

    if (apply)
        look->committed = loom_apply_load_committed(apply, NULL);
    return look->committed;
}

/* FALSE: it is not here yet. */
static gboolean
follow(Look *look, const char *domain)
{
    LoomAgent *agent = look->agent;
    g_autofree char *guest = NULL, *text = NULL;
    g_autoptr(LoomHost) before = NULL, now = NULL;

    if (loom_virt_events_ask(agent->virt, domain, LOOM_POLICY_NAMESPACE, &guest, &text) !=
        LOOM_VIRT_GUEST_HERE)
        return FALSE;
    now = loom_port_policy_collect(agent->directory, domain, load_committed(look));
    if (!now)
        return FALSE;
    before = text ? loom_host_parse(text, strlen(text), "the note of a guest's ports", NULL) : NULL;
    if (before && before->name && loom_name_is_valid(before->name) &&
        g_strcmp0(before->name, now->name) != 0)
        compare(guest, before, now);
    if (!before || !says_the_same(before, now))
        g_hash_table_add(agent->unnoted, g_strdup(domain));
    return TRUE;
}

static gboolean
is_gone(gpointer domain, gpointer noted G_GNUC_UNUSED, gpointer stamps)
{
    return !g_hash_table_contains(stamps, domain);
}

static void
string_free(gpointer string)
{
    g_string_free(string, TRUE);
}

void
loom_agent_follow_guests(LoomAgent *agent)
{
    g_autoptr(GHashTable) stamps =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, string_free);
    Look look = {.agent = agent, .stamps = stamps};
    GHashTableIter iterator;
    gpointer domain, text;

    if (!agent->virt || agent->noter)
        return;
    loom_port_state_walk(agent->directory, LOOM_PORT_LIVE, NULL, stamp, &look);
    g_hash_table_foreach_remove(agent->noted, is_gone, stamps);
    g_hash_table_iter_init(&iterator, stamps);
    while (g_hash_table_iter_next(&iterator, &domain, &text)) {
        const char *now = ((const GString *)text)->str;

        if (g_strcmp0(g_hash_table_lookup(agent->noted, domain), now) != 0 && follow(&look, domain))
            g_hash_table_insert(agent->noted, g_strdup(domain), g_strdup(now));
    }
    g_clear_pointer(&look.committed, loom_host_free);
    try_notes(agent);
}
