/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of qemu.conf, by libaugeas. */
#include "virt/qemuconf.h"

#include "base/error.h"
#include "base/i18n.h"

#include <augeas.h>
#include <string.h>

#define QEMU_CONF "/etc/libvirt/qemu.conf"
#define TREE      "/files" QEMU_CONF
#define MARK      "virt-loom: the next line is the fabric's"

typedef struct {
    LoomBackend backend;
    char *root; /* NULL: this machine's */
    gboolean changed;
} QemuConf;

static const char *const settings[] = {"migration_address", "migration_host"};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(augeas, aug_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomQemuSetting, loom_record_free)

/* --- the file --------------------------------------------------------------------------------- */

static void
set_error(augeas *tree, const char *what, GError **error)
{
    const char *message = NULL;

    aug_get(tree, "/augeas" TREE "/error/message", &message);
    if (!message)
        message = aug_error_message(tree);
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("Cannot %s %s: %s"), what, QEMU_CONF,
                message);
}

/* A missing file is an empty one. */
static augeas *
open_tree(const QemuConf *conf, GError **error)
{
    g_autoptr(augeas) tree = aug_init(
        conf->root, NULL, AUG_NO_MODL_AUTOLOAD | AUG_NO_LOAD | AUG_SAVE_BACKUP | AUG_NO_ERR_CLOSE);
    const char *message = NULL;

    if (!tree) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("Cannot start libaugeas"));
        return NULL;
    }
    if (aug_error(tree) != AUG_NOERROR ||
        aug_set(tree, "/augeas/load/Libvirtd_qemu/lens", "Libvirtd_qemu.lns") < 0 ||
        aug_set(tree, "/augeas/load/Libvirtd_qemu/incl", QEMU_CONF) < 0 || aug_load(tree) < 0) {
        set_error(tree, _("read"), error);
        return NULL;
    }
    if (aug_get(tree, "/augeas" TREE "/error", &message) > 0) {
        set_error(tree, _("read"), error);
        return NULL;
    }
    return g_steal_pointer(&tree);
}

static void
free_matches(char **matches, int count)
{
    for (int i = 0; i < count; i++)
        free(matches[i]);
    free(matches);
}

/* The path of our comment right above the setting; NULL: the line is not ours. */
static char *
find_mark(augeas *tree, const char *setting)
{
    g_autofree char *wanted = g_strconcat(TREE "/", setting, NULL);
    char **lines = NULL;
    int count = aug_match(tree, TREE "/*", &lines);
    char *found = NULL;

    for (int i = 1; i < count && !found; i++) {
        const char *text = NULL;

        if (g_str_equal(lines[i], wanted) && aug_get(tree, lines[i - 1], &text) > 0 && text &&
            strstr(lines[i - 1], "/#comment") && g_str_equal(text, MARK))
            found = g_strdup(lines[i - 1]);
    }
    free_matches(lines, MAX(count, 0));
    return found;
}

static const char *
find_value(augeas *tree, const char *setting)
{
    g_autofree char *path = g_strconcat(TREE "/", setting, NULL);
    const char *value = NULL;

    return aug_get(tree, path, &value) > 0 ? value : NULL;
}

/* --- the backend ------------------------------------------------------------------------------ */

/* Else the file is not read any further: most hosts keep it as they like, and the lens is strict.
 */
static gboolean
is_concerned(const QemuConf *conf, const LoomHost *target)
{
    g_autofree char *path = g_strconcat(conf->root ? conf->root : "", QEMU_CONF, NULL);
    g_autofree char *text = NULL;

    return (target && target->settings->len) ||
           (g_file_get_contents(path, &text, NULL, NULL) && strstr(text, MARK));
}

