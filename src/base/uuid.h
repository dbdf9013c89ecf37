/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UUIDs derived from names, so that every host and every run finds the same one. */
#pragma once

#include <glib.h>

/*
 * The UUID of version 5 (RFC 9562, section 5.5: SHA-1) of NAME in the name space of virt-loom,
 * which is 1f6f4b1c-6c3a-5b0e-9c3e-2d7b8a4f5e10 and never changes. Owned by the caller.
 */
char *loom_uuid_from_name(const char *name);
