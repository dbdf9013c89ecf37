/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection to libvirt, its errors, and the proof that it runs our hooks. */
#include "virt/virt.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/uuid.h"
#include "host/slice.h"
#include "virt/networkxml.h"
#include "virt/session.h"

#include <string.h>

#define DEFAULT_URI "qemu:///system"
#define PROBE_NAME  "virt-loom-probe" /* also its bridge, which never exists: 15 characters */

static LoomError
error_code(int code)
{
    switch (code) {
    case VIR_ERR_NO_DOMAIN:
    case VIR_ERR_NO_NETWORK:
        return LOOM_ERROR_NOT_FOUND;
    case VIR_ERR_NO_SUPPORT:
    case VIR_ERR_CONFIG_UNSUPPORTED:
    case VIR_ERR_ARGUMENT_UNSUPPORTED:
    case VIR_ERR_OPERATION_UNSUPPORTED:
        return LOOM_ERROR_UNSUPPORTED;
    default:
        return LOOM_ERROR_FAILED;
    }
}

void
loom_virt_set_error(GError **error, const char *format, ...)
{
    virErrorPtr cause = virGetLastError();
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, LOOM_ERROR, error_code(cause ? cause->code : VIR_ERR_OK), "%s: %s", what,
                virGetLastErrorMessage());
}

/* libvirt's default is to print each error to stderr, beside the one that we return. */
static void
print_nothing(void *data G_GNUC_UNUSED, virErrorPtr error G_GNUC_UNUSED)
{
}

static void
virt_free(LoomBackend *backend)
{
    LoomVirt *virt = (LoomVirt *)backend;

    g_clear_pointer(&virt->seen, g_hash_table_unref);
    g_hash_table_unref(virt->fresh);
    virConnectClose(virt->connection);
    g_free(virt);
}

/* Networks are for guests, and guests need the hooks. */
static gboolean
prepare(LoomBackend *backend, GError **error)
{
    return loom_virt_prove_hooks(backend, loom_slice_directory(), error);
}

void
loom_virt_keep_silent(void)
{
    virSetErrorFunc(NULL, print_nothing);
}

const char *
loom_virt_choose_uri(const char *uri)
{
    const char *usual = g_getenv("LIBVIRT_DEFAULT_URI");

    return uri ? uri : usual && *usual ? usual : DEFAULT_URI;
}

LoomBackend *
loom_virt_new(const char *uri, GError **error)
{
    static const LoomKind *const kinds[] = {&loom_network_kind, NULL};
    const char *chosen = loom_virt_choose_uri(uri);
    virConnectPtr connection;
    LoomVirt *virt;

    loom_virt_keep_silent();
    connection = virConnectOpen(chosen);
    if (!connection) {
        loom_virt_set_error(error,
                            _("Cannot connect to libvirt at %s (is libvirtd running, and may you "
                              "use it?)"),
                            chosen);
        return NULL;
    }
    virt = g_new0(LoomVirt, 1);
    virt->backend = (LoomBackend){
        .name = "libvirt",
        .kinds = kinds,
        .prepare = prepare,
        .observe = loom_virt_observe,
        .run_step = loom_virt_run_step,
        .observe_users = loom_virt_observe_users,
        .free = virt_free,
    };
    virt->connection = connection;
    virt->fresh = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return &virt->backend;
}

char *
loom_virt_version(LoomBackend *backend, GError **error)
{
    LoomVirt *virt = (LoomVirt *)backend;
    unsigned long version;

    if (virConnectGetLibVersion(virt->connection, &version) < 0) {
        loom_virt_set_error(error, _("Cannot ask libvirt for its version"));
        return NULL;
    }
    return g_strdup_printf("%lu.%lu.%lu", version / 1000000, version / 1000 % 1000, version % 1000);
}

unsigned long
loom_virt_version_number(LoomBackend *backend)
{
    unsigned long version;

    return virConnectGetLibVersion(((LoomVirt *)backend)->connection, &version) < 0 ? 0 : version;
}

static char *
probe_xml(const char *uuid)
{
    g_autoptr(LoomNetwork) probe = loom_record_new(&loom_network_kind);

    LOOM_SET(probe, name, PROBE_NAME);
    LOOM_SET(probe, uuid, uuid);
    LOOM_SET(probe, bridge, PROBE_NAME);
    return loom_network_xml_format(probe);
}

/* Starts the probe and destroys it, and the one that a killed run may have left. */
static gboolean
run_probe(LoomVirt *virt, GError **error)
{
    g_autofree char *uuid = loom_uuid_from_name(PROBE_NAME);
    g_autofree char *xml = probe_xml(uuid);
    g_autoptr(virNetwork) left = virNetworkLookupByUUIDString(virt->connection, uuid);

    if (left && virNetworkDestroy(left) < 0) {
        loom_virt_set_error(error, _("Cannot destroy the network '%s' of an earlier run"),
                            PROBE_NAME);
        return FALSE;
    }
    g_autoptr(virNetwork) probe = virNetworkCreateXML(virt->connection, xml);
    if (!probe) {
        loom_virt_set_error(error,
                            _("Cannot start the network '%s', which shows whether libvirtd "
                              "runs the hooks of virt-loom"),
                            PROBE_NAME);
        return FALSE;
    }
    if (virNetworkDestroy(probe) < 0) {
        loom_virt_set_error(error, _("Cannot destroy the network '%s'"), PROBE_NAME);
        return FALSE;
    }
    return TRUE;
}

gboolean
loom_virt_hooks_are_known(LoomBackend *backend, const char *rundir)
{
    const char *type = virConnectGetType(((LoomVirt *)backend)->connection);

    return (type && !g_str_equal(type, "QEMU")) || loom_stamp_is_live(rundir);
}

gboolean
loom_virt_prove_hooks(LoomBackend *backend, const char *rundir, GError **error)
{
    LoomVirt *virt = (LoomVirt *)backend;
    const char *type = virConnectGetType(virt->connection);

    if (!type) {
        loom_virt_set_error(error, _("Cannot ask libvirt for its driver"));
        return FALSE;
    }
    if (!g_str_equal(type, "QEMU") || loom_stamp_is_live(rundir))
        return TRUE;
    if (!run_probe(virt, error))
        return FALSE;
    if (loom_stamp_is_live(rundir))
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                _("libvirtd has not loaded the hooks of virt-loom; run: systemctl reload libvirtd "
                  "(without systemd: kill -HUP and the process id of libvirtd)"));
    return FALSE;
}

gboolean
loom_virt_is_system(LoomBackend *backend)
{
    virConnectPtr connection = ((LoomVirt *)backend)->connection;
    const char *type = virConnectGetType(connection);
    g_autofree char *uri = virConnectGetURI(connection);

    return type && uri && g_str_equal(type, "QEMU") && strstr(uri, "/system");
}
