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
has_mac(const LoomCompiler *compiler, const LoomLink *link, const char *mac)
{
    const char *permanent = loom_compile_find_permanent_mac(compiler, link->name);

    return g_strcmp0(permanent ? permanent : link->mac, mac) == 0;
}

/* A NIC without a cable tells no speed; one that the switch has already stays the switch's. */
static gboolean
has_speed(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled, const LoomLink *link,
          guint64 speed)
{
    const LoomLink *before = NULL;

    if (LOOM_HAS(link, speed))
        return link->speed == speed;
    if (compiler->committed)
        before = loom_host_find(compiler->committed, &loom_link_kind, link->name);
    return before && before->kind == LOOM_LINK_PHYSICAL &&
           g_strcmp0(before->logicalswitch, compiled->host_switch->logicalswitch) == 0;
}

static gboolean
matches(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled, const LoomNicRule *rule,
        const LoomLink *link)
{
    return link->kind == LOOM_LINK_PHYSICAL && (!rule->name || has_name(link, rule->name)) &&
           (!rule->mac || has_mac(compiler, link, rule->mac)) &&
           (!rule->pci || g_strcmp0(link->pci, rule->pci) == 0) &&
           (!rule->driver || g_strcmp0(link->driver, rule->driver) == 0) &&
           (!LOOM_HAS(rule, speed) || has_speed(compiler, compiled, link, rule->speed));
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

/* A NIC is in one switch, and there once. */
static void
take(const LoomCompiler *compiler, LoomCompiledSwitch *compiled, const LoomNicRule *rule,
     const char *name)
{
    const char *by = g_hash_table_lookup(compiler->taken, name);

    if (by) {
        loom_report_add(compiler->report, LOOM_SEVERITY_ERROR, &rule->record.source,
                        _("host '%s': NIC '%s' is selected for logical switch '%s', but logical "
                          "switch '%s' has it already"),
                        compiler->host->name, name, compiled->host_switch->logicalswitch, by);
        return;
    }
    g_ptr_array_add(compiled->nics, g_strdup(name));
    g_hash_table_insert(compiler->taken, g_strdup(name), compiled->host_switch->logicalswitch);
}

/* Without facts only a name can be trusted to mean one NIC. */
static void
take_by_name(const LoomCompiler *compiler, LoomCompiledSwitch *compiled, const LoomNicRule *rule)
{
    g_autofree char *what = NULL;

    if (rule->name) {
        take(compiler, compiled, rule, rule->name);
        return;
    }
    what = describe_rule(rule);
    loom_report_add(compiler->report, LOOM_SEVERITY_NOTE, &rule->record.source,
                    _("host '%s': which NIC has %s is known only on the host, or from --facts; it "
                      "is left out here"),
                    compiler->host->name, what);
}

static void
take_by_facts(const LoomCompiler *compiler, LoomCompiledSwitch *compiled, const LoomNicRule *rule)
{
    const GPtrArray *links = compiler->facts->links;
    g_autoptr(GPtrArray) physical = g_ptr_array_new();
    g_autoptr(GPtrArray) found = g_ptr_array_new();

    for (guint i = 0; i < links->len; i++) {
        LoomLink *link = links->pdata[i];

        if (link->kind == LOOM_LINK_PHYSICAL)
            g_ptr_array_add(physical, link);
        if (matches(compiler, compiled, rule, link))
            g_ptr_array_add(found, link);
    }
    if (found->len == rule->count || (found->len && rule->count == LOOM_NIC_COUNT_ALL)) {
        for (guint i = 0; i < found->len; i++)
            take(compiler, compiled, rule, ((const LoomLink *)found->pdata[i])->name);
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
            take_by_facts(compiler, compiled, rules->pdata[i]);
        else
            take_by_name(compiler, compiled, rules->pdata[i]);
    }
}

char *
loom_compile_list_nics(const LoomCompiledSwitch *compiled)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < compiled->nics->len; i++)
        g_string_append_printf(text, "%s%s", i ? ", " : "", (const char *)compiled->nics->pdata[i]);
    return g_string_free(text, FALSE);
}
