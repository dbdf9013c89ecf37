/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A LoomNetwork as libvirt's network XML, and back. */
#include "virt/networkxml.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/vlans.h"
#include "base/xml.h"

#include <inttypes.h>
#include <string.h>

#define DIGEST_LENGTH 32

static void
append_text(GString *xml, const char *name, const char *value)
{
    if (!value)
        return;
    g_string_append_printf(xml, " %s='", name);
    loom_xml_escape(xml, value);
    g_string_append_c(xml, '\'');
}

static void
append_number(GString *xml, const char *name, guint64 value)
{
    if (value)
        g_string_append_printf(xml, " %s='%" G_GUINT64_FORMAT "'", name, value);
}

static void
append_rate(GString *xml, const char *direction, guint64 average, guint64 peak, guint64 burst)
{
    if (!average)
        return;
    g_string_append_printf(xml, "      <%s", direction);
    append_number(xml, "average", average);
    append_number(xml, "peak", peak);
    append_number(xml, "burst", burst);
    g_string_append(xml, "/>\n");
}

static LoomVlans
all_vlans(const LoomPortgroup *portgroup)
{
    LoomVlans vlans = {0};

    if (portgroup->vlans)
        loom_vlans_parse(portgroup->vlans, &vlans);
    if (portgroup->nativevlan)
        loom_vlans_add(&vlans, portgroup->nativevlan);
    return vlans;
}

static void
append_vlans(GString *xml, const LoomPortgroup *portgroup)
{
    LoomVlans vlans = all_vlans(portgroup);

    if (loom_vlans_is_empty(&vlans))
        return;
    g_string_append_printf(xml, "    <vlan%s>\n", portgroup->trunk ? " trunk='yes'" : "");
    for (unsigned id = loom_vlans_next(&vlans, 1); id; id = loom_vlans_next(&vlans, id + 1))
        g_string_append_printf(xml, "      <tag id='%u'%s/>\n", id,
                               id == portgroup->nativevlan ? " nativeMode='untagged'" : "");
    g_string_append(xml, "    </vlan>\n");
}

static void
append_portgroup(GString *xml, const LoomPortgroup *portgroup)
{
    g_string_append(xml, "  <portgroup");
    append_text(xml, "name", portgroup->name);
    if (portgroup->is_default)
        g_string_append(xml, " default='yes'");
    g_string_append(xml, ">\n");

    size_t before = xml->len;
    if (portgroup->inaverage || portgroup->outaverage) {
        g_string_append(xml, "    <bandwidth>\n");
        append_rate(xml, "inbound", portgroup->inaverage, portgroup->inpeak, portgroup->inburst);
        append_rate(xml, "outbound", portgroup->outaverage, portgroup->outpeak,
                    portgroup->outburst);
        g_string_append(xml, "    </bandwidth>\n");
    }
    append_vlans(xml, portgroup);
    if (xml->len > before) {
        g_string_append(xml, "  </portgroup>\n");
    } else {
        g_string_truncate(xml, before - strlen(">\n"));
        g_string_append(xml, "/>\n");
    }
}

static int
by_name(gconstpointer a, gconstpointer b)
{
    const LoomPortgroup *one = *(LoomPortgroup *const *)a, *other = *(LoomPortgroup *const *)b;

    return strcmp(one->name, other->name);
}

/* All that libvirt acts upon. */
static GString *
format_content(const LoomNetwork *network)
{
    g_autoptr(GPtrArray) portgroups = g_ptr_array_new();
    GString *xml = g_string_new("  <forward mode='bridge'/>\n");

    if (network->bridge) {
        g_string_append(xml, "  <bridge");
        append_text(xml, "name", network->bridge);
        g_string_append(xml, "/>\n");
    }
    if (network->openvswitch)
        g_string_append(xml, "  <virtualport type='openvswitch'/>\n");
    for (guint i = 0; i < network->portgroups->len; i++)
        g_ptr_array_add(portgroups, network->portgroups->pdata[i]);
    g_ptr_array_sort(portgroups, by_name);
    for (guint i = 0; i < portgroups->len; i++)
        append_portgroup(xml, portgroups->pdata[i]);
    return xml;
}

gboolean
loom_network_xml_acts_alike(const LoomNetwork *one, const LoomNetwork *other)
{
    g_autoptr(GString) a = format_content(one);
    g_autoptr(GString) b = format_content(other);

    return g_string_equal(a, b);
}

char *
loom_network_xml_digest(const LoomNetwork *network)
{
    g_autoptr(GString) content = format_content(network);
    g_autofree char *digest =
        g_compute_checksum_for_string(G_CHECKSUM_SHA256, content->str, content->len);

    return g_strndup(digest, DIGEST_LENGTH);
}

