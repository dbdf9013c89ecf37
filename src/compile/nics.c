/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the machine's NICs the rules of a switch select. */
#include "base/i18n.h"
#include "compile/compiler.h"

#include <inttypes.h>

static gboolean
has_name(const LoomLink *link, const char *name)
{
    return g_str_equal(link->name, name) ||
           (link->altnames && g_strv_contains((const char *const *)link->altnames, name));
}

/* The permanent address decides, for a NIC in a team wears the team's. */
static gboolean
has_mac(const LoomLink *link, const char *mac)
{
    return g_strcmp0(link->permanentmac ? link->permanentmac : link->mac, mac) == 0;
}

static gboolean
matches(const LoomNicRule *rule, const LoomLink *link)
{
    return link->kind == LOOM_LINK_PHYSICAL && (!rule->name || has_name(link, rule->name)) &&
           (!rule->mac || has_mac(link, rule->mac)) &&
           (!rule->pci || g_strcmp0(link->pci, rule->pci) == 0) &&
           (!rule->driver || g_strcmp0(link->driver, rule->driver) == 0) &&
           (!LOOM_HAS(rule, speed) || (LOOM_HAS(link, speed) && link->speed == rule->speed));
}

static char *
describe_rule(const LoomNicRule *rule)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < rule->record.kind->attribute_count; i++) {
        const LoomAttribute *attribute = &rule->record.kind->attributes[i];
        g_autofree char *value = NULL;

        if (!(rule->record.present >> i & 1))
            continue;
        value = loom_record_get(rule, attribute);
        g_string_append_printf(text, "%s%s='%s'", text->len ? " " : "", attribute->name, value);
    }
    return g_string_free(text, FALSE);
}

static char *
list_names(const GPtrArray *links)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < links->len; i++)
        g_string_append_printf(text, "%s%s", i ? ", " : "", ((LoomLink *)links->pdata[i])->name);
    return g_string_free(text, FALSE);
}

/* Without facts only a name can be trusted to mean one NIC. */
static void
take_by_name(const LoomCompiler *compiler, const LoomNicRule *rule, GPtrArray *nics)
{
    g_autofree char *what = NULL;

    if (rule->name) {
        g_ptr_array_add(nics, g_strdup(rule->name));
        return;
    }
    what = describe_rule(rule);
    loom_report_add(compiler->report, LOOM_SEVERITY_NOTE, &rule->record.source,
                    _("host '%s': which NIC has %s is known only on the host, or from --facts; it "
                      "is left out here"),
                    compiler->host->name, what);
}

static void
take_by_facts(const LoomCompiler *compiler, const LoomNicRule *rule, GPtrArray *nics)
{
    const GPtrArray *links = compiler->facts->links;
    g_autoptr(GPtrArray) physical = g_ptr_array_new();
    g_autoptr(GPtrArray) found = g_ptr_array_new();

    for (guint i = 0; i < links->len; i++) {
        LoomLink *link = links->pdata[i];

        if (link->kind == LOOM_LINK_PHYSICAL)
            g_ptr_array_add(physical, link);
        if (matches(rule, link))
            g_ptr_array_add(found, link);
    }
    if (found->len == rule->count) {
        for (guint i = 0; i < found->len; i++)
            g_ptr_array_add(nics, g_strdup(((LoomLink *)found->pdata[i])->name));
        return;
    }

    g_autofree char *what = describe_rule(rule);
    g_autofree char *candidates = list_names(found->len ? found : physical);
    if (!found->len)
        loom_report_add(compiler->report, LOOM_SEVERITY_ERROR, &rule->record.source,
                        _("host '%s' has no NIC with %s; it has: %s"), compiler->host->name, what,
                        candidates);
    else
        loom_report_add(compiler->report, LOOM_SEVERITY_ERROR, &rule->record.source,
                        _("host '%s' has %u NICs with %s, where %" PRIu64
                          " are expected: %s; say which, or how many with count"),
                        compiler->host->name, found->len, what, rule->count, candidates);
}

void
loom_compile_nics(const LoomCompiler *compiler, LoomCompiledSwitch *compiled)
{
    const GPtrArray *rules = compiled->host_switch->nics;

    for (guint i = 0; i < rules->len; i++) {
        if (compiler->facts)
            take_by_facts(compiler, rules->pdata[i], compiled->nics);
        else
            take_by_name(compiler, rules->pdata[i], compiled->nics);
    }
}
