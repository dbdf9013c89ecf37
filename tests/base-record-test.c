/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* base/: records of every attribute type: reading, defaults, presence, copying, comparing, writing.
 */
#include "test.h"

#include "base/inet.h"
#include "base/json.h"
#include "base/record.h"
#include "base/xml.h"

#include <string.h>

static const char *const colours[] = {"red", "green", "blue", NULL};

typedef struct {
    LoomRecord record;
    char *text;
} Note;

static const LoomAttribute note_attributes[] = {
    LOOM_ATTRIBUTE(Note, text, loom_type_text, .flags = LOOM_CONTENT),
};
static const LoomKind note_kind = {
    .element = "note",
    .size = sizeof(Note),
    LOOM_ATTRIBUTES(note_attributes),
};

typedef struct Thing Thing;
struct Thing {
    LoomRecord record;
    char *name, *device, *mac, *uuid, *pci, *vlans, *address, *text;
    guint64 number, any;
    int colour;
    gboolean on;
    GStrv list;
    char *seen;
    Note *note;
    GPtrArray *things;
};

static const LoomKind thing_kind;
static const LoomAttribute thing_attributes[] = {
    LOOM_ATTRIBUTE(Thing, name, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(Thing, device, loom_type_device, .flags = LOOM_KEY),
    LOOM_ATTRIBUTE(Thing, mac, loom_type_mac),
    LOOM_ATTRIBUTE(Thing, uuid, loom_type_uuid),
    LOOM_ATTRIBUTE(Thing, pci, loom_type_pci),
    LOOM_ATTRIBUTE(Thing, vlans, loom_type_vlans),
    LOOM_ATTRIBUTE(Thing, address, loom_type_address, .fallback = "::1"),
    LOOM_ATTRIBUTE(Thing, text, loom_type_text),
    LOOM_ATTRIBUTE(Thing, number, loom_type_number, .min = 5, .max = 10, .fallback = "7"),
    LOOM_ATTRIBUTE(Thing, any, loom_type_number),
    LOOM_WORD(Thing, colour, colours, .fallback = "green"),
    LOOM_ATTRIBUTE(Thing, on, loom_type_yes_no, .fallback = "yes"),
    LOOM_ATTRIBUTE(Thing, list, loom_type_list),
    LOOM_ATTRIBUTE(Thing, seen, loom_type_text, .flags = LOOM_INFORMATIVE),
};
static const LoomChild thing_children[] = {
    LOOM_ONE_CHILD(Thing, note, note_kind),
    LOOM_CHILDREN(Thing, things, thing_kind),
};
static const LoomKind thing_kind = {
    .element = "thing",
    .noun = "thing",
    .size = sizeof(Thing),
    LOOM_ATTRIBUTES(thing_attributes),
    LOOM_CHILD_KINDS(thing_children),
};
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Thing, loom_record_free)

static const char full[] =
    "<thing name='R&amp;D &lt;&apos;&quot;&gt;' device='eth0' mac='52:54:00:12:34:56' "
    "uuid='1f6f4b1c-6c3a-5b0e-9c3e-2d7b8a4f5e10' pci='0000:3b:00.1' vlans='1-10,20' "
    "address='2001:db8::1' text='a&#10;b&#9;c' number='10' any='18446744073709551615' "
    "colour='blue' on='no' list='a b c' seen='x'>\n"
    "  <note>some &lt;text&gt;</note>\n"
    "  <thing name='inner'/>\n"
    "  <thing name='inner2'>\n"
    "    <thing name='innermost' number='5'/>\n"
    "  </thing>\n"
    "</thing>\n";

static Thing *
parse(const char *text, LoomReport *report)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomDocument) document = loom_xml_parse(text, strlen(text), "t.xml", &error);

    assert_no_error(error);
    return loom_record_parse(&thing_kind, document->root, "t.xml", report);
}

static Thing *
parse_clean(const char *text)
{
    g_autoptr(LoomReport) report = loom_report_new();
    Thing *thing = parse(text, report);

    if (loom_report_length(report))
        fail_msg("%s: %s", text, loom_report_get(report, 0)->message);
    return thing;
}

static char *
format(const Thing *thing)
{
    GString *xml = g_string_new(NULL);

    loom_record_format(thing, 0, xml);
    return g_string_free(xml, FALSE);
}

