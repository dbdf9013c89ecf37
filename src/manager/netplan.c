/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Netplan manages nothing itself: it writes the files of networkd or NetworkManager at boot. */
#include "manager/kinds.h"

#include <string.h>

/* Where netplan looks, the last first (netplan(5)). */
static const char *const directories[] = {"/run/netplan", "/etc/netplan", "/lib/netplan"};

/* The name that netplan's description has for what the file is about. */
static char *
identifier_of(const char *path)
{
    static const char *const prefixes[] = {"10-netplan-", "netplan-"};
    static const char *const suffixes[] = {".network", ".nmconnection"};
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;

    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
        if (g_str_has_prefix(name, prefixes[i]) && g_str_has_suffix(name, suffixes[i])) {
            const char *from = name + strlen(prefixes[i]);

            return g_strndup(from, strlen(from) - strlen(suffixes[i]));
        }
    return NULL;
}

/* Whether the YAML has the key ID: on a line of its own, or in a flow mapping. */
static gboolean
mentions(const char *path, const char *id)
{
    g_autofree char *escaped = g_regex_escape_string(id, -1);
    g_autofree char *pattern = g_strdup_printf("(^|[{,])\\s*[\"']?%s[\"']?\\s*:", escaped);
    g_autofree char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) && g_utf8_validate(text, -1, NULL) &&
           g_regex_match_simple(pattern, text, G_REGEX_MULTILINE, 0);
}

char *
loom_netplan_source_of(const LoomManagers *managers, const char *path)
{
    g_autofree char *id = identifier_of(path);

    if (!id)
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(directories); i++) {
        g_autofree char *pattern = loom_managers_path(managers, "%s/*.yaml", directories[i]);
        g_autoptr(GPtrArray) files = loom_managers_glob(pattern);

        for (guint j = files->len; j > 0; j--) {
            const char *file = files->pdata[j - 1];

            if (mentions(file, id))
                return g_strdup_printf("netplan (%s)", file + strlen(managers->root));
        }
    }
    return g_strdup("netplan");
}
