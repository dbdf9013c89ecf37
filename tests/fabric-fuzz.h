/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes documents at random, the same way in every run. */
#pragma once

#include <glib.h>

/* TEXT with one to four small changes: bytes, attributes or elements. Owned by the caller. */
GString *loom_fuzz_mutate(const char *text, GRand *random);
