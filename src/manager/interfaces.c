/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ifupdown's description of the links: interfaces(5). */
#include "manager/interfaces.h"

#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

#define DEPTH_MAX 10
#define MARK      "#virt-loom# "

static gboolean load_file(LoomManagers *managers, LoomInterfaces *interfaces, const char *path,
                          unsigned depth, GError **error);

static void
stanza_free(gpointer data)
{
    LoomStanza *stanza = data;

    g_free(stanza->link);
    g_free(stanza->family);
    g_free(stanza->method);
    g_free(stanza->file);
    g_ptr_array_unref(stanza->options);
    g_free(stanza);
}

static void
mention_free(gpointer data)
{
    LoomMention *mention = data;

    g_free(mention->word);
    g_free(mention->file);
    g_free(mention);
}

void
loom_interfaces_free(LoomInterfaces *interfaces)
{
    g_ptr_array_unref(interfaces->stanzas);
    g_ptr_array_unref(interfaces->mentions);
    g_ptr_array_unref(interfaces->files);
    g_clear_pointer(&interfaces->state, g_ptr_array_unref);
    g_free(interfaces);
}

/* The words of a line; a '#' at its beginning makes it a comment. Owned by the caller. */
static GStrv
split_words(const char *line)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_auto(GStrv) words = g_strsplit_set(line, " \t", -1);

    for (char **word = words; *word && (word != words || **word != '#'); word++)
        if (**word)
            g_strv_builder_add(builder, *word);
    return g_strv_builder_end(builder);
}

static gboolean
brings_up(const char *word)
{
    return g_str_equal(word, "auto") || g_str_has_prefix(word, "allow-");
}

/* The lines of TEXT, those that end in a backslash joined with the next. */
static GStrv
join_lines(const char *text)
{
    g_autoptr(GString) joined = g_string_new(text);

    g_string_replace(joined, "\\\n", " ", 0);
    return g_strsplit(joined->str, "\n", -1);
}

/* Loads all files that PATTERN (relative to the including file) matches. */
static gboolean
load_sources(LoomManagers *managers, LoomInterfaces *interfaces, const char *pattern,
             const char *from, unsigned depth, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(from);
    g_autofree char *path = g_path_is_absolute(pattern)
                                ? g_strconcat(managers->root, pattern, NULL)
                                : g_build_filename(directory, pattern, NULL);
    g_autoptr(GPtrArray) files = loom_managers_glob(path);

    for (guint i = 0; i < files->len; i++)
        if (!load_file(managers, interfaces, files->pdata[i], depth + 1, error))
            return FALSE;
    return TRUE;
}

