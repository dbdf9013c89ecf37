# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154 # who sources it has srcdir, builddir and work
#
# hookhost.sh - a bridge with taps and the slices of a host, for hooks without libvirt; in the network
# namespace of who sources it. Ports have guards, for which every kernel with nftables will do.
#
#   hook_host [vlans]       the bridge sw0, and the slices of networks Blue (guards) and Red (others); with
#                           VLANs 20 and 21, and for each port of Blue a class on the NIC nic0
#   hook_taps GUEST COUNT   taps g<GUEST>t<N> in the bridge, as libvirt makes them
#   hook_guest GUEST COUNT  print the guest's XML at start, with so many vNICs, every second one on Red
#   hook_qemu GUEST OPERATION [COMMAND...]
#                           run the qemu hook for a guest whose XML is in $work/guest-GUEST.xml, by COMMAND
#   hook_guards             every chain of ours and its rules, without what they counted
#   hook_kept               the ports that are kept
#
# GUEST is a number from 0 to 255; a guest has at most 256 vNICs.

hook_uuid() { printf 'c1f2c7a8-9d3e-4b7f-8a65-1b2c3d4e5f%02x' "$1"; }

hook_network() { # NAME NUMBER
  echo "<network name='$1' uuid='0d1c1f3e-5a5d-5a39-9f0b-2b8a5f6f3c0$2' bridge='sw0' ours='yes' vmnetwork='$1'
    logicalswitch='S'><portgroup name='Plain' default='yes'/></network>"
}

hook_host() { # [vlans]
  local guards="tagguard='yes' dhcpguard='yes' routerguard='yes' priorityreset='yes' onfailure='refuse' logicalswitch='S'"
  local blue='' red='' class=''
  export VIRT_LOOM_RUNDIR=$work/run VIRT_LOOM_STATEDIR=$work/state
  mkdir -p "$VIRT_LOOM_STATEDIR"
  ip link add sw0 group 1282371437 type bridge ${1:+vlan_filtering 1 vlan_default_pvid 0}
  ip link set sw0 up
  if [ "${1-}" = vlans ]; then
    blue="vlan='20' class='Gold' priority='16'" red="vlan='21'"
    class="<class link='nic0' priority='2' name='default' rate='1000' ceiling='1000000' logicalswitch='S'/>
      <class link='nic0' priority='16' name='Gold' rate='10000' ceiling='1000000' reserved='100000' perport='yes' logicalswitch='S'/>"
    ip link add nic0 type veth peer name wire0
  fi
  echo "<host name='h'><link name='sw0' kind='bridge' ours='yes' up='yes' logicalswitch='S'/>
    <port network='Blue' portgroup='Plain' macguard='yes' $blue $guards/>
    <port network='Red' portgroup='Plain' $red $guards/>$(hook_network Blue 1)$(hook_network Red 2)$class</host>" >"$work/host.xml"
  "$builddir/tests/save-slices" "$work/host.xml" "$VIRT_LOOM_RUNDIR"
}

hook_taps() { # GUEST COUNT
  local i
  for ((i = 0; i < $2; i++)); do
    ip tuntap add "g$1t$i" mode tap
    ip link set "g$1t$i" address "$(printf 'fe:54:00:8a:%02x:%02x' "$1" "$i")" master sw0 up
  done
}

hook_guest() { # GUEST COUNT
  local i networks=(Blue Red)
  echo "<domain type='kvm'><name>guest$1</name><uuid>$(hook_uuid "$1")</uuid><devices>"
  for ((i = 0; i < $2; i++)); do
    printf "<interface type='bridge'><mac address='52:54:00:8a:%02x:%02x'/><source network='%s' bridge='sw0'/><target dev='g%dt%d'/></interface>\n" \
      "$1" "$i" "${networks[i % 2]}" "$1" "$i"
  done
  echo "</devices></domain>"
}

hook_qemu() { # GUEST OPERATION [COMMAND...]
  "${@:3}" "$builddir/hooks/virt-loom-hook-qemu" "guest$1" "$2" begin - <"$work/guest-$1.xml"
}

hook_guards() { nft -s list table netdev virt-loom 2>/dev/null || :; }
hook_kept() { (cd "$VIRT_LOOM_RUNDIR" && find ports -type f 2>/dev/null | sort); }
