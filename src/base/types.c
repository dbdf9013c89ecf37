/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The types of attributes that need no library but GLib. */
#include "base/i18n.h"
#include "base/name.h"
#include "base/type.h"
#include "base/vlans.h"

#include <string.h>

char *
loom_text_format(const LoomAttribute *attribute G_GNUC_UNUSED, gconstpointer field)
{
    return g_strdup(*(char *const *)field);
}

gboolean
loom_text_equal(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(*(char *const *)a, *(char *const *)b) == 0;
}

void
loom_text_copy(gpointer to, gconstpointer from)
{
    *(char **)to = g_strdup(*(char *const *)from);
}

void
loom_text_clear(gpointer field)
{
    g_clear_pointer((char **)field, g_free);
}

static gboolean
text_parse(const LoomAttribute *attribute G_GNUC_UNUSED, const char *text, gpointer field)
{
    for (const char *at = text; *at; at++)
        if (g_ascii_iscntrl(*at) && *at != '\n' && *at != '\t')
            return FALSE;
    *(char **)field = g_strdup(text);
    return TRUE;
}

static gboolean
name_parse(const LoomAttribute *attribute G_GNUC_UNUSED, const char *text, gpointer field)
{
    if (!loom_name_is_valid(text))
        return FALSE;
    *(char **)field = g_strdup(text);
    return TRUE;
}

static gboolean
device_parse(const LoomAttribute *attribute G_GNUC_UNUSED, const char *text, gpointer field)
{
    if (!loom_device_name_is_valid(text))
        return FALSE;
    *(char **)field = g_strdup(text);
    return TRUE;
}

/* Whether TEXT has the shape of PATTERN, in which x stands for a hexadecimal digit. */
static gboolean
has_shape(const char *text, const char *pattern)
{
    if (strlen(text) != strlen(pattern))
        return FALSE;
    for (; *pattern; text++, pattern++)
        if (*pattern == 'x' ? !g_ascii_isxdigit(*text) : *text != *pattern)
            return FALSE;
    return TRUE;
}

static gboolean
shape_parse(const char *text, const char *pattern, gpointer field)
{
    if (!has_shape(text, pattern))
        return FALSE;
    *(char **)field = g_ascii_strdown(text, -1);
    return TRUE;
}

static gboolean
mac_parse(const LoomAttribute *attribute G_GNUC_UNUSED, const char *text, gpointer field)
{
    /* IEEE 802: the lowest bit of the first octet marks a group, which no port can have */
    return has_shape(text, "xx:xx:xx:xx:xx:xx") && !(g_ascii_xdigit_value(text[1]) & 1) &&
           shape_parse(text, "xx:xx:xx:xx:xx:xx", field);
}

