/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people read. */
#include "cli/output.h"

#include <stdarg.h>
#include <unistd.h>

struct LoomTable {
    size_t columns;
    GPtrArray *cells; /* row by row; the first row holds the headings */
    GArray *colours;  /* LoomColour of each row */
};

static gboolean
is_coloured(FILE *to)
{
    const char *no_color = g_getenv("NO_COLOR"); /* https://no-color.org */

    return isatty(fileno(to)) && !(no_color && *no_color);
}

void
loom_output_print(FILE *to, LoomColour colour, const char *format, ...)
{
    static const char *const codes[] = {"",         "\033[1m",  "\033[2m",
                                        "\033[31m", "\033[33m", "\033[32m"};
    gboolean coloured = colour != LOOM_PLAIN && is_coloured(to);
    va_list arguments;

    if (coloured)
        fputs(codes[colour], to);
    va_start(arguments, format);
    vfprintf(to, format, arguments);
    va_end(arguments);
    if (coloured)
        fputs("\033[0m", to);
}

/* The columns that TEXT takes on a terminal: wide characters take two. */
static size_t
text_width(const char *text)
{
    size_t width = 0;

    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        gunichar character = g_utf8_get_char(at);

        width += g_unichar_iszerowidth(character) ? 0 : g_unichar_iswide(character) ? 2 : 1;
    }
    return width;
}

static void
add_row(LoomTable *table, LoomColour colour, const char *first, va_list others)
{
    g_array_append_val(table->colours, colour);
    for (size_t i = 0; i < table->columns; i++) {
        const char *cell = i ? va_arg(others, const char *) : first;

        g_ptr_array_add(table->cells, g_strdup(cell && *cell ? cell : "-"));
    }
}

LoomTable *
loom_table_new(size_t columns, ...)
{
    LoomTable *table = g_new0(LoomTable, 1);
    va_list headings;

    table->columns = columns;
    table->cells = g_ptr_array_new_with_free_func(g_free);
    table->colours = g_array_new(FALSE, FALSE, sizeof(LoomColour));
    va_start(headings, columns);
    add_row(table, LOOM_BOLD, va_arg(headings, const char *), headings);
    va_end(headings);
    return table;
}

void
loom_table_add(LoomTable *table, ...)
{
    va_list cells;

    va_start(cells, table);
    add_row(table, LOOM_PLAIN, va_arg(cells, const char *), cells);
    va_end(cells);
}

void
loom_table_paint(LoomTable *table, LoomColour colour)
{
    g_array_index(table->colours, LoomColour, table->colours->len - 1) = colour;
}

void
loom_table_print(const LoomTable *table, FILE *to)
{
    g_autofree size_t *widths = g_new0(size_t, table->columns);

    for (guint i = 0; i < table->cells->len; i++)
        widths[i % table->columns] =
            MAX(widths[i % table->columns], text_width(table->cells->pdata[i]));
    for (guint i = 0; i < table->cells->len; i++) {
        const char *cell = table->cells->pdata[i];
        size_t column = i % table->columns;
        gboolean is_last = column == table->columns - 1;

        loom_output_print(to, g_array_index(table->colours, LoomColour, i / table->columns), "%s",
                          cell);
        if (is_last)
            fputc('\n', to);
        else
            fprintf(to, "%*s", (int)(widths[column] - text_width(cell) + 2), "");
    }
}

void
loom_table_free(LoomTable *table)
{
    g_ptr_array_unref(table->cells);
    g_array_unref(table->colours);
    g_free(table);
}

void
loom_output_progress(const char *format, ...)
{
    va_list arguments;

    if (!isatty(STDERR_FILENO))
        return;
    fputs("\r\033[K", stderr);
    if (!format)
        return;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fflush(stderr);
}
