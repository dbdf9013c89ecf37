/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Units of bandwidth: ours, libvirt's and the kernel's. */
#pragma once

#include <glib.h>

/*
 * Ours and SCVMM's is the Mbit/s: 10^6 bits a second. libvirt's <bandwidth> counts kilobytes a
 * second of 1000 bytes (average, peak) and KiB of 1024 bytes (burst):
 * https://libvirt.org/formatnetwork.html#quality-of-service
 */
static inline guint64
loom_units_mbit_to_kilobytes(guint64 mbit)
{
    return mbit * 125; /* 10^6 / 8 / 1000 */
}

static inline guint64
loom_units_kilobytes_to_mbit(guint64 kilobytes)
{
    return kilobytes / 125;
}

/* A burst in KiB that lets a port reach its rate: what it sends in 5 ms, and at least 64 KiB. */
static inline guint64
loom_units_default_burst(guint64 mbit)
{
    return MAX(64, mbit * 1000000 / 8 / 200 / 1024);
}
