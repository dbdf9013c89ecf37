/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts to compare: generated, the same in every run, and read from tests/data/hosts. */
#pragma once

#include "memory.h"

/* What a host should be (as compiled) and a machine that is so, with what else is on it. */
typedef struct {
    char *name;
    LoomHost *target;
    LoomHost *machine;
} LoomTestHost;

/* All of them (LoomTestHost); the list owns them. */
GPtrArray *loom_test_hosts(void);

/* One that is written in a test; fails the test where it cannot be read. */
LoomHost *loom_test_host(const char *xml);

/* Makes MEMORY agree with TARGET by compare and run; NULL, or what did not work. */
char *loom_test_reach(LoomMemory *memory, const LoomHost *target);

/* The names in a directory, sorted; none where there is no such directory. */
GPtrArray *loom_test_list_directory(const char *path);
