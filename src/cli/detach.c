/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Detaching: spawn in a session, and a scope, of one's own. */
#include "cli/detach.h"

#include "base/error.h"
#include "base/file.h"
#include "base/i18n.h"
#include "host/slice.h"

#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEMD_RUNS  "/run/systemd/system"
#define CALL_TIMEOUT  5000 /* ms */
#define SCOPE_TIMEOUT (2 * G_USEC_PER_SEC)
#define SCOPE_PAUSE   5000
#define CGROUP_MAX    (64u * 1024)

char *
loom_detach_desired_path(void)
{
    return g_build_filename(loom_slice_directory(), "apply.xml", NULL);
}

/* In the child, before it becomes us anew: async-signal-safe calls only. */
static void
begin_session(gpointer data G_GNUC_UNUSED)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    umask(022);
}

GPtrArray *
loom_detach_arguments(const char *name, const LoomSession *session, LoomTask task)
{
    GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(arguments, g_strdup(name));
    g_ptr_array_add(arguments, g_strdup_printf("--confirm=%d", session->confirm));
    if (session->uri)
        g_ptr_array_add(arguments, g_strdup_printf("--connect=%s", session->uri));
    if (session->is_networks)
        g_ptr_array_add(arguments, g_strdup("--networks"));
    if (session->restart_libvirtd)
        g_ptr_array_add(arguments, g_strdup("--restart-libvirtd"));
    g_ptr_array_add(arguments, g_strdup(loom_task_format(task)));
    return arguments;
}

gboolean
loom_detach_spawn(const GPtrArray *arguments, int lock, GPid *process, GError **error)
{
    static const GSpawnFlags flags = G_SPAWN_FILE_AND_ARGV_ZERO | G_SPAWN_DO_NOT_REAP_CHILD |
                                     G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL;
    static const int target = LOOM_DETACH_LOCK;
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autoptr(GError) cause = NULL;

    /* the binary that runs, even where a package has replaced it meanwhile */
    g_ptr_array_add(argv, (gpointer) "/proc/self/exe");
    g_ptr_array_add(argv, (gpointer) "virt-loom");
    for (guint i = 0; i < arguments->len; i++)
        g_ptr_array_add(argv, arguments->pdata[i]);
    g_ptr_array_add(argv, NULL);
    if (g_spawn_async_with_pipes_and_fds("/", (const char *const *)argv->pdata, NULL, flags,
                                         begin_session, NULL, -1, -1, -1, &lock, &target, 1,
                                         process, NULL, NULL, NULL, &cause))
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("Cannot start virt-loom %s: %s"),
                (const char *)arguments->pdata[0], cause->message);
    return FALSE;
}

gboolean
loom_detach(const LoomSession *session, LoomApply *apply, LoomTask task, const LoomHost *host,
            guint deadline, GError **error)
{
    g_autoptr(GPtrArray) arguments = loom_detach_arguments("apply-guard", session, task);
    g_autofree char *path = loom_detach_desired_path();
    g_autofree char *text = task == LOOM_TASK_APPLY ? loom_host_format(host) : NULL;
    GPid process;

    g_ptr_array_insert(arguments, 1, g_strdup_printf("--deadline=%u", deadline));
    if ((text && !loom_file_write_volatile(path, text, error)) ||
        !loom_journal_begin(task, host, session->confirm, error) ||
        !loom_detach_spawn(arguments, loom_apply_get_lock(apply), &process, error))
        return FALSE;
    loom_apply_unlock(apply);
    return TRUE;
}

void
loom_detach_begin(LoomApply *holder)
{
    signal(SIGPIPE, SIG_IGN);
    loom_apply_adopt_lock(holder, LOOM_DETACH_LOCK);
}

/* --- systemd --------------------------------------------------------------------------------- */

static gboolean
is_in_scope(const char *scope)
{
    size_t length;
    g_autofree char *groups = loom_file_read("/proc/self/cgroup", CGROUP_MAX, &length, NULL);

    return groups && strstr(groups, scope);
}

static gboolean
ask_for_scope(GDBusConnection *bus, const char *scope)
{
    GVariantBuilder properties;
    g_autoptr(GVariant) answer = NULL;
    const guint32 process = getpid();

    g_variant_builder_init(&properties, G_VARIANT_TYPE("a(sv)"));
    g_variant_builder_add(&properties, "(sv)", "Description",
                          g_variant_new_string("virt-loom: a change of the host's network"));
    g_variant_builder_add(
        &properties, "(sv)", "PIDs",
        g_variant_new_fixed_array(G_VARIANT_TYPE_UINT32, &process, 1, sizeof process));
    g_variant_builder_add(&properties, "(sv)", "CollectMode",
                          g_variant_new_string("inactive-or-failed"));
    answer = g_dbus_connection_call_sync(
        bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
        "org.freedesktop.systemd1.Manager", "StartTransientUnit",
        g_variant_new("(ssa(sv)a(sa(sv)))", scope, "fail", &properties, NULL), NULL,
        G_DBUS_CALL_FLAGS_NONE, CALL_TIMEOUT, NULL, NULL);
    return answer != NULL;
}

void
loom_detach_enter_scope(void)
{
    g_autofree char *scope = g_strdup_printf("virt-loom-apply-%d.scope", getpid());
    g_autoptr(GDBusConnection) bus = NULL;
    gint64 until = g_get_monotonic_time() + SCOPE_TIMEOUT;

    if (!g_file_test(SYSTEMD_RUNS, G_FILE_TEST_IS_DIR))
        return;
    bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, NULL);
    if (!bus || !ask_for_scope(bus, scope))
        return;
    /* systemd answers before it moves us; who is started before that would stay behind */
    while (!is_in_scope(scope) && g_get_monotonic_time() < until)
        g_usleep(SCOPE_PAUSE);
}
