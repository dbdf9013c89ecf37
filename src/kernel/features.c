/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offloads of NICs: features of Documentation/networking/netdev-features.rst, by linux/ethtool.h.
 */
#include "kernel/session.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <string.h>

#define BLOCKS_MAX 32 /* of 32 features each; kernels have two or three */

/* The feature's name, which is the same in every driver, and what it is here. */
static const struct {
    const char *feature, *word;
    size_t offset;
} rows[LOOM_KERNEL_FEATURES] = {
    {"esp-hw-offload", "ipsec", offsetof(LoomLink, ipsec)},
    {"rx-hashing", "rss", offsetof(LoomLink, rss)},
};

typedef union {
    struct ethtool_gfeatures head;
    guint8 room[sizeof(struct ethtool_gfeatures) +
                BLOCKS_MAX * sizeof(struct ethtool_get_features_block)];
} Features;

typedef union {
    struct ethtool_sfeatures head;
    guint8 room[sizeof(struct ethtool_sfeatures) +
                BLOCKS_MAX * sizeof(struct ethtool_set_features_block)];
} Wishes;

typedef struct {
    gboolean can_change;
    gboolean is_asked; /* somebody wants it */
    gboolean is_on;    /* and the driver does it */
} Feature;

/* --- which bits ------------------------------------------------------------------------------- */

/* How many features this kernel knows; 0: the NIC does not answer. */
static guint32
count_features(int socket, const char *nic)
{
    union {
        struct ethtool_sset_info head;
        guint8 room[sizeof(struct ethtool_sset_info) + sizeof(guint32)];
    } answer = {.head = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1u << ETH_SS_FEATURES}};

    if (!loom_link_ask_driver(socket, nic, &answer) || !answer.head.sset_mask)
        return 0;
    return MIN(answer.head.data[0], BLOCKS_MAX * 32);
}

/* The names are the kernel's own and not the driver's: one NIC speaks for all. */
static gboolean
learn_bits(LoomKernel *kernel, const char *nic)
{
    guint32 count = count_features(kernel->socket, nic);
    g_autofree struct ethtool_gstrings *names =
        g_malloc0(sizeof *names + (gsize)(BLOCKS_MAX * 32) * ETH_GSTRING_LEN);

    names->cmd = ETHTOOL_GSTRINGS;
    names->string_set = ETH_SS_FEATURES;
    names->len = count;
    if (!count || !loom_link_ask_driver(kernel->socket, nic, names))
        return FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        kernel->features[i] = -1;
        for (guint32 bit = 0; bit < MIN(count, names->len); bit++)
            if (strncmp((const char *)names->data + (gsize)bit * ETH_GSTRING_LEN, rows[i].feature,
                        ETH_GSTRING_LEN) == 0)
                kernel->features[i] = (int)bit;
    }
    kernel->knows_features = TRUE;
    return TRUE;
}

/* --- one NIC ---------------------------------------------------------------------------------- */

static gboolean
read_all(LoomKernel *kernel, const char *nic, Features *features)
{
    *features = (Features){.head = {.cmd = ETHTOOL_GFEATURES, .size = BLOCKS_MAX}};
    return (kernel->knows_features || learn_bits(kernel, nic)) &&
           loom_link_ask_driver(kernel->socket, nic, features);
}

static Feature
get(const LoomKernel *kernel, const struct ethtool_gfeatures *answer, size_t row)
{
    const int bit = kernel->features[row];
    const struct ethtool_get_features_block *block;
    guint32 mask;

    if (bit < 0 || (guint32)bit / 32 >= MIN(answer->size, BLOCKS_MAX))
        return (Feature){0};
    block = &answer->features[bit / 32];
    mask = 1u << bit % 32;
    return (Feature){
        .can_change = (block->available & ~block->never_changed & mask) != 0,
        .is_asked = (block->requested & mask) != 0,
        .is_on = (block->active & mask) != 0,
    };
}

