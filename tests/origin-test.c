/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where it comes from that a host should be so: each property of a host, back to its fabric. */
#include "golden.h"

#include "cli/origin.h"
#include "compile/compile.h"

/*
 * A case of tests/data/origin holds paths in the source tree, fabric and facts, and host (a name);
 * and what comes out: origins, a line for each record, and one for each attribute whose origin is
 * another one.
 */
static char *
read_word(const LoomCase *test_case, const char *file)
{
    return g_strstrip(loom_case_read(test_case, file));
}

static LoomFabric *
load_fabric(const LoomCase *test_case)
{
    g_autofree char *word = read_word(test_case, "fabric");
    g_autofree char *path = loom_test_path(word);
    g_autofree char *builtin = loom_fabric_builtin_path();
    const char *const paths[] = {path, NULL};
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    LoomFabric *fabric = loom_fabric_load(paths, builtin, report, &error);

    assert_no_error(error);
    assert_int_equal(loom_report_count(report, LOOM_SEVERITY_ERROR), 0);
    return fabric;
}

static LoomHost *
load_facts(const LoomCase *test_case)
{
    g_autofree char *word = read_word(test_case, "facts");
    g_autofree char *path = loom_test_path(word);
    g_autoptr(GError) error = NULL;
    LoomHost *facts = loom_host_load(path, &error);

    assert_no_error(error);
    return facts;
}

static char *
find(const LoomOrigins *origins, gconstpointer record, const char *attribute)
{
    g_autoptr(LoomOrigin) origin = loom_origins_find(origins, record, attribute);

    return origin ? loom_origin_format(origin) : g_strdup("?");
}

static void
add_record(GString *text, const LoomOrigins *origins, const LoomRecord *record)
{
    g_autofree char *key = loom_record_key(record);
    g_autofree char *name = g_strdup_printf("%s '%s'", record->kind->element, key);
    g_autofree char *own = find(origins, record, NULL);

    g_string_append_printf(text, "%s: %s\n", name, own);
    for (size_t i = 0; i < record->kind->attribute_count; i++) {
        const LoomAttribute *attribute = &record->kind->attributes[i];
        g_autofree char *other = NULL;

        if (!(record->present >> i & 1) || attribute->flags & (LOOM_INFORMATIVE | LOOM_KEY))
            continue;
        other = find(origins, record, attribute->name);
        if (!g_str_equal(own, other))
            g_string_append_printf(text, "    %s: %s\n", attribute->name, other);
    }
}

static void
add_portgroups(GString *text, const LoomOrigins *origins, const LoomNetwork *network)
{
    for (guint i = 0; i < network->portgroups->len; i++) {
        const LoomPortgroup *portgroup = network->portgroups->pdata[i];
        static const char *const attributes[] = {"name", "outaverage"};

        for (size_t k = 0; k < G_N_ELEMENTS(attributes); k++) {
            g_autofree char *name =
                g_strdup_printf("portgroup '%s' %s", portgroup->name, attributes[k]);
            g_autofree char *origin = find(origins, network, name);

            g_string_append_printf(text, "    %s: %s\n", name, origin);
        }
    }
}

static void
test_case_has_origins(void **state)
{
    static const LoomKind *const kinds[] = {&loom_link_kind,  &loom_address_kind,
                                            &loom_route_kind, &loom_dhcp_kind,
                                            &loom_port_kind,  &loom_network_kind};
    const LoomCase *test_case = *state;
    g_autoptr(LoomFabric) fabric = load_fabric(test_case);
    g_autofree char *name = read_word(test_case, "host");
    g_autoptr(LoomHost) facts = load_facts(test_case);
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) host = loom_compile(fabric, name, facts, NULL, report, &error);
    g_autoptr(GString) text = g_string_new(NULL);

    assert_no_error(error);
    g_autoptr(LoomOrigins) origins = loom_origins_new(fabric, host);
    for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
        const GPtrArray *list = loom_host_list(host, kinds[k]);

        for (guint i = 0; i < list->len; i++) {
            const LoomPort *port = list->pdata[i];

            if (kinds[k] == &loom_port_kind && !port->link)
                continue; /* a pattern of guests' ports: never compared */
            assert_non_null(loom_origins_find_switch(origins, list->pdata[i]));
            add_record(text, origins, list->pdata[i]);
            if (kinds[k] == &loom_network_kind)
                add_portgroups(text, origins, list->pdata[i]);
        }
    }
    loom_case_compare(test_case, "origins", text->str);
}

static void
test_what_is_not_wanted_has_none(void **state G_GNUC_UNUSED)
{
    static const char text[] = "<fabric name='f'><hostgroup name='g'/>"
                               "<host name='h' hostgroup='g'/></fabric>";
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomFabric) fabric =
        loom_fabric_parse(text, sizeof text - 1, "f.xml", NULL, report, &error);
    g_autoptr(LoomHost) host = loom_compile(fabric, "h", NULL, NULL, report, &error);
    g_autoptr(LoomOrigins) origins = loom_origins_new(fabric, host);
    LoomLink *link = loom_record_new(&loom_link_kind);
    LoomNetwork *network = loom_record_new(&loom_network_kind);

    LOOM_SET(link, name, "gone");
    LOOM_SET(network, name, "gone");
    loom_record_add(host, link);
    loom_record_add(host, network);
    assert_null(loom_origins_find(origins, link, NULL));
    assert_null(loom_origins_find(origins, network, "active"));
    assert_null(loom_origins_find_switch(origins, link));
    assert_null(loom_origins_find_switch(origins, network));
}

int
main(void)
{
    const struct CMUnitTest more[] = {
        cmocka_unit_test(test_what_is_not_wanted_has_none),
        {0},
    };

    return loom_case_run_all("origin", test_case_has_origins, more);
}
