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
/* How a guest is that was asked for. */
typedef enum {
    LOOM_VIRT_GUEST_NONE,   /* none of that UUID runs, or libvirt does not say */
    LOOM_VIRT_GUEST_COMING, /* it is on its way from another host, where it still runs */
    LOOM_VIRT_GUEST_HERE,
} LoomVirtPresence;

/*
 * That whose UUID is DOMAIN. Where it is here: *NAME, and what its metadata has in the namespace
 * URI (*NOTE; NULL: nothing), owned by the caller. Waits for no job of the guest's.
 */
LoomVirtPresence loom_virt_events_ask(LoomVirtEvents *events, const char *domain, const char *uri,
                                      char **name, char **note);

void loom_virt_events_close(LoomVirtEvents *events);