static void
test_defaults(void **state G_GNUC_UNUSED)
{
    g_autoptr(Thing) thing = loom_record_new(&thing_kind);
    g_autofree char *xml = format(thing);

    assert_null(thing->name);
    assert_string_equal(thing->address, "::1");
    assert_int_equal(thing->number, 7);
    assert_int_equal(thing->any, 0);
    assert_int_equal(thing->colour, 1);
    assert_true(thing->on);
    assert_null(thing->list);
    assert_null(thing->note);
    assert_int_equal(thing->things->len, 0);
    assert_false(LOOM_HAS(thing, number));
    assert_string_equal(xml, "<thing/>\n"); /* defaults are not written */
}

static void
test_round_trip(void **state G_GNUC_UNUSED)
{
    g_autoptr(Thing) thing = parse_clean(full);
    g_autofree char *xml = format(thing);

    assert_string_equal(thing->name, "R&D <'\">");
    assert_string_equal(thing->text, "a\nb\tc");
    assert_int_equal(thing->any, G_MAXUINT64);
    assert_int_equal(thing->colour, 2);
    assert_false(thing->on);
    assert_true(LOOM_HAS(thing, on));
    assert_int_equal(g_strv_length(thing->list), 3);
    assert_string_equal(thing->note->text, "some <text>");
    assert_int_equal(thing->things->len, 2);
    assert_int_equal(thing->record.source.line, 1);
    assert_int_equal(((const Thing *)thing->things->pdata[0])->record.source.line, 3);
    assert_string_equal(xml, full);
}

/* Each type: what it takes, in what canonical form, and what it refuses. */
static void
test_values(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *attribute, *given, *canonical; /* NULL: refused */
    } values[] = {
        {"name", "a b", "a b"},
        {"name", "a/b", NULL},
        {"name", "", NULL},
        {"device", "eth0.5", "eth0.5"},
        {"device", "eth 0", NULL},
        {"device", "0123456789abcdef", NULL},
        {"mac", "52:54:00:AB:CD:EF", "52:54:00:ab:cd:ef"},
        {"mac", "52-54-00-ab-cd-ef", NULL},
        {"mac", "53:54:00:ab:cd:ef", NULL},
        {"mac", "52:54:00:ab:cd", NULL},
        {"mac", "52:54:00:ab:cd:eg", NULL},
        {"uuid", "1F6F4B1C-6C3A-5B0E-9C3E-2D7B8A4F5E10", "1f6f4b1c-6c3a-5b0e-9c3e-2d7b8a4f5e10"},
        {"uuid", "1f6f4b1c6c3a5b0e9c3e2d7b8a4f5e10", NULL},
        {"pci", "0000:3B:00.1", "0000:3b:00.1"},
        {"pci", "3b:00.1", NULL},
        {"vlans", "20,1-5,4-10", "1-10,20"},
        {"vlans", "20, 1", NULL},
        {"vlans", "0", NULL},
        {"vlans", "4095", NULL},
        {"vlans", "5-1", NULL},
        {"vlans", "", NULL},
        {"address", "2001:DB8:0:0::1", "2001:db8::1"},
        {"address", "10.0.0.1", "10.0.0.1"},
        {"address", "10.0.0.256", NULL},
        {"address", "10.0.1", NULL},
        {"address", "fe80::1%eth0", NULL},
        {"address", "", NULL},
        {"number", "5", "5"},
        {"number", "4", NULL},
        {"number", "11", NULL},
        {"number", "-5", NULL},
        {"number", "05", NULL},
        {"pci", "0000:3b:20.1", NULL},
        {"pci", "0000:3b:00.8", NULL},
        {"number", "+5", NULL},
        {"number", " 5", NULL},
        {"number", "5x", NULL},
        {"number", "", NULL},
        {"any", "18446744073709551615", "18446744073709551615"},
        {"any", "18446744073709551616", NULL},
        {"any", "0x10", NULL},
        {"colour", "red", "red"},
        {"colour", "Red", NULL},
        {"on", "no", "no"},
        {"on", "true", NULL},
        {"list", " b  a\nc ", "a b c"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *xml =
            g_strdup_printf("<thing name='n' %s='%s'/>", values[i].attribute, values[i].given);
        const char *text = g_str_has_prefix(values[i].attribute, "name") ? xml + 15 : xml;
        g_autofree char *document = text == xml ? g_strdup(xml) : g_strconcat("<thing", text, NULL);
        g_autoptr(LoomReport) report = loom_report_new();
        g_autoptr(Thing) thing = parse(document, report);
        g_autofree char *written = format(thing);
        g_autofree char *expected =
            g_strdup_printf(" %s='%s'", values[i].attribute, values[i].canonical);

        if (loom_report_length(report) != (values[i].canonical ? 0 : 1))
            fail_msg("%s: %zu findings", document, loom_report_length(report));
        if (values[i].canonical && !strstr(written, expected))
            fail_msg("%s was written as %s", document, written);
    }
}