static gboolean
uuid_parse(const LoomAttribute *attribute G_GNUC_UNUSED, const char *text, gpointer field)
{
    return shape_parse(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", field);
}

static gboolean
pci_parse(const LoomAttribute *attribute G_GNUC_UNUSED, const char *text, gpointer field)
{
    /* a device has 5 bits, a function 3 */
    return has_shape(text, "xxxx:xx:xx.x") && text[8] <= '1' && text[11] <= '7' &&
           shape_parse(text, "xxxx:xx:xx.x", field);
}

/* RFC 1035, 2.3.4, and the underscore that real zones have. */
static gboolean
domain_parse(const LoomAttribute *attribute G_GNUC_UNUSED, const char *text, gpointer field)
{
    g_auto(GStrv) labels = g_strsplit(text, ".", -1);

    if (!*text || strlen(text) > 253)
        return FALSE;
    for (size_t i = 0; labels[i]; i++) {
        size_t length = strlen(labels[i]);

        if (length < 1 || length > 63 || labels[i][0] == '-' || labels[i][length - 1] == '-' ||
            strspn(labels[i], G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_-") != length)
            return FALSE;
    }
    *(char **)field = g_strdup(text);
    return TRUE;
}

static gboolean
token_parse(const LoomAttribute *attribute G_GNUC_UNUSED, const char *text, gpointer field)
{
    size_t length = strlen(text);

    if (length < 1 || length > 255)
        return FALSE;
    for (const char *at = text; *at; at++)
        if (!g_ascii_isgraph(*at))
            return FALSE;
    *(char **)field = g_strdup(text);
    return TRUE;
}

static gboolean
identifier_parse(const LoomAttribute *attribute G_GNUC_UNUSED, const char *text, gpointer field)
{
    size_t length = strlen(text);

    if (length < 1 || length > 64 || text[0] == '-' ||
        strspn(text, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_-") != length)
        return FALSE;
    *(char **)field = g_strdup(text);
    return TRUE;
}

/* The manner of the kernel's bonding options (linux/if_link.h). */
static gboolean
option_parse(const LoomAttribute *attribute G_GNUC_UNUSED, const char *text, gpointer field)
{
    size_t length = strlen(text);

    if (length < 1 || length > 64 || !g_ascii_islower(text[0]) ||
        strspn(text, G_CSET_a_2_z G_CSET_DIGITS "_") != length)
        return FALSE;
    *(char **)field = g_strdup(text);
    return TRUE;
}

/* libvirt's basictypes.rng: deviceName, less what makes paths. */
static gboolean
portgroup_parse(const LoomAttribute *attribute G_GNUC_UNUSED, const char *text, gpointer field)
{
    size_t length = strlen(text);

    if (length < 1 || length > 64 ||
        strspn(text, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_.-") != length)
        return FALSE;
    *(char **)field = g_strdup(text);
    return TRUE;
}

static gboolean
vlans_parse(const LoomAttribute *attribute G_GNUC_UNUSED, const char *text, gpointer field)
{
    LoomVlans vlans;

    if (!loom_vlans_parse(text, &vlans))
        return FALSE;
    *(char **)field = loom_vlans_format(&vlans);
    return TRUE;
}

static gboolean
vlan_choice_parse(const LoomAttribute *attribute, const char *text, gpointer field)
{
    if (!g_str_equal(text, "0"))
        return vlans_parse(attribute, text, field);
    *(char **)field = g_strdup(text);
    return TRUE;
}

static gboolean
yes_no_parse(const LoomAttribute *attribute G_GNUC_UNUSED, const char *text, gpointer field)
{
    if (!g_str_equal(text, "yes") && !g_str_equal(text, "no"))
        return FALSE;
    *(gboolean *)field = text[0] == 'y';
    return TRUE;
}

static char *
yes_no_format(const LoomAttribute *attribute G_GNUC_UNUSED, gconstpointer field)
{
    return g_strdup(*(const gboolean *)field ? "yes" : "no");
}

static gboolean
int_equal(gconstpointer a, gconstpointer b)
{
    return *(const int *)a == *(const int *)b;
}

static void
int_copy(gpointer to, gconstpointer from)
{
    *(int *)to = *(const int *)from;
}

static gboolean
number_parse(const LoomAttribute *attribute, const char *text, gpointer field)
{
    guint64 max = attribute->max ? attribute->max : G_MAXUINT64;
    guint64 value;

    if (text[0] == '0' && text[1]) /* octal to some readers, decimal to others */
        return FALSE;
    if (!g_ascii_string_to_unsigned(text, 10, attribute->min, max, &value, NULL))
        return FALSE;
    *(guint64 *)field = value;
    return TRUE;
}

static char *
number_format(const LoomAttribute *attribute G_GNUC_UNUSED, gconstpointer field)
{
    return g_strdup_printf("%" G_GUINT64_FORMAT, *(const guint64 *)field);
}

static gboolean
number_equal(gconstpointer a, gconstpointer b)
{
    return *(const guint64 *)a == *(const guint64 *)b;
}

static void
number_copy(gpointer to, gconstpointer from)
{
    *(guint64 *)to = *(const guint64 *)from;
}

static gboolean
word_parse(const LoomAttribute *attribute, const char *text, gpointer field)
{
    for (int i = attribute->min; attribute->words[i]; i++)
        if (g_str_equal(attribute->words[i], text)) {
            *(int *)field = i;
            return TRUE;
        }
    return FALSE;
}

static char *
word_format(const LoomAttribute *attribute, gconstpointer field)
{
    return g_strdup(attribute->words[*(const int *)field]);
}

static int
item_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static gboolean
list_parse(const LoomAttribute *attribute G_GNUC_UNUSED, const char *text, gpointer field)
{
    g_auto(GStrv) parts = g_strsplit_set(text, " \t\n", -1);
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);

    for (size_t i = 0; parts[i]; i++)
        if (*parts[i])
            g_ptr_array_add(items, g_strdup(parts[i]));
    g_ptr_array_sort(items, item_compare);
    g_ptr_array_add(items, NULL);
    *(GStrv *)field = (GStrv)g_ptr_array_free(g_steal_pointer(&items), FALSE);
    return TRUE;
}

static char *
list_format(const LoomAttribute *attribute G_GNUC_UNUSED, gconstpointer field)
{
    GStrv list = *(const GStrv *)field;

    return list ? g_strjoinv(" ", list) : g_strdup("");
}

static gboolean
list_equal(gconstpointer a, gconstpointer b)
{
    g_autofree char *one = list_format(NULL, a);
    g_autofree char *other = list_format(NULL, b);

    return g_str_equal(one, other);
}

static void
list_copy(gpointer to, gconstpointer from)
{
    *(GStrv *)to = g_strdupv(*(const GStrv *)from);
}

static void
list_clear(gpointer field)
{
    g_clear_pointer((GStrv *)field, g_strfreev);
}

LOOM_TEXT_TYPE(loom_type_text, N_("text without control characters"), text_parse);
LOOM_TEXT_TYPE(loom_type_name, N_("a name of 1 to 64 characters without '/'"), name_parse);
LOOM_TEXT_TYPE(loom_type_device,
               N_("a device name of 1 to 15 characters (letters, digits, '.', '_', '-')"),
               device_parse);
LOOM_TEXT_TYPE(loom_type_mac, N_("a unicast MAC address such as 52:54:00:12:34:56"), mac_parse);
LOOM_TEXT_TYPE(loom_type_domain, N_("a domain name such as example.org"), domain_parse);
LOOM_TEXT_TYPE(loom_type_token, N_("1 to 255 printable characters without blanks"), token_parse);
LOOM_TEXT_TYPE(loom_type_identifier, N_("1 to 64 letters, digits, '_' and '-'"), identifier_parse);
LOOM_TEXT_TYPE(loom_type_option, N_("1 to 64 lower-case letters, digits and '_', a letter first"),
               option_parse);
LOOM_TEXT_TYPE(loom_type_portgroup, N_("1 to 64 letters, digits, '_', '.' and '-'"),
               portgroup_parse);
LOOM_TEXT_TYPE(loom_type_uuid, N_("a UUID"), uuid_parse);
LOOM_TEXT_TYPE(loom_type_pci, N_("a PCI address such as 0000:3b:00.1"), pci_parse);
LOOM_TEXT_TYPE(loom_type_vlans, N_("VLAN numbers from 1 to 4094, such as 3 or 1-10,20"),
               vlans_parse);
LOOM_TEXT_TYPE(loom_type_vlan_choice, N_("VLAN numbers such as 3 or 1-10,20, or 0 for untagged"),
               vlan_choice_parse);

const LoomType loom_type_yes_no = {
    .name = N_("yes or no"),
    .size = sizeof(gboolean),
    .parse = yes_no_parse,
    .format = yes_no_format,
    .equal = int_equal,
    .copy = int_copy,
    .json = LOOM_JSON_BOOLEAN,
};
const LoomType loom_type_number = {
    .name = N_("a number"),
    .size = sizeof(guint64),
    .parse = number_parse,
    .format = number_format,
    .equal = number_equal,
    .copy = number_copy,
    .json = LOOM_JSON_NUMBER,
};
const LoomType loom_type_word = {
    .name = N_("one word"),
    .size = sizeof(int),
    .parse = word_parse,
    .format = word_format,
    .equal = int_equal,
    .copy = int_copy,
};
const LoomType loom_type_list = {
    .name = N_("items parted by blanks"),
    .size = sizeof(GStrv),
    .parse = list_parse,
    .format = list_format,
    .equal = list_equal,
    .copy = list_copy,
    .clear = list_clear,
};
