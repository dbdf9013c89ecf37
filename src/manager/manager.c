/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The backend: every manager is asked about every link. */
#include "manager/manager.h"

#include "base/error.h"
#include "base/file.h"
#include "base/i18n.h"
#include "manager/kinds.h"

#include <string.h>

/* In the order in which they are asked, and answer for a DHCP client. */
static const LoomManagerKind *const kinds[] = {
    &loom_network_manager, &loom_networkd, &loom_ifupdown,
    &loom_dhclient,        &loom_udhcpc,   &loom_dhcpcd,
};
#define FIRST_CLIENT 3

char *
loom_subject_read_mac(const LoomSubject *link)
{
    return loom_managers_mac_of(link->managers, link->name);
}

unsigned
loom_subject_read_index(const LoomSubject *link)
{
    return loom_managers_index_of(link->managers, link->name);
}

LoomManager *
loom_manager_record_new(const LoomManagerKind *kind, const LoomSubject *link, const char *source)
{
    LoomManager *record = loom_record_new(&loom_manager_kind);

    LOOM_SET(record, link, link->name);
    LOOM_SET(record, name, kind->name);
    if (source)
        LOOM_TRY(record, source, source);
    return record;
}

void
loom_manager_refuse(LoomManager *record, const char *format, ...)
{
    va_list arguments;

    if (record->refusal)
        return;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    LOOM_TRY(record, refusal, text);
}

/* Remembers what TARGET takes away: all links that it names, from all that it does not name. */
static void
note_leaving(LoomManagers *managers, const LoomHost *target)
{
    g_autoptr(GHashTable) stay = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < target->managers->len; i++) {
        const LoomManager *record = target->managers->pdata[i];

        g_hash_table_add(stay, g_strconcat(record->name, "/", record->link, NULL));
    }
    for (guint i = 0; i < target->links->len; i++)
        for (size_t j = 0; j < G_N_ELEMENTS(kinds); j++) {
            const LoomLink *link = target->links->pdata[i];
            g_autofree char *key = g_strconcat(kinds[j]->name, "/", link->name, NULL);

            if (!g_hash_table_contains(stay, key))
                g_hash_table_add(managers->leaving, g_steal_pointer(&key));
        }
}

/* HERE: of each kind whether it is. */
static gboolean
observe_link(LoomManagers *managers, const LoomLink *wanted, const gboolean *here, LoomHost *into,
             GError **error)
{
    const char *name = wanted->name;
    LoomSubject link = {managers, name, wanted->kind};
    gboolean has_manager = FALSE;

    /* everybody has that one */
    if (g_str_equal(name, "lo"))
        return TRUE;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds) && (i < FIRST_CLIENT || !has_manager); i++) {
        LoomManager *record = NULL;
        g_autofree char *key = g_strconcat(kinds[i]->name, "/", name, NULL);

        if (here[i] && !kinds[i]->observe(managers, &link, &record, error))
            return FALSE;
        /* what it does not have, or does not give, it cannot lose */
        if (!record || record->refusal)
            g_hash_table_remove(managers->leaving, key);
        if (record) {
            loom_record_add(into, record);
            has_manager = TRUE;
        }
    }
    return TRUE;
}

static gboolean
has_managers(const LoomHost *host, const char *link)
{
    for (guint i = 0; i < host->managers->len; i++)
        if (g_str_equal(((const LoomManager *)host->managers->pdata[i])->link, link))
            return TRUE;
    return FALSE;
}

/*
 * A snapshot also says who would have had the links that were made since, and of which it knows no
 * more: not what they were, which may be what a manager goes by.
 */
