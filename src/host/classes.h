/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers of bandwidth classes, and the classes that a guest's port gets where each has its own. */
#pragma once

#include "host/host.h"

/*
 * Theory of operation
 *
 * A packet is in the class whose number its priority has (LoomClass.priority, the minor number; the
 * major one is the kernel backend's). Portgroups have classes that are there whether or not there
 * are ports. Where weights are shared by a portgroup's ports, that class is all of them: its ports
 * are told apart by the device from which packets came, so a port comes and goes without a change.
 * Where each port has its own weight or minimum, the portgroup's class is the pattern of its ports'
 * classes, and the place of those that have none (yet). A guest's port has the class with the
 * number that its tap's index gives; nobody needs to keep a list.
 */
#define LOOM_CLASS_ROOT       1u
#define LOOM_CLASS_DEFAULT    2u      /* packets of no port */
#define LOOM_CLASS_PORTGROUPS 0x10u   /* of the portgroups, in the switch's order */
#define LOOM_CLASS_VNICS      0x1000u /* of host vNICs, in the switch's order */
#define LOOM_CLASS_GUESTS     0x2000u /* of guests' ports */
#define LOOM_CLASS_END        0xffffu

/* The number of the class of a guest's port whose tap has that index (netdevice(7)). */
guint64 loom_class_number_of_tap(guint index);

/* Whether it is the class of a guest's port: made by hooks, and no part of a compiled host. */
gboolean loom_class_is_guests(const LoomClass *class);

/* Whether a guest's PORT gets a class like it, on its NIC. */
gboolean loom_class_is_pattern_of(const LoomClass *class, const LoomPort *port);

/*
 * The classes (LoomClass, owned by the list) that PORT of a guest gets on each NIC of its switch,
 * made after those of HOST, which may be a slice; its tap has that INDEX. None, where its portgroup
 * shares a class: its packets' priority is then PORT's own.
 */
GPtrArray *loom_class_list_of_guest(const LoomHost *host, const LoomPort *port, guint index);
