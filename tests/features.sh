# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# features.sh - what this machine and its kernel have, by trying: for run-test and the demo.
#
#   missing has WORD...       prints those of the programs and rights that are not here
#   missing offers WORD...    prints those of the kernel's features that are not here
#   unknown KIND WORD...      prints those that this file does not know
#
# A word is the name of a function below. Needs PATH to find lab.

# --- what a test may need --------------------------------------------------------------------------

has_root() { [ "$EUID" = 0 ]; }
has_netns() { throwaway true; }
has_libvirtd() { command -v libvirtd virtlogd virsh >/dev/null; }
ipxe_kernel() { # a guest of 32 MiB that answers pings
  local file
  for file in /boot/ipxe.lkrn /usr/share/ipxe/ipxe.lkrn; do [ ! -e "$file" ] || echo "$file"; done | head -n 1
}
has_ipxe() { [ -n "$(ipxe_kernel)" ]; }
has_qemu() { command -v qemu-system-x86_64 >/dev/null; }
has_ovs() { command -v ovs-vswitchd ovsdb-server ovs-vsctl >/dev/null; }
has_nft() { command -v nft >/dev/null; }
has_strace() { command -v strace >/dev/null; }
has_ethtool() { command -v ethtool >/dev/null; }
has_virtinst() { command -v virt-install >/dev/null; }
has_virtmanager() { command -v virt-manager Xvfb >/dev/null; }
has_python3() { command -v python3 >/dev/null; }
has_openssl() { command -v openssl >/dev/null; }
has_gettext() { command -v msgfmt msgmerge msgattrib xgettext >/dev/null; }
has_systemd_analyze() { command -v systemd-analyze >/dev/null; }
has_systemd() { [ -d /run/systemd/system ]; }
has_dhcpcd() { command -v dhcpcd >/dev/null; }
has_dnsmasq() { command -v dnsmasq >/dev/null; }
has_dbus() { command -v dbus-daemon >/dev/null; }
has_networkmanager() { command -v NetworkManager nmcli >/dev/null; }
has_networkd() { [ -x /lib/systemd/systemd-networkd ] && command -v networkctl >/dev/null; }
has_ifupdown() { command -v ifup >/dev/null; }
has_dhclient() { command -v dhclient >/dev/null; }
has_udhcpc() { command -v udhcpc >/dev/null; }
has_lab() { has_root && [ -z "$(lab needs)" ]; }
has_systemd_lab() { has_lab && [ -x /lib/systemd/systemd ] && [ -e /lib/systemd/system/dbus.socket ] && command -v udevadm >/dev/null; }

# --- what a kernel may offer: tried, in a network namespace that is thrown away --------------------

throwaway() {
  if has_root; then
    unshare --net "$@"
  else
    unshare --user --map-root-user --net "$@"
  fi &>/dev/null
}

try() { throwaway sh -ec "ip link add vtest0 type veth peer name vtest1; $1"; }

# bonding and dummy would make a device in the machine's own namespace as they load
load() { ! has_root || modprobe -q "$@" 2>/dev/null || true; }

offers_vlan() { try 'ip link add link vtest0 name vtest0.5 type vlan id 5'; }
offers_vlan_filtering() { try 'ip link add vbr type bridge vlan_filtering 1 vlan_default_pvid 0'; }
offers_isolated() { try 'ip link add vbr type bridge; ip link set vtest0 master vbr; ip link set vtest0 type bridge_slave isolated on'; }
offers_bonding() { load bonding max_bonds=0; try 'ip link add vbond type bond mode active-backup'; }
offers_dummy() { load dummy numdummies=0; try 'ip link add vdummy type dummy'; }
offers_macvtap() { try 'ip link add vtap link vtest0 type macvtap mode bridge'; }
offers_geneve() { try 'ip link add vgeneve type geneve id 1 remote 127.0.0.1'; }
offers_htb() { try 'tc qdisc add dev vtest0 root handle 1: htb default 1'; }
offers_sfq() { try 'tc qdisc add dev vtest0 root handle 1: sfq perturb 10'; }
offers_flow() { try 'tc qdisc add dev vtest0 root handle 1: fq_codel; tc filter add dev vtest0 parent 1: handle 1 flow map key iif'; }
offers_netem() { try 'tc qdisc add dev vtest0 root handle 1: netem delay 1ms'; }
offers_police() {
  try 'tc qdisc add dev vtest0 ingress
    tc filter add dev vtest0 parent ffff: protocol all u32 match u32 0 0 police rate 10mbit burst 100k drop flowid :1'
}
offers_fw() {
  try 'tc qdisc add dev vtest0 root handle 1: htb default 1
    tc class add dev vtest0 parent 1: classid 1:1 htb rate 100mbit
    tc filter add dev vtest0 parent 1:0 protocol all prio 1 handle 1 fw flowid 1:1'
}
offers_nft_netdev() {
  try 'nft add table netdev vtest
    nft add chain netdev vtest c "{ type filter hook ingress device vtest0 priority 0; }"'
}
offers_openvswitch() { load openvswitch; [ -d /sys/module/openvswitch ]; }

unknown() { # KIND WORD...: those that nobody here knows: a mistake in a test
  local kind=$1 word
  shift
  for word; do
    [ "$(type -t "${kind}_$word")" = function ] || echo "$word"
  done
}

missing() { # KIND WORD...: those that are not there
  local kind=$1 word
  shift
  for word; do
    "${kind}_$word" || echo "$word"
  done
}
