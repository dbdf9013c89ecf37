/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vNICs that are plugged into guests, and out, by libvirt. */
#include "virt/devices.h"

#include "base/i18n.h"
#include "virt/session.h"

static virDomainPtr
find_guest(LoomBackend *virt, const char *name, GError **error)
{
    return loom_virt_find_domain((LoomVirt *)virt, name, error);
}

static unsigned
flags_of(LoomGuestScope scope)
{
    return (scope & LOOM_GUEST_LIVE ? VIR_DOMAIN_AFFECT_LIVE : 0) |
           (scope & LOOM_GUEST_CONFIG ? VIR_DOMAIN_AFFECT_CONFIG : 0);
}

gboolean
loom_virt_attach(LoomBackend *virt, const char *name, const char *xml, LoomGuestScope scope,
                 GError **error)
{
    g_autoptr(virDomain) domain = find_guest(virt, name, error);

    if (!domain)
        return FALSE;
    if (virDomainAttachDeviceFlags(domain, xml, flags_of(scope)) == 0)
        return TRUE;
    loom_virt_set_error(error, _("Cannot attach a vNIC to guest '%s'"), name);
    return FALSE;
}

gboolean
loom_virt_detach(LoomBackend *virt, const char *name, const char *xml, LoomGuestScope scope,
                 GError **error)
{
    g_autoptr(virDomain) domain = find_guest(virt, name, error);

    if (!domain)
        return FALSE;
    if (virDomainDetachDeviceFlags(domain, xml, flags_of(scope)) == 0)
        return TRUE;
    loom_virt_set_error(error, _("Cannot detach a vNIC from guest '%s'"), name);
    return FALSE;
}

char *
loom_virt_read_definition(LoomBackend *virt, const char *name, GError **error)
{
    g_autoptr(virDomain) domain = find_guest(virt, name, error);
    char *xml = domain
                    ? virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_INACTIVE)
                    : NULL;

    if (domain && !xml)
        loom_virt_set_error(error, _("Cannot read guest '%s'"), name);
    return xml;
}

gboolean
loom_virt_define(LoomBackend *virt, const char *xml, GError **error)
{
    g_autoptr(virDomain) domain =
        virDomainDefineXMLFlags(((LoomVirt *)virt)->connection, xml, VIR_DOMAIN_DEFINE_VALIDATE);

    if (!domain)
        loom_virt_set_error(error, _("Cannot define the guest"));
    return domain != NULL;
}

gboolean
loom_virt_set_metadata(LoomBackend *virt, const char *name, const char *uri, const char *prefix,
                       const char *xml, GError **error)
{
    g_autoptr(virDomain) domain = find_guest(virt, name, error);

    if (!domain)
        return FALSE;
    if (virDomainSetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, xml, xml ? prefix : NULL, uri,
                             VIR_DOMAIN_AFFECT_LIVE) == 0)
        return TRUE;
    loom_virt_set_error(error, _("Cannot change the metadata of guest '%s'"), name);
    return FALSE;
}

static int
add_rate(virTypedParameterPtr *parameters, int *count, int *most, const char *const names[3],
         const LoomVirtRate *rate)
{
    const guint64 values[] = {rate->average, rate->peak, rate->burst};

    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        if (virTypedParamsAddUInt(parameters, count, most, names[i],
                                  (unsigned)MIN(values[i], G_MAXUINT)) < 0)
            return -1;
    return 0;
}

gboolean
loom_virt_set_rates(LoomBackend *virt, const char *name, const char *device, const LoomVirtRate *in,
                    const LoomVirtRate *out, GError **error)
{
    static const char *const in_names[] = {VIR_DOMAIN_BANDWIDTH_IN_AVERAGE,
                                           VIR_DOMAIN_BANDWIDTH_IN_PEAK,
                                           VIR_DOMAIN_BANDWIDTH_IN_BURST};
    static const char *const out_names[] = {VIR_DOMAIN_BANDWIDTH_OUT_AVERAGE,
                                            VIR_DOMAIN_BANDWIDTH_OUT_PEAK,
                                            VIR_DOMAIN_BANDWIDTH_OUT_BURST};
    g_autoptr(virDomain) domain = find_guest(virt, name, error);
    virTypedParameterPtr parameters = NULL;
    int count = 0, most = 0, done = -1;

    if (!domain)
        return FALSE;
    if (add_rate(&parameters, &count, &most, in_names, in) == 0 &&
        add_rate(&parameters, &count, &most, out_names, out) == 0)
        done = virDomainSetInterfaceParameters(domain, device, parameters, count,
                                               VIR_DOMAIN_AFFECT_LIVE);
    if (done < 0)
        loom_virt_set_error(error, _("Cannot limit the bandwidth of vNIC '%s' of guest '%s'"),
                            device, name);
    virTypedParamsFree(parameters, count);
    return done == 0;
}
