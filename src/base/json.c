/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON out of records and reports. */
#include "base/json.h"

static void
add_attribute(JsonBuilder *builder, gconstpointer record, const LoomAttribute *attribute)
{
    g_autofree char *text = loom_record_get(record, attribute);

    if (!text)
        return;
    json_builder_set_member_name(builder, attribute->name);
    switch (attribute->type->json) {
    case LOOM_JSON_NUMBER:
        json_builder_add_int_value(builder, g_ascii_strtoll(text, NULL, 10));
        break;
    case LOOM_JSON_BOOLEAN:
        json_builder_add_boolean_value(builder, g_str_equal(text, "yes"));
        break;
    default:
        json_builder_add_string_value(builder, text);
    }
}

void
loom_json_add_record(JsonBuilder *builder, gconstpointer data)
{
    const LoomRecord *record = data;

    json_builder_begin_object(builder);
    for (size_t i = 0; i < record->kind->attribute_count; i++) {
        const LoomAttribute *attribute = &record->kind->attributes[i];

        if (record->present >> i & 1 || attribute->fallback)
            add_attribute(builder, record, attribute);
    }
    for (size_t i = 0; i < record->kind->child_count; i++) {
        const LoomChild *child = &record->kind->children[i];
        LoomRecords items = loom_record_children(record, child);

        if (!items.length)
            continue;
        json_builder_set_member_name(builder, child->kind->element);
        json_builder_begin_array(builder);
        for (size_t k = 0; k < items.length; k++)
            loom_json_add_record(builder, items.items[k]);
        json_builder_end_array(builder);
    }
    json_builder_end_object(builder);
}

void
loom_json_add_report(JsonBuilder *builder, const LoomReport *report)
{
    json_builder_begin_array(builder);
    for (size_t i = 0; i < loom_report_length(report); i++) {
        const LoomFinding *finding = loom_report_get(report, i);

        json_builder_begin_object(builder);
        json_builder_set_member_name(builder, "severity");
        json_builder_add_string_value(builder, loom_severity_format(finding->severity));
        if (finding->file) {
            json_builder_set_member_name(builder, "file");
            json_builder_add_string_value(builder, finding->file);
            json_builder_set_member_name(builder, "line");
            json_builder_add_int_value(builder, finding->line);
        }
        json_builder_set_member_name(builder, "message");
        json_builder_add_string_value(builder, finding->message);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

char *
loom_json_finish(JsonBuilder *builder)
{
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *text = json_to_string(root, TRUE);
    g_autofree char *valid = g_utf8_make_valid(text, -1); /* names of files may be of any bytes */

    return g_strconcat(valid, "\n", NULL);
}
