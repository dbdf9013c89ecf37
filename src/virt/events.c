/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt tells of running guests: its event loop, its callbacks. */
#include "virt/events.h"

#include "base/error.h"
#include "base/i18n.h"
#include "virt/session.h"

struct LoomVirtEvents {
    virConnectPtr connection;
    const LoomVirtListener *listener;
    gpointer data;
    int callbacks[3];
};

gboolean
loom_virt_loop_register(GError **error)
{
    if (virEventRegisterDefaultImpl() == 0)
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("Cannot start libvirt's event loop: %s"),
                virGetLastErrorMessage());
    return FALSE;
}

void
loom_virt_loop_iterate(void)
{
    virEventRunDefaultImpl();
}

/* --- callbacks -------------------------------------------------------------------------------- */

static void
on_added(virConnectPtr connection G_GNUC_UNUSED, virDomainPtr domain,
         const char *alias G_GNUC_UNUSED, void *data)
{
    const LoomVirtEvents *events = data;
    g_autofree char *xml = virDomainGetXMLDesc(domain, 0);

    if (xml) /* else it has ended meanwhile, which is told too */
        events->listener->plugged(virDomainGetName(domain), xml, events->data);
}

static void
on_removed(virConnectPtr connection G_GNUC_UNUSED, virDomainPtr domain G_GNUC_UNUSED,
           const char *alias G_GNUC_UNUSED, void *data)
{
    const LoomVirtEvents *events = data;

    events->listener->changed(events->data);
}

static int
on_lifecycle(virConnectPtr connection G_GNUC_UNUSED, virDomainPtr domain G_GNUC_UNUSED,
             int event G_GNUC_UNUSED, int detail G_GNUC_UNUSED, void *data)
{
    const LoomVirtEvents *events = data;

    events->listener->changed(events->data);
    return 0;
}

static void
on_close(virConnectPtr connection G_GNUC_UNUSED, int reason G_GNUC_UNUSED, void *data)
{
    const LoomVirtEvents *events = data;

    events->listener->closed(events->data);
}

static const struct {
    int event;
    virConnectDomainEventGenericCallback callback;
} wanted[] = {
    {VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, VIR_DOMAIN_EVENT_CALLBACK(on_added)},
    {VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, VIR_DOMAIN_EVENT_CALLBACK(on_removed)},
    {VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle)},
};

static gboolean
subscribe(LoomVirtEvents *events, GError **error)
{
    gboolean heard =
        virConnectRegisterCloseCallback(events->connection, on_close, events, NULL) == 0;

    for (size_t i = 0; heard && i < G_N_ELEMENTS(wanted); i++) {
        events->callbacks[i] = virConnectDomainEventRegisterAny(
            events->connection, NULL, wanted[i].event, wanted[i].callback, events, NULL);
        heard = events->callbacks[i] >= 0;
    }
    if (!heard)
        loom_virt_set_error(error, _("Cannot listen to the events of libvirt"));
    return heard;
}

LoomVirtEvents *
loom_virt_events_open(const char *uri, const LoomVirtListener *listener, gpointer data,
                      GError **error)
{
    const char *chosen = loom_virt_choose_uri(uri);
    LoomVirtEvents *events;
    virConnectPtr connection;

    loom_virt_keep_silent();
    connection = virConnectOpenReadOnly(chosen);
    if (!connection) {
        loom_virt_set_error(error, _("Cannot connect to libvirt at %s"), chosen);
        return NULL;
    }
    events = g_new0(LoomVirtEvents, 1);
    *events = (LoomVirtEvents){connection, listener, data, {-1, -1, -1}};
    if (subscribe(events, error))
        return events;
    loom_virt_events_close(events);
    return NULL;
}

LoomVirtPresence
loom_virt_events_ask(LoomVirtEvents *events, const char *uuid, const char *uri, char **name,
                     char **note)
{
    g_autoptr(virDomain) domain = virDomainLookupByUUIDString(events->connection, uuid);
    int state, reason;

    if (!domain || virDomainGetState(domain, &state, &reason, 0) < 0 || state == VIR_DOMAIN_SHUTOFF)
        return LOOM_VIRT_GUEST_NONE;
    if (state == VIR_DOMAIN_PAUSED && reason == VIR_DOMAIN_PAUSED_MIGRATION)
        return LOOM_VIRT_GUEST_COMING;
    *name = g_strdup(virDomainGetName(domain));
    *note = virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, uri, VIR_DOMAIN_AFFECT_LIVE);
    return LOOM_VIRT_GUEST_HERE;
}

void
loom_virt_events_close(LoomVirtEvents *events)
{
    if (!events)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        if (events->callbacks[i] >= 0)
            virConnectDomainEventDeregisterAny(events->connection, events->callbacks[i]);
    virConnectUnregisterCloseCallback(events->connection, on_close);
    virConnectClose(events->connection);
    g_free(events);
}