/* A finding names element, attribute, value and what was expected; the default stays. */
static void
test_findings(void **state G_GNUC_UNUSED)
{
    static const char *const expected[] = {
        "thing 'a': number='99' is not valid; expected a number from 5 to 10",
        "thing 'a': colour='pink' is not valid; expected one of: red, green, blue",
        "<thing> has no attribute 'size'",
        "<thing> holds the text 'words', which has no meaning there",
        "<thing> lacks the attribute 'name'",
        "<thing> has a second <note>; one is allowed",
        "<thing> has no element <other>",
    };
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(Thing) thing = parse("<thing name='a' number='99' colour='pink' size='1'>words\n"
                                   "<thing/><note/><note/>\n<other/></thing>",
                                   report);

    assert_int_equal(loom_report_length(report), G_N_ELEMENTS(expected));
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        assert_string_equal(loom_report_get(report, i)->message, expected[i]);
        assert_string_equal(loom_report_get(report, i)->file, "t.xml");
    }
    assert_int_equal(loom_report_get(report, 6)->line, 3);
    assert_int_equal(thing->number, 7);
    assert_false(LOOM_HAS(thing, number));
}

/* What a person wrote reaches the terminal short and without control characters. */
static void
test_finding_is_safe(void **state G_GNUC_UNUSED)
{
    g_autofree char *longest = g_strnfill(60000, 'x');
    g_autofree char *xml = g_strdup_printf("<thing name='%s' colour='\xc2\x9b"
                                           "31m&#9;%s'/>",
                                           longest, longest);
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(Thing) thing = parse(xml, report);

    assert_int_equal(loom_report_length(report), 2);
    for (size_t i = 0; i < 2; i++) {
        const char *message = loom_report_get(report, i)->message;

        assert_true(strlen(message) < 300);
        assert_null(strstr(message, "\xc2\x9b"));
        assert_null(strchr(message, '\t'));
    }
}

static void
test_set(void **state G_GNUC_UNUSED)
{
    g_autoptr(Thing) thing = loom_record_new(&thing_kind);

    LOOM_SET(thing, name, "a");
    LOOM_SET(thing, name, "b");
    LOOM_SET_NUMBER(thing, number, 9);
    assert_string_equal(thing->name, "b");
    assert_true(LOOM_HAS(thing, name) && LOOM_HAS(thing, number));
    LOOM_SET(thing, name, NULL);
    assert_null(thing->name);
    assert_false(LOOM_HAS(thing, name));
    LOOM_SET(thing, number, NULL);
    assert_int_equal(thing->number, 7);
    LOOM_SET_NUMBER(thing, any, 9);
    LOOM_SET(thing, any, NULL);
    assert_int_equal(thing->any, 0);
    LOOM_SET(thing, address, "::2");
    LOOM_SET(thing, address, NULL);
    assert_string_equal(thing->address, "::1");
    assert_false(loom_record_try(thing, 0, "a/b"));
    assert_true(loom_record_try(thing, 0, "c"));
    assert_false(loom_record_try(thing, 0, ".."));
    assert_string_equal(thing->name, "c");
    LOOM_SET_NUMBER(thing, any, 3);
    LOOM_SET(thing, any, NULL);
    assert_int_equal(thing->any, 0);
    LOOM_SET_NUMBER(thing, on, FALSE);
    LOOM_SET(thing, on, NULL);
    assert_true(thing->on);
    assert_false(LOOM_HAS(thing, on));
    LOOM_SET(thing, colour, "red");
    LOOM_SET(thing, colour, NULL);
    assert_string_equal(colours[thing->colour], "green");
    LOOM_SET(thing, address, "::2");
    LOOM_SET(thing, address, NULL);
    assert_string_equal(thing->address, "::1");
}

