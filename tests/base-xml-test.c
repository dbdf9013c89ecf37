/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* base/: the two XML readers: the same tree from both, hostile documents, lines. */
#include "test.h"

#include "base/error.h"
#include "base/markup.h"
#include "base/xml.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef LoomDocument *(*Reader)(const char *text, size_t length, const char *name, GError **error);

static const Reader readers[] = {loom_xml_parse, loom_markup_parse};

static int
attribute_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(((const LoomNodeAttribute *)a)->name, ((const LoomNodeAttribute *)b)->name);
}

/* The tree as text, its attributes sorted: XML gives them no order. */
static void
dump(const LoomNode *node, GString *text)
{
    g_autofree LoomNodeAttribute *sorted =
        g_memdup2(node->attributes, node->attribute_count * sizeof *sorted);

    if (sorted)
        qsort(sorted, node->attribute_count, sizeof *sorted,
              (int (*)(const void *, const void *))attribute_compare);
    g_string_append_printf(text, "(%s", node->name);
    for (unsigned i = 0; i < node->attribute_count; i++)
        g_string_append_printf(text, " %s=[%s]", sorted[i].name, sorted[i].value);
    g_string_append_printf(text, " [%s]", node->text);
    LOOM_FOREACH_CHILD (child, node)
        dump(child, text);
    g_string_append_c(text, ')');
}

static char *
read_tree(Reader reader, const char *text, size_t length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomDocument) document = reader(text, length, "test.xml", &error);
    GString *tree = g_string_new(NULL);

    assert_no_error(error);
    dump(document->root, tree);
    return g_string_free(tree, FALSE);
}

static void
test_same_tree(void **state G_GNUC_UNUSED)
{
    static const char *const documents[][2] = {
        {"<a/>", "(a [])"},
        {"<?xml version='1.0' encoding='UTF-8'?>\n<!-- c --><a b='1' c=\"2\"/>\n",
         "(a b=[1] c=[2] [])"},
        {"<a> x <b/> y <!-- c -->z<?p i?> </a>", "(a [x  y z](b []))"},
        {"<a><b>1</b><b>2</b><c/></a>", "(a [](b [1])(b [2])(c []))"},
        {"<a b='&lt;&amp;&gt;&quot;&apos;&#65;&#x42;'>&lt;&#67;</a>", "(a b=[<&>\"'AB] [<C])"},
        {"<a><![CDATA[ <x> & ]]></a>", "(a [<x> &])"},
        {"<a b='x\ny\tz'>1\n2</a>", "(a b=[x y z] [1\n2])"},
        {"<a b='x\r\ny'>1\r\n2</a>", "(a b=[x y] [1\n2])"},
        {"<a b='&#10;'/>", "(a b=[\n] [])"},
        {"<a xmlns:v='urn:v' v:b='1'><v:c/></a>", "(a v:b=[1] xmlns:v=[urn:v] [](v:c []))"},
        {"<a x='1' xmlns='urn:v'/>", "(a x=[1] xmlns=[urn:v] [])"},
        {"<\xc3\xa9 n='\xe4\xb8\xad'>\xf0\x9f\x98\x80</\xc3\xa9>",
         "(\xc3\xa9 n=[\xe4\xb8\xad] [\xf0\x9f\x98\x80])"},
        {"<a>  \n </a>", "(a [])"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(documents); i++)
        for (size_t k = 0; k < G_N_ELEMENTS(readers); k++) {
            const char *text = documents[i][0];
            g_autofree char *tree = read_tree(readers[k], text, strlen(text));

            assert_string_equal(tree, documents[i][1]);
        }
}

static void
test_same_tree_of_file(void **state)
{
    g_autofree char *relative = g_strconcat("examples/", *state, NULL);
    g_autofree char *path = loom_test_path(relative);
    g_autofree char *text = NULL;
    gsize length;

    assert_true(g_file_get_contents(path, &text, &length, NULL));
    g_autofree char *strict = read_tree(loom_xml_parse, text, length);
    g_autofree char *quick = read_tree(loom_markup_parse, text, length);
    assert_string_equal(strict, quick);
}

/* Both readers refuse TEXT; the strict one says WHAT. */
static void
assert_refused(const char *text, size_t length, const char *what)
{
    for (size_t k = 0; k < G_N_ELEMENTS(readers); k++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LoomDocument) document = readers[k](text, length, "test.xml", &error);

        if (document)
            fail_msg("reader %zu accepts: %s", k, text);
        assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
        assert_true(g_str_has_prefix(error->message, "test.xml"));
        if (k == 0 && !strstr(error->message, what))
            fail_msg("'%s' does not say '%s'", error->message, what);
    }
}

