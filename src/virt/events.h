/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt tells of running guests, as it happens. */
#pragma once

#include <glib.h>

/*
 * libvirt's own event loop (libvirt.org: virEventRegisterDefaultImpl), which in all versions that
 * we build with is GLib's default context: sources that are attached there are served by it.
 */
gboolean loom_virt_loop_register(GError **error); /* once, before anything is opened */
void loom_virt_loop_iterate(void);                /* waits for something, and serves it */

/* A connection to libvirt that hears of its guests. */
typedef struct LoomVirtEvents LoomVirtEvents;

typedef struct {
    /* A device was plugged into a guest that now has this XML. */
    void (*plugged)(const char *name, const char *xml, gpointer data);
    /* A device was unplugged, or a guest started or ended. */
    void (*changed)(gpointer data);
    /* The connection is lost; it is the caller's to free, but not before this has returned. */
    void (*closed)(gpointer data);
} LoomVirtListener;

/* Only reads. URI as of loom_virt_new(). LISTENER must outlive it. */
LoomVirtEvents *loom_virt_events_open(const char *uri, const LoomVirtListener *listener,
                                      gpointer data, GError **error);
void loom_virt_events_close(LoomVirtEvents *events);
