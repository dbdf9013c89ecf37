/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Admission: whether a team can still keep its promises when one more port comes. */
#include "host/admission.h"

#include "host/classes.h"

#define KBIT_PER_MBIT 1000u

gboolean
loom_admission_capacity(const LoomAdmission *admission, guint64 *capacity)
{
    guint64 sum = 0, largest = 0, slowest = G_MAXUINT64;

    for (size_t i = 0; i < admission->count; i++) {
        guint64 speed = admission->speeds[i];

        sum += speed;
        largest = MAX(largest, speed);
        if (speed)
            slowest = MIN(slowest, speed);
    }
    if (!largest)
        return FALSE;
    *capacity = admission->mode == LOOM_ADMISSION_ONE ? slowest
                : admission->count == 1               ? sum
                                                      : sum - largest;
    return TRUE;
}

char *
loom_admission_refuse(const LoomAdmission *admission, const char *switch_name)
{
    guint64 capacity;

    if (!admission->wanted || !loom_admission_capacity(admission, &capacity) ||
        (admission->reserved <= capacity && admission->wanted <= capacity - admission->reserved))
        return NULL;
    return g_strdup_printf("switch '%s' has promised %" G_GUINT64_FORMAT " Mbit/s to the ports on "
                           "it, and one more that is promised %" G_GUINT64_FORMAT " Mbit/s makes "
                           "more than the %" G_GUINT64_FORMAT " Mbit/s that its team carries %s",
                           switch_name, admission->reserved, admission->wanted, capacity,
                           admission->count == 1 ? "with its only NIC"
                                                 : "when its largest NIC is "
                                                   "lost");
}

guint64
loom_admission_minimum(const LoomHost *host, const LoomPort *port)
{
    for (guint i = 0; port->class && i < host->classes->len; i++) {
        const LoomClass *class = host->classes->pdata[i];

        if (loom_class_is_pattern_of(class, port))
            return class->weight ? 0 : class->rate / KBIT_PER_MBIT;
    }
    return 0;
}

/* Of the team in which the NICs are, by its mode; a NIC that is in none carries alone. */
static LoomAdmissionMode
find_mode(const LoomHost *host, const char *logical_switch)
{
    for (guint i = 0; i < host->links->len; i++) {
        const LoomLink *link = host->links->pdata[i];

        if (link->kind == LOOM_LINK_BOND && link->mode &&
            g_strcmp0(link->logicalswitch, logical_switch) == 0)
            return g_str_equal(link->mode, "active-backup") ? LOOM_ADMISSION_ONE
                                                            : LOOM_ADMISSION_SHARED;
    }
    return LOOM_ADMISSION_ONE;
}

/* Free its speeds with g_array_unref(). */
static LoomAdmission
gather(const LoomHost *host, const LoomPort *port, guint64 reserved, GArray **speeds)
{
    LoomAdmission admission = {
        .mode = find_mode(host, port->logicalswitch),
        .wanted = loom_admission_minimum(host, port),
        .reserved = reserved,
    };

    *speeds = g_array_new(FALSE, FALSE, sizeof(guint64));
    for (guint i = 0; port->class && i < host->classes->len; i++) {
        const LoomClass *class = host->classes->pdata[i];
        guint64 speed = class->ceiling / KBIT_PER_MBIT;

        if (!loom_class_is_pattern_of(class, port))
            continue;
        g_array_append_val(*speeds, speed);
        admission.reserved = reserved + class->reserved / KBIT_PER_MBIT;
    }
    admission.speeds = (const guint64 *)(gpointer)(*speeds)->data;
    admission.count = (*speeds)->len;
    return admission;
}

char *
loom_admission_refuse_port(const LoomHost *host, const LoomPort *port, guint64 reserved)
{
    g_autoptr(GArray) speeds = NULL;
    const LoomAdmission admission = gather(host, port, reserved, &speeds);

    return loom_admission_refuse(&admission, port->logicalswitch);
}

gboolean
loom_admission_sum_port(const LoomHost *host, const LoomPort *port, guint64 reserved,
                        LoomAdmissionSum *sum)
{
    g_autoptr(GArray) speeds = NULL;
    const LoomAdmission admission = gather(host, port, reserved, &speeds);

    *sum = (LoomAdmissionSum){.wanted = admission.wanted, .reserved = admission.reserved};
    return loom_admission_capacity(&admission, &sum->capacity);
}
