/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The places of attribute values in a text that the reader has accepted. */
#include "guest/splice.h"

#include <string.h>

#define DEPTH_OF_SOURCE 4 /* domain, devices, interface, source */

typedef struct {
    const char *text, *at, *end;
    size_t depth;
    gboolean in_devices, in_interface, had_devices, had_source;
    GArray *found; /* of LoomSourceSpans */
} Scanner;

/* Moves behind the next MARK; FALSE: there is none. */
static gboolean
skip_past(Scanner *scanner, const char *mark)
{
    const char *found = g_strstr_len(scanner->at, scanner->end - scanner->at, mark);

    if (!found)
        return FALSE;
    scanner->at = found + strlen(mark);
    return TRUE;
}

static gboolean
begins(const Scanner *scanner, const char *mark)
{
    size_t length = strlen(mark);

    return (size_t)(scanner->end - scanner->at) >= length && memcmp(scanner->at, mark, length) == 0;
}

static gboolean
is_blank(char octet)
{
    return octet == ' ' || octet == '\t' || octet == '\n' || octet == '\r';
}

static void
skip_blanks(Scanner *scanner)
{
    while (scanner->at < scanner->end && is_blank(*scanner->at))
        scanner->at++;
}

/* A name of element or attribute: [NAME, at). FALSE: there is none. */
static gboolean
take_name(Scanner *scanner, const char **name, size_t *length)
{
    *name = scanner->at;
    while (scanner->at < scanner->end && !is_blank(*scanner->at) && !strchr("=/>", *scanner->at))
        scanner->at++;
    *length = scanner->at - *name;
    return *length > 0;
}

static gboolean
is_called(const char *name, size_t length, const char *wanted)
{
    return strlen(wanted) == length && memcmp(name, wanted, length) == 0;
}

/* ="value" or ='value' */
static gboolean
take_value(Scanner *scanner, LoomSpan *span)
{
    const char *close;

    skip_blanks(scanner);
    if (!begins(scanner, "="))
        return FALSE;
    scanner->at++;
    skip_blanks(scanner);
    if (!begins(scanner, "'") && !begins(scanner, "\""))
        return FALSE;
    close = memchr(scanner->at + 1, *scanner->at, scanner->end - scanner->at - 1);
    if (!close)
        return FALSE;
    *span = (LoomSpan){scanner->at + 1 - scanner->text, close - scanner->text};
    scanner->at = close + 1;
    return TRUE;
}

/* The attributes of a start tag, up to "/" or ">". */
static gboolean
take_attributes(Scanner *scanner, LoomSourceSpans *spans)
{
    const char *name;
    size_t length;
    LoomSpan value;

    for (;;) {
        skip_blanks(scanner);
        if (begins(scanner, ">") || begins(scanner, "/"))
            return TRUE;
        if (!take_name(scanner, &name, &length) || !take_value(scanner, &value))
            return FALSE;
        if (is_called(name, length, "network") && !spans->network.end)
            spans->network = value;
        else if (is_called(name, length, "bridge") && !spans->bridge.end)
            spans->bridge = value;
        else if (is_called(name, length, "portgroup") && !spans->portgroup.end)
            spans->portgroup = value;
    }
}

/* What the element that opens at the present depth is to us. */
static void
enter(Scanner *scanner, const char *name, size_t length, const LoomSourceSpans *spans)
{
    const LoomSourceSpans none = {0};

    if (scanner->depth == 2 && !scanner->had_devices && is_called(name, length, "devices")) {
        scanner->in_devices = scanner->had_devices = TRUE;
    } else if (scanner->depth == 3 && scanner->in_devices && is_called(name, length, "interface")) {
        scanner->in_interface = TRUE;
        scanner->had_source = FALSE;
        g_array_append_val(scanner->found, none);
    } else if (scanner->depth == DEPTH_OF_SOURCE && scanner->in_interface && !scanner->had_source &&
               is_called(name, length, "source")) {
        scanner->had_source = TRUE;
        g_array_index(scanner->found, LoomSourceSpans, scanner->found->len - 1) = *spans;
    }
}

static void
leave(Scanner *scanner)
{
    if (scanner->depth == 3)
        scanner->in_interface = FALSE;
    else if (scanner->depth == 2)
        scanner->in_devices = FALSE;
    scanner->depth--;
}

static gboolean
take_start(Scanner *scanner)
{
    LoomSourceSpans spans = {0};
    const char *name;
    size_t length;

    scanner->at++;
    if (!take_name(scanner, &name, &length) || !take_attributes(scanner, &spans))
        return FALSE;
    scanner->depth++;
    enter(scanner, name, length, &spans);
    if (begins(scanner, "/>")) {
        scanner->at += 2;
        leave(scanner);
        return TRUE;
    }
    return skip_past(scanner, ">");
}

static gboolean
take_end(Scanner *scanner)
{
    if (!scanner->depth || !skip_past(scanner, ">"))
        return FALSE;
    leave(scanner);
    return TRUE;
}

static gboolean
take_markup(Scanner *scanner)
{
    if (begins(scanner, "<!--"))
        return skip_past(scanner, "-->");
    if (begins(scanner, "<![CDATA["))
        return skip_past(scanner, "]]>");
    if (begins(scanner, "<?"))
        return skip_past(scanner, "?>");
    if (begins(scanner, "<!"))
        return FALSE;
    return begins(scanner, "</") ? take_end(scanner) : take_start(scanner);
}

GArray *
loom_splice_find_sources(const char *text, size_t length)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(LoomSourceSpans));
    Scanner scanner = {.text = text, .at = text, .end = text + length, .found = found};

    while (scanner.at < scanner.end &&
           (scanner.at = memchr(scanner.at, '<', scanner.end - scanner.at)))
        if (!take_markup(&scanner))
            return NULL;
    return scanner.depth ? NULL : g_steal_pointer(&found);
}
