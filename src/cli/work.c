/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What commands about this machine work with. */
#include "cli/work.h"

#include "apply/probe.h"
#include "base/error.h"
#include "base/i18n.h"
#include "kernel/kernel.h"
#include "manager/manager.h"
#include "virt/qemuconf.h"
#include "virt/virt.h"

void
loom_work_clear(LoomWork *work)
{
    g_clear_pointer(&work->apply, loom_apply_free);
    g_clear_pointer(&work->backends, g_ptr_array_unref);
    g_clear_pointer(&work->desired, loom_host_free);
    g_clear_pointer(&work->fabric, loom_fabric_free);
}

/* Whose links libvirt's networks are on, by what it is connected to (libvirt.org/uri.html). */
static gboolean
find_place(const LoomSession *session, LoomPlace *place, GError **error)
{
    const char *named = g_getenv("LIBVIRT_DEFAULT_URI"), *uri = session->uri ? session->uri : named;
    g_autofree char *scheme = NULL;
    g_autofree char *server = NULL;

    *place = LOOM_HERE;
    if (!uri ||
        !g_uri_split(uri, G_URI_FLAGS_NONE, &scheme, NULL, &server, NULL, NULL, NULL, NULL, NULL))
        return TRUE; /* libvirt itself says best what is wrong with it */
    if (g_str_equal(scheme, "test")) {
        *place = LOOM_ANYWHERE;
        return TRUE;
    }
    if (!server || !*server)
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_UNSUPPORTED,
                _("The links of '%s' cannot be seen from here; run virt-loom there"), server);
    return FALSE;
}

/* Facts given by hand may say it; else it is the one that the backend speaks to. */
static gboolean
set_libvirt_version(LoomWork *work, GError **error)
{
    g_autofree char *version = NULL;

    if (work->desired->libvirt)
        return TRUE;
    version = loom_virt_version(work->virt, error);
    LOOM_SET(work->desired, libvirt, version);
    return version != NULL;
}

/* Takes BACKEND, which may be NULL. */
static gboolean
add_backend(LoomWork *work, LoomBackend *backend)
{
    if (backend)
        g_ptr_array_add(work->backends, backend);
    return backend != NULL;
}

static void
new_backends(LoomWork *work)
{
    work->backends = g_ptr_array_new_with_free_func((GDestroyNotify)loom_backend_free);
}

static gboolean
add_links(LoomWork *work, GError **error)
{
    return add_backend(work, loom_kernel_new(error)) && add_backend(work, loom_manager_new(error));
}

static gboolean
add_virt(const LoomSession *session, LoomWork *work, GError **error)
{
    work->virt = loom_virt_new(session->uri, error);
    if (!add_backend(work, work->virt))
        return FALSE;
    if (loom_virt_is_system(work->virt))
        add_backend(work, work->qemuconf = loom_qemuconf_new());
    return TRUE;
}

static gboolean
has_links(const LoomSession *session, LoomPlace place)
{
    return place == LOOM_HERE && !session->is_networks;
}

static gboolean
open_links(const LoomSession *session, LoomPlace place, LoomWork *work, GError **error)
{
    new_backends(work);
    return !has_links(session, place) || add_links(work, error);
}

gboolean
loom_work_open(const LoomSession *session, LoomWork *work, GError **error)
{
    LoomPlace place;

    if (!find_place(session, &place, error) || !open_links(session, place, work, error) ||
        !add_virt(session, work, error))
        return FALSE;
    work->apply = loom_apply_new(work->backends, NULL, NULL);
    return TRUE;
}

/* --- going back without what cannot be reached ----------------------------------------------- */

/* Stands for a backend that cannot be reached: what is of its kinds cannot be read. */
typedef struct {
    LoomBackend backend;
    GError *reason;
} Unreachable;

static gboolean
unreachable_observe(LoomBackend *backend, const LoomHost *target G_GNUC_UNUSED,
                    LoomHost *into G_GNUC_UNUSED, GError **error)
{
    g_propagate_error(error, g_error_copy(((Unreachable *)backend)->reason));
    return FALSE;
}

static gboolean
unreachable_run_step(LoomBackend *backend, const LoomStep *step G_GNUC_UNUSED, GError **error)
{
    return unreachable_observe(backend, NULL, NULL, error);
}

static void
unreachable_free(LoomBackend *backend)
{
    g_error_free(((Unreachable *)backend)->reason);
    g_free(backend);
}

/* Takes REASON. */
static LoomBackend *
unreachable_new(GError *reason)
{
    static const LoomKind *const none[] = {NULL};
    Unreachable *unreachable = g_new0(Unreachable, 1);

    unreachable->backend = (LoomBackend){.name = "unreachable",
                                         .kinds = none,
                                         .observe = unreachable_observe,
                                         .run_step = unreachable_run_step,
                                         .free = unreachable_free};
    unreachable->reason = reason;
    return &unreachable->backend;
}

