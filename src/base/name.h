/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What may be a name: of a thing in the fabric, and of a network device. */
#pragma once

#include <glib.h>

#define LOOM_NAME_LENGTH_MAX   64 /* characters, as in SCVMM */
#define LOOM_DEVICE_LENGTH_MAX 15 /* bytes: IFNAMSIZ - 1, linux/if.h */

/* What is added to a switch's device for its team, and to a host vNIC for the port it hangs on. */
#define LOOM_TEAM_SUFFIX "-team"
#define LOOM_PORT_SUFFIX "-p"

/*
 * A name: 1 to 64 characters of UTF-8, none of them a control character or '/', not "." or "..",
 * with no blank at either end: it becomes a libvirt network's name and a file's.
 */
gboolean loom_name_is_valid(const char *text);

/*
 * A device name: 1 to 15 of A-Z a-z 0-9 '.' '_' '-', not "." or "..", not beginning with '-'
 * (dev_valid_name() of the kernel's net/core/dev.c allows more, and no tool survives it).
 */
gboolean loom_device_name_is_valid(const char *text);

/*
 * Whether iproute2 would read the device name as one of its own words or a prefix of one, so that
 * "ip link show NAME" does something else. Returns that word, or NULL.
 */
const char *loom_device_name_find_keyword(const char *text);
