/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of the fabric in a few words. */
#include "cli/words.h"

#include "base/i18n.h"

char *
loom_words_join(const GPtrArray *names)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(text, "%s%s", i ? ", " : "", (const char *)names->pdata[i]);
    return g_string_free(text, FALSE);
}

char *
loom_words_attribute(gconstpointer record, size_t offset)
{
    const LoomKind *kind = ((const LoomRecord *)record)->kind;

    for (size_t i = 0; i < kind->attribute_count; i++)
        if (kind->attributes[i].offset == offset)
            return loom_record_get(record, &kind->attributes[i]);
    return NULL;
}

char *
loom_words_groups(const LoomSite *site)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; i < site->groups->len; i++)
        g_ptr_array_add(names, ((LoomHostGroupRef *)site->groups->pdata[i])->ref);
    return loom_words_join(names);
}

char *
loom_words_row(const LoomSubnet *row)
{
    GString *text = g_string_new(NULL);

    if (row->address)
        g_string_append_printf(text, "%s/%" G_GUINT64_FORMAT " ", row->address, row->prefix);
    if (row->vlan)
        g_string_append_printf(text, "vlan %" G_GUINT64_FORMAT, row->vlan);
    else
        g_string_append(text, _("untagged"));
    if (row->secondary)
        g_string_append_printf(text, "/%" G_GUINT64_FORMAT, row->secondary);
    return g_string_free(text, FALSE);
}

char *
loom_words_rows(const LoomSite *site)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < site->subnets->len; i++)
        g_ptr_array_add(rows, loom_words_row(site->subnets->pdata[i]));
    return loom_words_join(rows);
}