/* Takes REASON, which is not NULL where BACKEND is. */
static void
add_or_stand_in(LoomWork *work, LoomBackend *backend, GError *reason)
{
    g_ptr_array_add(work->backends, backend ? backend : unreachable_new(reason));
}

void
loom_work_open_blindly(const LoomSession *session, LoomWork *work)
{
    GError *error = NULL;
    LoomBackend *backend;
    LoomPlace place = LOOM_HERE;

    new_backends(work);
    find_place(session, &place, NULL);
    if (place == LOOM_HERE) {
        backend = loom_kernel_new(&error);
        add_or_stand_in(work, backend, g_steal_pointer(&error));
        backend = loom_manager_new(&error);
        add_or_stand_in(work, backend, g_steal_pointer(&error));
    }
    backend = loom_virt_new(session->uri, &error);
    add_or_stand_in(work, backend, g_steal_pointer(&error));
    if (place == LOOM_HERE)
        add_backend(work, loom_qemuconf_new());
    work->apply = loom_apply_new(work->backends, NULL, NULL);
}

void
loom_work_set_proof(LoomWork *work, const LoomSession *session)
{
    loom_apply_set_prober(work->apply, (LoomProber){loom_probe_run, NULL});
    loom_apply_set_confirm(work->apply, session->confirm);
}

LoomApply *
loom_work_open_state(void)
{
    g_autoptr(GPtrArray) none = g_ptr_array_new();

    return loom_apply_new(none, NULL, NULL);
}

/* --- with a fabric --------------------------------------------------------------------------- */

/* Networks, with what guests' ports on them are made from, and settings are libvirt's part of a
 * host. */
typedef enum { LIBVIRT, THE_REST } Part;

static Part
part_of(const LoomRecord *record)
{
    gboolean is_pattern = record->kind == &loom_port_kind && !((const LoomPort *)record)->link;

    return record->kind == &loom_network_kind || record->kind == &loom_guest_address_kind ||
                   record->kind == &loom_qemu_setting_kind || is_pattern
               ? LIBVIRT
               : THE_REST;
}

static void
keep(LoomHost *host, Part part)
{
    for (size_t i = 0; i < host->record.kind->child_count; i++) {
        GPtrArray *list = loom_host_list(host, host->record.kind->children[i].kind);

        for (guint k = list->len; k-- > 0;)
            if (part_of(list->pdata[k]) != part)
                g_ptr_array_remove_index(list, k);
    }
}

/* The links are to be, and to be committed, as they were committed last. */
static gboolean
leave_links(LoomWork *work, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(LoomHost) committed = loom_apply_load_committed(work->apply, &cause);

    if (cause) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    keep(work->desired, LIBVIRT);
    if (!committed)
        return TRUE;
    keep(committed, THE_REST);
    for (size_t i = 0; i < committed->record.kind->child_count; i++) {
        const GPtrArray *list = loom_host_list(committed, committed->record.kind->children[i].kind);

        for (guint k = 0; k < list->len; k++)
            loom_record_add(work->desired, loom_record_copy(list->pdata[k]));
    }
    return TRUE;
}

/* With facts from the kernel's backend, which is the first where there is one. */
static gboolean
compile(const LoomSession *session, LoomPlace place, LoomWork *work)
{
    LoomBackend *kernel = work->backends->len ? work->backends->pdata[0] : NULL;

    work->desired = loom_session_compile(session, place, kernel, &work->fabric);
    return work->desired != NULL;
}

static gboolean
fail(GError *error)
{
    loom_session_fail(error);
    return FALSE;
}

gboolean
loom_work_begin(const LoomSession *session, LoomWork *work)
{
    GError *error = NULL;
    LoomPlace place;

    if (!find_place(session, &place, &error) || !open_links(session, place, work, &error))
        return fail(error);
    if (!compile(session, place, work))
        return FALSE;
    if (!add_virt(session, work, &error) || !set_libvirt_version(work, &error))
        return fail(error);
    work->apply = loom_apply_new(work->backends, NULL, NULL);
    return !session->is_networks || leave_links(work, &error) || fail(error);
}

gboolean
loom_work_begin_links(const LoomSession *session, LoomWork *work)
{
    GError *error = NULL;

    new_backends(work);
    if (!add_links(work, &error))
        return fail(error);
    if (!compile(session, LOOM_HERE, work))
        return FALSE;
    work->apply = loom_apply_new(work->backends, NULL, NULL);
    return TRUE;
}

LoomHost *
loom_work_load_committed(GError **error)
{
    g_autoptr(LoomApply) apply = loom_work_open_state();
    GError *cause = NULL;
    LoomHost *host = loom_apply_load_committed(apply, &cause);

    if (cause)
        g_propagate_error(error, cause);
    else if (!host)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("Nothing was ever applied to this host; run: virt-loom apply"));
    return host;
}
