/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ifupdown's description of the links: interfaces(5). */
#pragma once

#include "manager/kinds.h"

/* One "iface" stanza. */
typedef struct {
    char *link, *family, *method;
    char *file;         /* without the root */
    GPtrArray *options; /* of LoomSetting, the section "" */
} LoomStanza;

/* One word of an "auto" or "allow-..." line: it is brought up at boot, or when it appears. */
typedef struct {
    char *word; /* a link, or a pattern beginning with '/' */
    char *file; /* as it is on disk: with the root */
} LoomMention;

struct LoomInterfaces {
    GPtrArray *stanzas;  /* of LoomStanza */
    GPtrArray *mentions; /* of LoomMention */
    GPtrArray *files;    /* all that were read, as they are on disk: with the root */
    GPtrArray *state;    /* of LoomSetting: link=what it was brought up as; or NULL */
};

/* All of /etc/network/interfaces and what it includes; empty where there is no such file. */
LoomInterfaces *loom_interfaces_load(LoomManagers *managers, GError **error);
void loom_interfaces_free(LoomInterfaces *interfaces);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomInterfaces, loom_interfaces_free)

/*
 * Takes LINK out of the "auto" and "allow-..." lines of TEXT, and keeps what was there in comments
 * of ours; or puts these back. NULL: there is nothing to change. Owned by the caller.
 */
char *loom_interfaces_take_out(const char *text, const char *link);
char *loom_interfaces_put_back(const char *text, const char *link);