static void
test_key(void **state G_GNUC_UNUSED)
{
    g_autoptr(Thing) thing = parse_clean("<thing device='d' name='n'/>");
    g_autofree char *key = loom_record_key(thing);

    assert_string_equal(key, "n/d");
}

static void
test_copy(void **state G_GNUC_UNUSED)
{
    g_autoptr(Thing) thing = parse_clean(full);
    g_autoptr(Thing) copy = loom_record_copy(thing);
    g_autofree char *xml = format(copy);

    assert_string_equal(xml, full);
    assert_ptr_not_equal(copy->name, thing->name);
    assert_ptr_not_equal(copy->things->pdata[0], thing->things->pdata[0]);
    assert_int_equal(copy->record.source.line, 1);
    assert_true(loom_record_agrees(copy, thing));
}

/* Only what the target states is compared; what is observed never is; keys pair children. */
static void
test_agrees(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *actual, *target;
        gboolean agrees;
    } pairs[] = {
        {"<thing name='a'/>", "<thing name='a'/>", TRUE},
        {"<thing name='a' number='5'/>", "<thing name='a'/>", TRUE},
        {"<thing name='a'/>", "<thing name='a' number='7'/>", FALSE}, /* a default is not a word */
        {"<thing name='a' number='5'/>", "<thing name='a' number='6'/>", FALSE},
        {"<thing name='a' list='b c'/>", "<thing name='a' list='c b'/>", TRUE},
        {"<thing name='a' seen='x'/>", "<thing name='a' seen='y'/>", TRUE},
        {"<thing name='a'><thing name='b'/><thing name='c'/></thing>",
         "<thing name='a'><thing name='c'/><thing name='b'/></thing>", TRUE},
        {"<thing name='a'><thing name='b'/></thing>", "<thing name='a'/>", FALSE},
        {"<thing name='a'/>", "<thing name='a'><thing name='b'/></thing>", FALSE},
        {"<thing name='a'><thing name='b' number='5'/></thing>",
         "<thing name='a'><thing name='b' number='6'/></thing>", FALSE},
        {"<thing name='a'><note>x</note></thing>", "<thing name='a'><note>x</note></thing>", TRUE},
        {"<thing name='a'><note>x</note></thing>", "<thing name='a'><note>y</note></thing>", FALSE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autoptr(Thing) actual = parse_clean(pairs[i].actual);
        g_autoptr(Thing) target = parse_clean(pairs[i].target);

        if (loom_record_agrees(actual, target) != pairs[i].agrees)
            fail_msg("%s against %s", pairs[i].actual, pairs[i].target);
    }
}

static void
test_differs(void **state G_GNUC_UNUSED)
{
    g_autoptr(Thing) actual = parse_clean("<thing name='a' number='5' on='yes'/>");
    g_autoptr(Thing) target = parse_clean("<thing name='a' number='6' on='yes' colour='red'/>");

    assert_int_equal(loom_record_differs(actual, target), 1 << 8 | 1 << 10);
    assert_int_equal(loom_record_differs(target, actual), 1 << 8);
}

static void
test_json(void **state G_GNUC_UNUSED)
{
    g_autoptr(Thing) thing = parse_clean("<thing name='a' number='5'><thing name='b'/></thing>");
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autofree char *text = NULL;
    JsonObject *object;

    loom_json_add_record(builder, thing);
    text = loom_json_finish(builder);
    assert_true(g_str_has_suffix(text, "\n"));
    assert_true(json_parser_load_from_data(parser, text, -1, NULL));
    object = json_node_get_object(json_parser_get_root(parser));
    assert_string_equal(json_object_get_string_member(object, "name"), "a");
    assert_int_equal(json_object_get_int_member(object, "number"), 5);
    assert_true(json_object_get_boolean_member(object, "on")); /* a default is told */
    assert_int_equal(json_array_get_length(json_object_get_array_member(object, "thing")), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_values),   cmocka_unit_test(test_findings),
        cmocka_unit_test(test_set),      cmocka_unit_test(test_finding_is_safe),
        cmocka_unit_test(test_key),      cmocka_unit_test(test_copy),
        cmocka_unit_test(test_agrees),   cmocka_unit_test(test_differs),
        cmocka_unit_test(test_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