/* source-directory: files whose names are letters, digits, '_' and '-' alone. */
static gboolean
load_directory(LoomManagers *managers, LoomInterfaces *interfaces, const char *pattern,
               const char *from, unsigned depth, GError **error)
{
    g_autofree char *inside = g_strconcat(pattern, "/*", NULL);
    g_autofree char *directory = g_path_get_dirname(from);
    g_autofree char *path = g_path_is_absolute(inside) ? g_strconcat(managers->root, inside, NULL)
                                                       : g_build_filename(directory, inside, NULL);
    g_autoptr(GPtrArray) files = loom_managers_glob(path);

    for (guint i = 0; i < files->len; i++) {
        const char *name = strrchr(files->pdata[i], '/') + 1;

        if (!name[strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-")] &&
            !load_file(managers, interfaces, files->pdata[i], depth + 1, error))
            return FALSE;
    }
    return TRUE;
}

static void
add_option(LoomStanza *stanza, GStrv words)
{
    LoomSetting *option = g_new(LoomSetting, 1);

    *option = (LoomSetting){g_strdup(""), g_strdup(words[0]), g_strjoinv(" ", words + 1)};
    g_ptr_array_add(stanza->options, option);
}

static LoomStanza *
stanza_new(GStrv words, const char *file)
{
    LoomStanza *stanza = g_new(LoomStanza, 1);
    unsigned count = g_strv_length(words);

    /* "inherits" or no family: as much as can be told */
    *stanza =
        (LoomStanza){g_strdup(count > 1 ? words[1] : ""), g_strdup(count > 2 ? words[2] : ""),
                     g_strdup(count > 3 ? words[3] : ""), g_strdup(file), loom_settings_parse("")};
    return stanza;
}

static void
add_mentions(LoomInterfaces *interfaces, GStrv words, const char *path)
{
    for (char **word = words + 1; *word; word++) {
        LoomMention *mention = g_new(LoomMention, 1);

        *mention = (LoomMention){g_strdup(*word), g_strdup(path)};
        g_ptr_array_add(interfaces->mentions, mention);
    }
}

static gboolean
load_file(LoomManagers *managers, LoomInterfaces *interfaces, const char *path, unsigned depth,
          GError **error)
{
    g_autofree char *text = NULL;
    LoomStanza *stanza = NULL;
    gboolean done = TRUE;

    if (depth > DEPTH_MAX || g_file_test(path, G_FILE_TEST_IS_DIR))
        return TRUE;
    if (!loom_managers_read(path, &text, error))
        return FALSE;
    if (!text)
        return TRUE;
    g_ptr_array_add(interfaces->files, g_strdup(path));
    g_auto(GStrv) lines = join_lines(text);
    for (char **line = lines; *line && done; line++) {
        g_auto(GStrv) words = split_words(*line);

        if (!words[0])
            continue;
        if (g_str_equal(words[0], "iface")) {
            stanza = stanza_new(words, path + strlen(managers->root));
            g_ptr_array_add(interfaces->stanzas, stanza);
        } else if (brings_up(words[0])) {
            add_mentions(interfaces, words, path);
            stanza = NULL;
        } else if (g_str_equal(words[0], "source") && words[1]) {
            done = load_sources(managers, interfaces, words[1], path, depth, error);
        } else if (g_str_equal(words[0], "source-directory") && words[1]) {
            done = load_directory(managers, interfaces, words[1], path, depth, error);
        } else if (g_str_equal(words[0], "mapping")) {
            stanza = NULL;
        } else if (stanza) {
            add_option(stanza, words);
        }
    }
    return done;
}

LoomInterfaces *
loom_interfaces_load(LoomManagers *managers, GError **error)
{
    g_autoptr(LoomInterfaces) interfaces = g_new0(LoomInterfaces, 1);
    g_autofree char *path = loom_managers_path(managers, "/etc/network/interfaces");

    interfaces->stanzas = g_ptr_array_new_with_free_func(stanza_free);
    interfaces->mentions = g_ptr_array_new_with_free_func(mention_free);
    interfaces->files = g_ptr_array_new_with_free_func(g_free);
    return load_file(managers, interfaces, path, 0, error) ? g_steal_pointer(&interfaces) : NULL;
}

/* "auto a b" without LINK into TEXT, and what it said of LINK as a comment; FALSE: not in it. */
static gboolean
split_line(const char *line, const char *link, GString *text)
{
    g_auto(GStrv) words = split_words(line);
    g_autoptr(GString) rest = g_string_new(words[0]);
    unsigned others = 0, found = 0;

    if (!words[0] || !brings_up(words[0]))
        return FALSE;
    for (char **word = words + 1; *word; word++) {
        if (g_str_equal(*word, link)) {
            found++;
        } else {
            g_string_append_printf(rest, " %s", *word);
            others++;
        }
    }
    if (found && others)
        g_string_append_printf(text, "%s\n", rest->str);
    if (found)
        g_string_append_printf(text, MARK "%s %s\n", words[0], link);
    return found > 0;
}

char *
loom_interfaces_take_out(const char *text, const char *link)
{
    g_autoptr(GString) changed = g_string_new(NULL);
    gboolean any = FALSE;

    while (*text) {
        const char *end = text;
        g_autoptr(GString) line = NULL;

        /* as long as a backslash says that it goes on */
        do {
            end += strcspn(end, "\n");
            end += *end == '\n';
        } while (end - text >= 2 && end[-1] == '\n' && end[-2] == '\\' && *end);
        line = g_string_new_len(text, end - text);
        g_string_replace(line, "\\\n", " ", 0);
        g_strchomp(line->str);
        if (split_line(line->str, link, changed))
            any = TRUE;
        else
            g_string_append_len(changed, text, end - text);
        text = end;
    }
    return any ? g_string_free(g_steal_pointer(&changed), FALSE) : NULL;
}

char *
loom_interfaces_put_back(const char *text, const char *link)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    gboolean any = FALSE;

    for (char **line = lines; *line; line++) {
        g_auto(GStrv) words = g_strsplit(*line, " ", -1);

        if (g_str_has_prefix(*line, MARK) && g_strv_length(words) == 3 &&
            g_str_equal(words[2], link)) {
            memmove(*line, *line + strlen(MARK), strlen(*line) - strlen(MARK) + 1);
            any = TRUE;
        }
    }
    return any ? g_strjoinv("\n", lines) : NULL;
}
