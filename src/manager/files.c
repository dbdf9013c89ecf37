/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's files: read under a root, and rules of ours written and removed. */
#include "base/error.h"
#include "base/file.h"
#include "base/i18n.h"
#include "manager/system.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX_LENGTH (1024 * 1024)

/* In the form of a comment of every manager's files. */
#define MARK "# Written by virt-loom"

char *
loom_managers_path(const LoomManagers *managers, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *path = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return g_strconcat(managers->root, path, NULL);
}

gboolean
loom_managers_has(const LoomManagers *managers, const char *path)
{
    g_autofree char *full = g_strconcat(managers->root, path, NULL);
    GStatBuf status;

    return g_lstat(full, &status) == 0;
}

gboolean
loom_managers_read(const char *path, char **text, GError **error)
{
    size_t length;

    *text = NULL;
    if (g_access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR))
        return TRUE;
    *text = loom_file_read(path, FILE_MAX_LENGTH, &length, error);
    return *text != NULL;
}

GPtrArray *
loom_managers_glob(const char *pattern)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    glob_t found;

    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            g_ptr_array_add(paths, g_strdup(found.gl_pathv[i]));
        globfree(&found);
    }
    return paths;
}

/* Sets *TEXT to what the rule says, NULL: there is none; FALSE: it is not ours. */
static gboolean
read_rule(const char *path, char **text, GError **error)
{
    if (!loom_managers_read(path, text, error))
        return FALSE;
    if (!*text || g_str_has_prefix(*text, MARK))
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                _("%s was not written by virt-loom, which needs that name; move it away"), path);
    return FALSE;
}

gboolean
loom_rule_write(const char *path, const char *text, GPtrArray *written, GError **error)
{
    g_autofree char *whole = g_strconcat(MARK "\n", text, NULL);
    g_autofree char *is = NULL;

    if (!read_rule(path, &is, error))
        return FALSE;
    if (g_strcmp0(is, whole) == 0)
        return TRUE;
    if (!loom_file_write(path, whole, error))
        return FALSE;
    g_ptr_array_add(written, g_strdup(path));
    return TRUE;
}

void
loom_rules_withdraw(const GPtrArray *written)
{
    for (guint i = 0; i < written->len; i++)
        loom_rule_remove(written->pdata[i], NULL);
}

gboolean
loom_rule_remove(const char *path, GError **error)
{
    g_autofree char *is = NULL;

    return read_rule(path, &is, error) && (!is || loom_file_remove(path, error));
}

/* What /sys says of a link under NAME, or NULL. */
static char *
read_attribute(const LoomManagers *managers, const char *link, const char *name)
{
    g_autofree char *path = loom_managers_path(managers, "/sys/class/net/%s/%s", link, name);
    char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    return g_strstrip(text);
}

char *
loom_managers_mac_of(const LoomManagers *managers, const char *link)
{
    return read_attribute(managers, link, "address");
}

unsigned
loom_managers_index_of(const LoomManagers *managers, const char *link)
{
    g_autofree char *text = read_attribute(managers, link, "ifindex");

    return text ? (unsigned)g_ascii_strtoull(text, NULL, 10) : 0;
}

static void
setting_free(gpointer data)
{
    LoomSetting *setting = data;

    g_free(setting->section);
    g_free(setting->key);
    g_free(setting->value);
    g_free(setting);
}

GPtrArray *
loom_settings_parse(const char *text)
{
    GPtrArray *settings = g_ptr_array_new_with_free_func(setting_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    const char *section = "";

    for (char **each = lines; *each; each++) {
        char *line = g_strstrip(*each);
        char *value = strchr(line, '=');

        if (*line == '[' && g_str_has_suffix(line, "]")) {
            line[strlen(line) - 1] = '\0';
            section = line + 1;
        } else if (*line != '#' && *line != ';' && value) {
            LoomSetting *setting = g_new(LoomSetting, 1);

            *value++ = '\0';
            *setting = (LoomSetting){g_strdup(section), g_strdup(g_strchomp(line)),
                                     g_strdup(g_strchug(value))};
            g_ptr_array_add(settings, setting);
        }
    }
    return settings;
}

const char *
loom_settings_find(const GPtrArray *settings, const char *section, const char *key)
{
    for (guint i = settings->len; i > 0; i--) {
        const LoomSetting *setting = settings->pdata[i - 1];

        if (g_str_equal(setting->section, section) && g_str_equal(setting->key, key))
            return setting->value;
    }
    return NULL;
}