static void
test_hostile(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *text, *what;
    } documents[] = {
        {"", "not well-formed"},
        {"   ", "not well-formed"},
        {"text", "not well-formed"},
        {"<a>", "not well-formed"},
        {"<a", "not well-formed"},
        {"<a></b>", "not well-formed"},
        {"<a b></a>", "not well-formed"},
        {"<a b=1/>", "not well-formed"},
        {"<a b='1' b='2'/>", "not well-formed"},
        {"<a/><b/>", "not well-formed"},
        {"<a/>text", "not well-formed"},
        {"<a>&unknown;</a>", "not well-formed"},
        {"<a>&#0;</a>", "not well-formed"},
        {"<a><!-- open </a>", "not well-formed"},
        {"<!DOCTYPE a><a/>", "test.xml:1: a document type declaration is not accepted"},
        {"\n\n<!DOCTYPE a SYSTEM 'file:///etc/passwd'>\n<a/>",
         "a document type declaration is not accepted"},
        {"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
         "a document type declaration is not accepted"},
        {"<!DOCTYPE a PUBLIC 'x' 'http://192.0.2.1/x.dtd' [<!ENTITY % p SYSTEM "
         "'http://192.0.2.1/p'>%p;]><a/>",
         "a document type declaration is not accepted"},
        {"<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>"
         "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;'>"
         "<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;'><!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;'>"
         "<!ENTITY g '&f;&f;&f;&f;&f;&f;&f;&f;'>]><a b='&g;'>&g;&g;&g;</a>",
         "a document type declaration is not accepted"},
        {"<a>\n\xff</a>", "test.xml:2: byte 0xff is not valid UTF-8"},
        {"<a>\xc3</a>", "test.xml:1: byte 0xc3 is not valid UTF-8"},
        {"<a>\xed\xa0\x80</a>", "is not valid UTF-8"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(documents); i++)
        assert_refused(documents[i].text, strlen(documents[i].text), documents[i].what);
    assert_refused("<a>\n\0</a>", 9, "test.xml:2: a NUL byte is not accepted");
}

static void
test_bounds(void **state G_GNUC_UNUSED)
{
    g_autoptr(GString) deepest = g_string_new(NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *longest = g_strnfill(LOOM_NODE_VALUE_MAX, 'x');

    for (unsigned i = 0; i < LOOM_NODE_DEPTH_MAX; i++)
        g_string_append(deepest, "<a>");
    for (unsigned i = 0; i < LOOM_NODE_DEPTH_MAX; i++)
        g_string_append(deepest, "</a>");
    g_string_printf(text, "<a>%s</a>", deepest->str);
    assert_refused(text->str, text->len, "test.xml:1: elements nest deeper than 32 levels");

    g_string_printf(text, "<a\nb='%sx'/>", longest);
    assert_refused(text->str, text->len, "attribute b of <a> is longer than 65536 bytes");

    g_string_assign(text, "<a");
    for (unsigned i = 0; i <= LOOM_NODE_ATTRIBUTES_MAX; i++)
        g_string_append_printf(text, " a%u='1'", i);
    g_string_append(text, "/>");
    assert_refused(text->str, text->len, "has 65 attributes; at most 64 are accepted");

    /* and what just fits is read by both */
    for (size_t k = 0; k < G_N_ELEMENTS(readers); k++) {
        g_autofree char *deep = read_tree(readers[k], deepest->str, deepest->len);
        g_autofree char *wide = NULL;

        g_string_printf(text, "<a b='%s'/>", longest);
        wide = read_tree(readers[k], text->str, text->len);
        assert_true(g_str_has_prefix(deep, "(a [](a []"));
        assert_true(strlen(wide) > LOOM_NODE_VALUE_MAX);
    }
}

/* What the quick reader lets pass, the strict one does not. */
static void
test_strict(void **state G_GNUC_UNUSED)
{
    static const char *const documents[] = {"<a b='<'/>", "<a v:b='1'/>", "<v:a/>"};

    for (size_t i = 0; i < G_N_ELEMENTS(documents); i++) {
        g_autoptr(GError) error = NULL;

        assert_null(loom_xml_parse(documents[i], strlen(documents[i]), "test.xml", &error));
        assert_non_null(strstr(error->message, "test.xml:1: not well-formed"));
    }
}

/* The limit is met without reading: of a sparse file, and of memory. */
static void
test_size(void **state G_GNUC_UNUSED)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "loom-size-XXXXXX", NULL);
    const int fd = g_mkstemp(path);
    g_autofree char *text = g_strnfill((size_t)LOOM_DOCUMENT_SIZE_MAX + 1, ' ');
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) second = NULL;

    memcpy(text, "<a>", 3);
    assert_refused(text, (size_t)LOOM_DOCUMENT_SIZE_MAX + 1, "larger than 67108864 bytes");

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
    assert_null(loom_xml_load(path, &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
    assert_non_null(strstr(error->message, "larger than 67108864 bytes"));
    assert_null(loom_markup_load(path, &second));
    assert_true(g_error_matches(second, LOOM_ERROR, LOOM_ERROR_INVALID));
    close(fd);
    g_unlink(path);
}

static void
test_load(void **state G_GNUC_UNUSED)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "loom-load-XXXXXX", NULL);
    const int fd = g_mkstemp(path);
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) second = NULL;

    assert_int_equal(write(fd, "<a/>", 4), 4);
    close(fd);
    g_autoptr(LoomDocument) document = loom_xml_load(path, &error);
    assert_no_error(error);
    assert_string_equal(document->file, path);
    assert_string_equal(document->root->name, "a");
    g_unlink(path);
    assert_null(loom_xml_load(path, &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND));
    assert_null(loom_xml_load(g_get_tmp_dir(), &second));
    assert_non_null(second);
}

