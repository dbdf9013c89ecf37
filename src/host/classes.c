/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers of bandwidth classes, and the classes of guests' ports. */
#include "host/classes.h"

guint64
loom_class_number_of_tap(guint index)
{
    return LOOM_CLASS_GUESTS + index % (LOOM_CLASS_END - LOOM_CLASS_GUESTS);
}

gboolean
loom_class_is_guests(const LoomClass *class)
{
    return class->priority >= LOOM_CLASS_GUESTS;
}

gboolean
loom_class_is_pattern_of(const LoomClass *class, const LoomPort *port)
{
    return class->perport && g_strcmp0(class->name, port->class) == 0 &&
           g_strcmp0(class->logicalswitch, port->logicalswitch) == 0;
}

GPtrArray *
loom_class_list_of_guest(const LoomHost *host, const LoomPort *port, guint index)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(loom_record_free);

    for (guint i = 0; port->class && i < host->classes->len; i++) {
        LoomClass *class;

        if (!loom_class_is_pattern_of(host->classes->pdata[i], port))
            continue;
        class = loom_record_copy(host->classes->pdata[i]);
        LOOM_SET_NUMBER(class, priority, loom_class_number_of_tap(index));
        LOOM_SET(class, perport, NULL);
        LOOM_SET(class, reserved, NULL);
        LOOM_SET(class, fair, NULL);
        g_ptr_array_add(list, class);
    }
    return list;
}