static gboolean
observe(LoomBackend *backend, const LoomHost *target, LoomHost *into, GError **error)
{
    g_autoptr(augeas) tree = NULL;

    if (!is_concerned((QemuConf *)backend, target))
        return TRUE;
    tree = open_tree((QemuConf *)backend, error);
    if (!tree)
        return FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        const char *value = find_value(tree, settings[i]);
        g_autofree char *mark = value ? find_mark(tree, settings[i]) : NULL;
        g_autoptr(LoomQemuSetting) setting = loom_record_new(&loom_qemu_setting_kind);

        if (!value ||
            (!mark && !(target && loom_host_find(target, &loom_qemu_setting_kind, settings[i]))))
            continue;
        LOOM_SET(setting, name, settings[i]);
        LOOM_SET_NUMBER(setting, ours, mark != NULL);
        if (LOOM_TRY(setting, value, value))
            loom_record_add(into, g_steal_pointer(&setting));
    }
    return TRUE;
}

static gboolean
is_foreign(augeas *tree, const char *setting)
{
    g_autofree char *mark = find_mark(tree, setting);

    return !mark && find_value(tree, setting);
}

static gboolean
put(augeas *tree, const LoomQemuSetting *setting)
{
    g_autofree char *path = g_strconcat(TREE "/", setting->name, NULL);
    g_autofree char *mark = find_mark(tree, setting->name);

    return (mark || aug_set(tree, TREE "/#comment[last()+1]", MARK) == 0) &&
           aug_set(tree, path, setting->value) == 0;
}

static gboolean
take_out(augeas *tree, const char *name)
{
    g_autofree char *path = g_strconcat(TREE "/", name, NULL);
    g_autofree char *mark = find_mark(tree, name);

    return !mark || (aug_rm(tree, path) >= 0 && aug_rm(tree, mark) >= 0);
}

static gboolean
run_step(LoomBackend *backend, const LoomStep *step, GError **error)
{
    QemuConf *conf = (QemuConf *)backend;
    const LoomQemuSetting *setting = (const LoomQemuSetting *)(step->to ? step->to : step->from);
    g_autoptr(augeas) tree = open_tree(conf, error);

    if (!tree)
        return FALSE;
    if (step->to && is_foreign(tree, setting->name)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("%s has a line for %s of somebody's own"), QEMU_CONF, setting->name);
        return FALSE;
    }
    if (!(step->to ? put(tree, setting) : take_out(tree, setting->name)) || aug_save(tree) < 0) {
        set_error(tree, _("write"), error);
        return FALSE;
    }
    conf->changed = TRUE;
    return TRUE;
}

static void
conf_free(LoomBackend *backend)
{
    g_free(((QemuConf *)backend)->root);
    g_free(backend);
}

LoomBackend *
loom_qemuconf_new_at(const char *root)
{
    static const LoomKind *const kinds[] = {&loom_qemu_setting_kind, NULL};
    QemuConf *conf = g_new0(QemuConf, 1);

    conf->backend = (LoomBackend){
        .name = "qemu.conf",
        .kinds = kinds,
        .observe = observe,
        .run_step = run_step,
        .free = conf_free,
    };
    conf->root = g_strdup(root);
    return &conf->backend;
}

LoomBackend *
loom_qemuconf_new(void)
{
    return loom_qemuconf_new_at(NULL);
}

gboolean
loom_qemuconf_has_changed(LoomBackend *backend)
{
    return ((QemuConf *)backend)->changed;
}

/* --- the daemon ------------------------------------------------------------------------------- */

/* Whether it was run and ended with status 0. */
static gboolean
run_systemctl(const char *verb, const char *unit)
{
    const char *argv[] = {"systemctl", "--quiet", verb, unit, NULL};
    const GSpawnFlags flags =
        G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL;
    int status;

    return g_spawn_sync(NULL, (char **)argv, NULL, flags, NULL, NULL, NULL, NULL, &status, NULL) &&
           g_spawn_check_wait_status(status, NULL);
}

gboolean
loom_qemuconf_restart_libvirtd(GError **error)
{
    static const char *const units[] = {"virtqemud.service", "libvirtd.service"};

    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (!run_systemctl("is-active", units[i]))
            continue;
        if (run_systemctl("restart", units[i]))
            return TRUE;
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                    _("Cannot restart %s; see: systemctl status %s"), units[i], units[i]);
        return FALSE;
    }
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                _("systemd knows of no libvirtd that runs; restart it by hand"));
    return FALSE;
}