/* A start tag's line is that on which it begins: past 65,535, over several lines, after anything.
 */
static void
test_lines(void **state G_GNUC_UNUSED)
{
    g_autoptr(GString) text = g_string_new("<a><!-- < \n < -->\n<b\n c='\n'\n/>&lt;<?p\n<?>");
    g_autoptr(GError) error = NULL;

    g_string_append(text, "<![CDATA[<\n]]><c/>");
    for (unsigned i = 0; i < 70000; i++)
        g_string_append_c(text, '\n');
    g_string_append(text, "<d\n\n\n></d>\r\n<e/></a>");
    g_autoptr(LoomDocument) document = loom_xml_parse(text->str, text->len, "test.xml", &error);
    assert_no_error(error);
    assert_int_equal(document->root->line, 1);
    assert_int_equal(loom_node_find(document->root, "b")->line, 3);
    assert_int_equal(loom_node_find(document->root, "c")->line, 8);
    assert_int_equal(loom_node_find(document->root, "d")->line, 70008);
    assert_int_equal(loom_node_find(document->root, "e")->line, 70012);
}

/* Errors past line 65,535 say their line too. */
static void
test_error_line(void **state G_GNUC_UNUSED)
{
    g_autoptr(GString) text = g_string_new("<a>");
    g_autoptr(GError) error = NULL;

    for (unsigned i = 0; i < 70000; i++)
        g_string_append_c(text, '\n');
    g_string_append(text, "</b>");
    assert_null(loom_xml_parse(text->str, text->len, "test.xml", &error));
    assert_non_null(strstr(error->message, "test.xml:70001:"));
}

/* Documents past the ten million bytes at which libxml2 has a limit of its own. */
static void
test_large(void **state G_GNUC_UNUSED)
{
    g_autoptr(GString) text = g_string_new("<a>");
    g_autoptr(GError) error = NULL;
    unsigned count = 0;

    while (text->len < 12 * 1000 * 1000)
        g_string_append(text, "<b c='0123456789012345678901234567890123456789'/>\n");
    g_string_append(text, "</a>");
    g_autoptr(LoomDocument) document = loom_xml_parse(text->str, text->len, "test.xml", &error);
    assert_no_error(error);
    LOOM_FOREACH_CHILD (child, document->root)
        count++;
    assert_int_equal(count, document->root->last->line);
}

static void
test_find(void **state G_GNUC_UNUSED)
{
    static const char text[] =
        "<v:a xmlns:v='urn:v' xmlns='urn:w' b=''><c/><d n='1'/><d n='2'/></v:a>";
    g_autoptr(LoomDocument) document = loom_xml_parse(text, strlen(text), "test.xml", NULL);
    const LoomNode *root = document->root;

    assert_string_equal(root->name, "v:a");
    assert_string_equal(loom_node_get(root, "b"), "");
    assert_null(loom_node_get(root, "c"));
    assert_string_equal(loom_node_get(loom_node_find(root, "d"), "n"), "1");
    assert_null(loom_node_find(root, "e"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_tree),
        {"test_same_tree_of_file datacenter.xml", test_same_tree_of_file, NULL, NULL,
         (char[]){"datacenter.xml"}},
        {"test_same_tree_of_file campus.xml", test_same_tree_of_file, NULL, NULL,
         (char[]){"campus.xml"}},
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_strict),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_error_line),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_find),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