void
loom_kernel_tell_features(const LoomKernel *kernel, const struct ethtool_gfeatures *answer,
                          LoomLink *link)
{
    g_autoptr(GString) withheld = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Feature feature = get(kernel, answer, i);

        loom_record_set(link, rows[i].offset,
                        !feature.can_change && !feature.is_on ? NULL
                        : feature.is_on || feature.is_asked   ? "yes"
                                                              : "no");
        if (feature.can_change && feature.is_asked && !feature.is_on)
            g_string_append_printf(withheld, "%s%s", withheld->len ? " " : "", rows[i].word);
    }
    LOOM_SET(link, withheld, withheld->len ? withheld->str : NULL);
}

void
loom_kernel_read_features(LoomKernel *kernel, LoomLink *link)
{
    Features features;

    if (read_all(kernel, link->name, &features))
        loom_kernel_tell_features(kernel, &features.head, link);
}

static gboolean
is_pending(const LoomLink *now, guint64 pending, size_t row)
{
    return loom_record_has(now, rows[row].offset) &&
           pending & loom_wire_bit(&loom_link_kind, rows[row].offset);
}

/* A driver that does not obey says nothing here: what it was told is read back all the same. */
gboolean
loom_kernel_set_features(LoomKernel *kernel, LoomLink *now, const LoomLink *to, guint64 pending,
                         GError **error)
{
    Features features;
    Wishes wishes = {.head = {.cmd = ETHTOOL_SFEATURES}};
    gboolean is_any = FALSE;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        is_any |= is_pending(now, pending, i);
    if (!is_any)
        return TRUE;
    if (!read_all(kernel, now->name, &features) || features.head.size > BLOCKS_MAX) {
        loom_error_set_errno(error, errno, _("Cannot read the features of NIC '%s'"), now->name);
        return FALSE;
    }
    wishes.head.size = features.head.size; /* the kernel takes no other */
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const guint32 mask = 1u << (guint32)kernel->features[i] % 32;

        if (!is_pending(now, pending, i) || !get(kernel, &features.head, i).can_change)
            continue;
        wishes.head.features[kernel->features[i] / 32].valid |= mask;
        if (G_STRUCT_MEMBER(gboolean, to, rows[i].offset))
            wishes.head.features[kernel->features[i] / 32].requested |= mask;
    }
    if (!loom_link_ask_driver(kernel->socket, now->name, &wishes)) {
        loom_error_set_errno(error, errno, _("Cannot change the features of NIC '%s'"), now->name);
        return FALSE;
    }
    loom_kernel_read_features(kernel, now);
    return TRUE;
}

/* --- what NICs have not got ------------------------------------------------------------------- */

/* Takes one feature out of NIC, a target, where it cannot be had. Appends its name to LACKING. */
static void
reduce_nic(LoomKernel *kernel, LoomLink *nic, size_t row, GString *lacking, LoomReport *report)
{
    const gboolean is_wanted = G_STRUCT_MEMBER(gboolean, nic, rows[row].offset);
    Features features;
    Feature feature;

    if (!read_all(kernel, nic->name, &features)) {
        loom_record_set(nic, rows[row].offset, NULL); /* there is no such NIC */
        return;
    }
    feature = get(kernel, &features.head, row);
    if (is_wanted && feature.can_change && feature.is_asked && !feature.is_on)
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL,
                        _("NIC '%s' was told to turn '%s' on, as %s='yes' in a port profile asks, "
                          "but its driver leaves it off (ethtool -k %s)"),
                        nic->name, rows[row].feature, rows[row].word, nic->name);
    if (feature.can_change || (is_wanted && feature.is_on))
        return;
    loom_record_set(nic, rows[row].offset, NULL);
    if (is_wanted)
        g_string_append_printf(lacking, "%s%s", lacking->len ? ", " : "", nic->name);
}

void
loom_kernel_reduce_features(LoomKernel *kernel, LoomHost *target, LoomReport *report)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) lacking = g_string_new(NULL);

        for (guint k = 0; k < target->links->len; k++) {
            LoomLink *link = target->links->pdata[k];

            if (link->kind == LOOM_LINK_PHYSICAL && loom_record_has(link, rows[i].offset))
                reduce_nic(kernel, link, i, lacking, report);
        }
        if (lacking->len)
            loom_report_add(report, LOOM_SEVERITY_WARNING, NULL,
                            _("NICs without '%s' do without what %s='yes' in a port profile asks "
                              "for: %s"),
                            rows[i].feature, rows[i].word, lacking->str);
    }
}