char *
loom_network_xml_format_portgroup(const LoomPortgroup *portgroup)
{
    GString *xml = g_string_new(NULL);

    append_portgroup(xml, portgroup);
    return g_string_free(xml, FALSE);
}

char *
loom_network_xml_format(const LoomNetwork *network)
{
    g_autoptr(GString) content = format_content(network);
    GString *xml = g_string_new("<network>\n  <name>");

    loom_xml_escape(xml, network->name);
    g_string_append_printf(xml, "</name>\n  <uuid>%s</uuid>\n  <metadata>\n", network->uuid);
    g_string_append(xml, "    <loom:network xmlns:loom='" LOOM_NAMESPACE "'");
    append_text(xml, "fabric", network->fabric);
    append_text(xml, "vmnetwork", network->vmnetwork);
    append_text(xml, "logicalswitch", network->logicalswitch);
    append_text(xml, "hash", network->hash);
    g_string_append(xml, "/>\n  </metadata>\n");
    g_string_append_len(xml, content->str, content->len);
    g_string_append(xml, "</network>\n");
    return g_string_free(xml, FALSE);
}

static gboolean
validate_rate(const LoomNetwork *network, const LoomPortgroup *portgroup, const char *direction,
              const guint64 rate[3], GError **error)
{
    if (!rate[0] && (rate[1] || rate[2])) {
        g_set_error(
            error, LOOM_ERROR, LOOM_ERROR_INVALID,
            _("network '%s': portgroup '%s' has an <%s> with a peak or a burst, but no average"),
            network->name, portgroup->name, direction);
        return FALSE;
    }
    for (size_t i = 0; i < 3; i++)
        if (rate[i] > G_MAXUINT32) {
            static const char *const names[] = {"average", "peak", "burst"};

            g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                        _("network '%s': portgroup '%s' has <%s %s='%" PRIu64
                          "'>; libvirt takes at most %u"),
                        network->name, portgroup->name, direction, names[i], rate[i], G_MAXUINT32);
            return FALSE;
        }
    return TRUE;
}

static gboolean
validate_portgroup(const LoomNetwork *network, const LoomPortgroup *portgroup, GError **error)
{
    const guint64 in[] = {portgroup->inaverage, portgroup->inpeak, portgroup->inburst};
    const guint64 out[] = {portgroup->outaverage, portgroup->outpeak, portgroup->outburst};
    LoomVlans vlans = all_vlans(portgroup);

    if (!portgroup->name || !*portgroup->name) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("network '%s' has a portgroup without a name"), network->name);
        return FALSE;
    }
    /* libvirt takes several tags, and a native one, for a trunk, whatever it was told */
    if (!portgroup->trunk && (loom_vlans_count(&vlans) > 1 || portgroup->nativevlan)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("network '%s': portgroup '%s' is no trunk, but has several VLANs or a native "
                      "one"),
                    network->name, portgroup->name);
        return FALSE;
    }
    return validate_rate(network, portgroup, "inbound", in, error) &&
           validate_rate(network, portgroup, "outbound", out, error);
}

static gboolean
validate_names(const LoomNetwork *network, GError **error)
{
    if (!network->name || !*network->name || strpbrk(network->name, "/\n\t")) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("'%s' cannot be the name of a network: it is empty, or holds '/' or a "
                      "control character"),
                    network->name ? network->name : "");
        return FALSE;
    }
    if (!network->uuid || (!network->bridge && !network->definition)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID, _("network '%s' has no %s"),
                    network->name, network->uuid ? "bridge" : "uuid");
        return FALSE;
    }
    return TRUE;
}

gboolean
loom_network_xml_validate(const LoomNetwork *network, GError **error)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    const LoomPortgroup *chosen = NULL;

    if (!validate_names(network, error))
        return FALSE;
    for (guint i = 0; i < network->portgroups->len; i++) {
        const LoomPortgroup *portgroup = network->portgroups->pdata[i];

        if (!validate_portgroup(network, portgroup, error))
            return FALSE;
        if (!g_hash_table_add(names, portgroup->name)) {
            g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                        _("network '%s' has the portgroup '%s' twice"), network->name,
                        portgroup->name);
            return FALSE;
        }
        if (portgroup->is_default && chosen) {
            g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                        _("network '%s' has two default portgroups, '%s' and '%s'"), network->name,
                        chosen->name, portgroup->name);
            return FALSE;
        }
        if (portgroup->is_default)
            chosen = portgroup;
    }
    return TRUE;
}
