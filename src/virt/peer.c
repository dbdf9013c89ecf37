/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Another host's libvirt: whether it is there, what it is called, which guests it has. */
#include "virt/migrate.h"

#include "base/error.h"
#include "base/i18n.h"
#include "virt/session.h"

#include <stdlib.h>
#include <string.h>

enum {
    ALIVE_SECONDS = 5, /* between questions */
    ALIVE_COUNT = 6,   /* unanswered ones */
};

/* Keep-alive messages need libvirt's event loop to run somewhere. */
static gpointer
run_events(gpointer data G_GNUC_UNUSED)
{
    while (virEventRunDefaultImpl() == 0)
        continue;
    return NULL;
}

gboolean
loom_virt_watch_peers(GError **error)
{
    if (virEventRegisterDefaultImpl() < 0) {
        loom_virt_set_error(error, _("Cannot start libvirt's event loop"));
        return FALSE;
    }
    g_thread_unref(g_thread_new("events", run_events, NULL));
    return TRUE;
}

gboolean
loom_virt_keep_alive(LoomBackend *virt, GError **error)
{
    virConnectPtr connection = ((LoomVirt *)virt)->connection;

    /* one without support is in this process, and cannot be silent */
    if (virConnectSetKeepAlive(connection, ALIVE_SECONDS, ALIVE_COUNT) >= 0 ||
        virGetLastErrorCode() == VIR_ERR_NO_SUPPORT)
        return TRUE;
    loom_virt_set_error(error, _("Cannot watch the connection to libvirt"));
    return FALSE;
}

char *
loom_virt_hostname(LoomBackend *virt, GError **error)
{
    char *name = virConnectGetHostname(((LoomVirt *)virt)->connection);

    if (!name)
        loom_virt_set_error(error, _("Cannot ask libvirt for its host's name"));
    return name;
}

/* DRIVER[+TRANSPORT]://[USER@][HOST][:PORT]/PATH, HOST perhaps in brackets. */
char *
loom_virt_server(LoomBackend *virt)
{
    g_autofree char *uri = virConnectGetURI(((LoomVirt *)virt)->connection);
    char *start = uri ? strstr(uri, "://") : NULL;
    char *end, *at;

    if (!start)
        return NULL;
    start += strlen("://");
    end = start + strcspn(start, "/?#");
    *end = '\0';
    at = strrchr(start, '@');
    if (at)
        start = at + 1;
    end = start + strcspn(start, *start == '[' ? "]" : ":");
    *end = '\0';
    if (*start == '[')
        start++;
    return *start ? g_strdup(start) : NULL;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GStrv
loom_virt_list_running(LoomBackend *virt, GError **error)
{
    virDomainPtr *domains;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    int count = virConnectListAllDomains(((LoomVirt *)virt)->connection, &domains,
                                         VIR_CONNECT_LIST_DOMAINS_ACTIVE);

    if (count < 0) {
        loom_virt_set_error(error, _("Cannot list the running domains of libvirt"));
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        g_autoptr(virDomain) domain = domains[i];

        g_ptr_array_add(names, g_strdup(virDomainGetName(domain)));
    }
    free(domains);
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return (GStrv)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

virDomainPtr
loom_virt_find_domain(LoomVirt *virt, const char *name, GError **error)
{
    virDomainPtr domain = virDomainLookupByName(virt->connection, name);

    if (!domain && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN && g_uuid_string_is_valid(name))
        domain = virDomainLookupByUUIDString(virt->connection, name);
    if (domain)
        return domain;
    if (virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("There is no guest '%s'; virsh list --all names them"), name);
    else
        loom_virt_set_error(error, _("Cannot read guest '%s'"), name);
    return NULL;
}

char *
loom_virt_read_guest(LoomBackend *virt, const char *name, gboolean *active, GError **error)
{
    g_autoptr(virDomain) domain = loom_virt_find_domain((LoomVirt *)virt, name, error);
    int runs = domain ? virDomainIsActive(domain) : -1;
    char *xml = runs >= 0 ? virDomainGetXMLDesc(domain, 0) : NULL;

    if (xml)
        *active = runs > 0;
    else if (domain)
        loom_virt_set_error(error, _("Cannot read guest '%s'"), name);
    return xml;
}

char *
loom_virt_read_portable(LoomBackend *virt, const char *name, LoomGuestForm form, GError **error)
{
    g_autoptr(virDomain) domain = loom_virt_find_domain((LoomVirt *)virt, name, error);
    const unsigned flags = VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_MIGRATABLE |
                           (form == LOOM_GUEST_DEFINITION ? VIR_DOMAIN_XML_INACTIVE : 0);
    char *xml = domain ? virDomainGetXMLDesc(domain, flags) : NULL;

    if (domain && !xml)
        loom_virt_set_error(error, _("Cannot read guest '%s'"), name);
    return xml;
}

/* NULL without an error: there is none. */
static virDomainPtr
take_domain(virDomainPtr domain, const char *name, GError **error)
{
    if (!domain && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
        loom_virt_set_error(error, _("Cannot look for guest '%s'"), name);
    return domain;
}

gboolean
loom_virt_find_guest(LoomBackend *virt, const char *name, const char *uuid,
                     LoomGuestPresence *presence, GError **error)
{
    virConnectPtr connection = ((LoomVirt *)virt)->connection;
    g_autoptr(GError) cause = NULL;
    g_autoptr(virDomain) same =
        take_domain(virDomainLookupByUUIDString(connection, uuid), name, &cause);
    g_autoptr(virDomain) named =
        same || cause ? NULL : take_domain(virDomainLookupByName(connection, name), name, &cause);
    int runs = same ? virDomainIsActive(same) : 0;

    if (runs < 0)
        loom_virt_set_error(&cause, _("Cannot look for guest '%s'"), name);
    if (cause) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    *presence = runs    ? LOOM_GUEST_RUNS
                : same  ? LOOM_GUEST_DEFINED
                : named ? LOOM_GUEST_ANOTHER
                        : LOOM_GUEST_ABSENT;
    return TRUE;
}