static gboolean
observe_absent_link(LoomManagers *managers, const char *name, const gboolean *here, LoomHost *into,
                    GError **error)
{
    for (int kind = LOOM_LINK_BOND; kind < LOOM_LINK_OTHER && !has_managers(into, name); kind++) {
        LoomLink link = {.name = (char *)name, .kind = kind};

        if (!observe_link(managers, &link, here, into, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
observe_absent_links(LoomManagers *managers, const LoomHost *target, const gboolean *here,
                     LoomHost *into, GError **error)
{
    for (guint i = 0; i < target->managers->len; i++) {
        const LoomManager *record = target->managers->pdata[i];

        if (!loom_host_find(target, &loom_link_kind, record->link) &&
            !observe_absent_link(managers, record->link, here, into, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
observe_links(LoomManagers *managers, const LoomHost *target, LoomHost *into, GError **error)
{
    gboolean here[G_N_ELEMENTS(kinds)], any = FALSE;

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (!kinds[i]->find(managers, &here[i], error))
            return FALSE;
        any |= here[i];
    }
    g_hash_table_remove_all(managers->leaving);
    if (!any)
        return TRUE;
    note_leaving(managers, target);
    for (guint i = 0; i < target->links->len; i++)
        if (!observe_link(managers, target->links->pdata[i], here, into, error))
            return FALSE;
    return observe_absent_links(managers, target, here, into, error);
}

static gboolean
observe(LoomBackend *backend, const LoomHost *target, LoomHost *into, GError **error)
{
    LoomManagers *managers = (LoomManagers *)backend;

    loom_managers_refresh(managers);
    return (!target || observe_links(managers, target, into, error)) &&
           loom_dhcp_observe(managers, into, error);
}

/* The links that KIND is to lose in this run, LINK among them; owned by the caller. */
static GPtrArray *
list_leaving(const LoomManagers *managers, const LoomManagerKind *kind, const char *link)
{
    GPtrArray *links = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *prefix = g_strconcat(kind->name, "/", NULL);
    GHashTableIter each;
    gpointer key;

    g_ptr_array_add(links, g_strdup(link));
    g_hash_table_iter_init(&each, managers->leaving);
    while (g_hash_table_iter_next(&each, &key, NULL)) {
        const char *other = (const char *)key + strlen(prefix);

        if (g_str_has_prefix(key, prefix) && !g_str_equal(other, link))
            g_ptr_array_add(links, g_strdup(other));
    }
    return links;
}

static gboolean
run_manager(LoomManagers *managers, const LoomStep *step, GError **error)
{
    const LoomManager *record = (const LoomManager *)(step->to ? step->to : step->from);

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(GPtrArray) leaving = NULL;

        if (!g_str_equal(kinds[i]->name, record->name))
            continue;
        if (step->to)
            return kinds[i]->give_back(managers, record, error);
        if (record->refusal) {
            g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT, _("%s cannot hand over '%s': %s"),
                        record->name, record->link, record->refusal);
            return FALSE;
        }
        leaving = list_leaving(managers, kinds[i], record->link);
        return kinds[i]->hand_over(managers, record, leaving, error);
    }
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_UNSUPPORTED,
                _("'%s' is managed by %s, which this version does not know"), record->link,
                record->name);
    return FALSE;
}

static gboolean
run_step(LoomBackend *backend, const LoomStep *step, GError **error)
{
    LoomManagers *managers = (LoomManagers *)backend;

    loom_managers_refresh(managers);
    if (step->kind == &loom_manager_kind)
        return run_manager(managers, step, error);
    return step->to ? loom_dhcp_start(managers, (const LoomDhcp *)step->to, error)
                    : loom_dhcp_stop(managers, ((const LoomDhcp *)step->from)->link, error);
}

static void
managers_free(LoomBackend *backend)
{
    LoomManagers *managers = (LoomManagers *)backend;

    loom_managers_refresh(managers);
    g_hash_table_unref(managers->leaving);
    g_clear_object(&managers->bus);
    g_free(managers->root);
    g_free(managers);
}

/* Of a run that was killed, or of a power failure. */
static gboolean
prepare(LoomBackend *backend, GError **error G_GNUC_UNUSED)
{
    static const char *const directories[] = {"/etc/NetworkManager/conf.d", "/etc/network",
                                              "/etc/network/interfaces.d", "/etc/systemd/network"};

    for (size_t i = 0; i < G_N_ELEMENTS(directories); i++) {
        g_autofree char *path = loom_managers_path((LoomManagers *)backend, "%s", directories[i]);

        loom_file_sweep(path);
    }
    return TRUE;
}

LoomBackend *
loom_manager_new_at(const char *root)
{
    static const LoomKind *const ours[] = {&loom_manager_kind, &loom_dhcp_kind, NULL};
    LoomManagers *managers = g_new0(LoomManagers, 1);

    managers->backend = (LoomBackend){
        .name = "managers",
        .kinds = ours,
        .prepare = prepare,
        .observe = observe,
        .run_step = run_step,
        .free = managers_free,
    };
    managers->root = g_strdup(root);
    managers->leaving = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return &managers->backend;
}

LoomBackend *
loom_manager_new(GError **error G_GNUC_UNUSED)
{
    return loom_manager_new_at("");
}

gboolean
loom_manager_gather_facts(LoomHost *facts, GError **error)
{
    g_autoptr(LoomBackend) managers = loom_manager_new_at("");
    g_autoptr(LoomHost) asked = loom_host_new();
    g_autoptr(LoomHost) observed = loom_host_new();

    for (guint i = 0; i < facts->links->len; i++)
        if (!((const LoomLink *)facts->links->pdata[i])->ours)
            loom_record_add(asked, loom_record_copy(facts->links->pdata[i]));
    if (!managers->observe(managers, asked, observed, error))
        return FALSE;
    for (guint i = 0; i < observed->managers->len; i++)
        loom_record_add(facts, loom_record_copy(observed->managers->pdata[i]));
    return TRUE;
}

GPtrArray *
loom_manager_list_running(const char *root, const char *const *programs)
{
    g_autoptr(LoomBackend) managers = loom_manager_new_at(root);
    const GPtrArray *processes = loom_managers_processes((LoomManagers *)managers);
    GPtrArray *running = g_ptr_array_new();

    for (; *programs; programs++)
        for (guint i = 0; i < processes->len; i++)
            if (loom_process_is(processes->pdata[i], *programs)) {
                g_ptr_array_add(running, (gpointer)*programs);
                break;
            }
    return running;
}
