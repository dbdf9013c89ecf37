/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A LoomNetwork as libvirt's network XML, and back: https://libvirt.org/formatnetwork.html */
#pragma once

#include "host/host.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomNetwork, loom_record_free)

/*
 * The whole <network>, portgroups sorted by name; owned by the caller. The network must be one that
 * loom_network_xml_validate() accepts. Its <metadata> holds
 *
 *     <loom:network xmlns:loom='urn:virt-loom:1' fabric= vmnetwork= logicalswitch= hash=/>
 */
char *loom_network_xml_format(const LoomNetwork *network);

/* One <portgroup>, as virNetworkUpdate() takes it; owned by the caller. */
char *loom_network_xml_format_portgroup(const LoomPortgroup *portgroup);

/*
 * Whether libvirt could store NETWORK and read it back: virNetworkUpdate() does not ask, and then
 * keeps what virNetworkDefineXML() refuses. Errors: LOOM_ERROR_INVALID, naming network, portgroup
 * and value.
 */
gboolean loom_network_xml_validate(const LoomNetwork *network, GError **error);

/*
 * What libvirt gives back, tolerant of what it adds. Of a network without our metadata only name,
 * uuid and ours=no are present. Of ours:
 *
 * - bridge is absent where the network is something that a LoomNetwork cannot say (another forward
 *   mode, an <ip>, a VLAN of its own, ...), so that it differs from every network that should be;
 * - hash is what the metadata says, true or not (see loom_network_xml_digest());
 * - the native VLAN of a trunk is in nativevlan only, not in vlans.
 *
 * active, autostart, persistent, pending and guests stay absent: XML does not tell. Errors:
 * LOOM_ERROR_INVALID.
 */
LoomNetwork *loom_network_xml_parse(const char *xml, GError **error);

/*
 * Whether libvirt would act alike on both: bridge, datapath and portgroups (in whatever order) are
 * the same. Unlike a comparison of records this sees what is in one and not stated by the other,
 * such as a bandwidth that somebody added.
 */
gboolean loom_network_xml_acts_alike(const LoomNetwork *one, const LoomNetwork *other);

/* 32 hex digits of all that libvirt acts upon; owned by the caller. */
char *loom_network_xml_digest(const LoomNetwork *network);
