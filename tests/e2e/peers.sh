# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# peers.sh - two hosts of one fabric, 'here' and 'there', each with a libvirtd of its own: for tests of migration.
#
#   on HOST CMD...                run it there
#   migrate ARG...                virt-loom migrate on the host 'here', with $fabric
#   exits NAME STATUS CMD...      pass if the command ends with that status; its output is then in $output
#   where                         where guests run: "here: web1;there: web2"
#   peers_know HOST               make the names of both resolvable there
#   peers_by_hand HOST NUMBER     a sandbox with the links that tests/data/migrate/fabric.xml means, made by hand, and
#                                 libvirtd: for tests that are not about links, since any kernel has these
#   peers_slowly RATE             what leaves 'here' for migrations goes no faster, so that something can happen meanwhile
#   peers_at_full_speed           and again it does
#   hooks_install HOST            as 'make install' does; before its libvirtd starts
#   memory_count HOST LINK LINK   begin to count what comes to the ports of migrations (from 49152 on), by link
#   counted HOST                  the packets of both
#   guest HOST GUEST NETWORK [PORTGROUP]
#                                 start an empty one, whose definition is gone with it
#
# Management is 192.168.10.1 and .2: $to_here and $to_there are the libvirts there.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PATH=${builddir:?}:$PATH
VIRT_LOOM_DATADIR=${srcdir:?}/xml VIRT_LOOM_STATEDIR=/var/lib/virt-loom VIRT_LOOM_RUNDIR=/run/virt-loom LC_ALL=C.UTF-8
export PATH VIRT_LOOM_DATADIR VIRT_LOOM_STATEDIR VIRT_LOOM_RUNDIR LC_ALL
fabric=$work/fabric.xml
to_there=qemu+tcp://192.168.10.2/system
# shellcheck disable=SC2034 # for the scripts
to_here=qemu+tcp://192.168.10.1/system

on() { sandbox exec "$@"; }
migrate() { on here virt-loom migrate --fabric "$fabric" "$@"; }
exits() {
  local name=$1 status=$2
  shift 2
  tap_run "$@"
  tap_result "$((tap_status != status))" "$name"
  [ "$tap_status" = "$status" ] || note "$(printf '%s\n' "status $tap_status, not $status, of: $*" "$output")"
}
where() {
  local host
  for host in here there; do
    echo "$host:$(on "$host" virsh list --name | sort | awk 'NF { printf " %s", $1 }')"
  done | paste -sd ';'
}

# shellcheck disable=SC2016 # for the shell there
peers_know() { on "$1" sh -c 'printf "192.168.10.1 here\n192.168.10.2 there\n" >>/etc/hosts'; }

hooks_install() { # the name and place that libvirt knows, around the program of this build
  local kind
  for kind in qemu network; do
    on "$1" mkdir -p "/etc/libvirt/hooks/$kind.d"
    # shellcheck disable=SC2016 # for the shell there
    on "$1" sh -c 'cat >"$1"; chmod 755 "$1"' sh "/etc/libvirt/hooks/$kind.d/50-virt-loom" <<HOOK
#!/bin/sh
VIRT_LOOM_RUNDIR=$VIRT_LOOM_RUNDIR VIRT_LOOM_STATEDIR=$VIRT_LOOM_STATEDIR exec $(printf %q "$builddir/hooks/virt-loom-hook-$kind") "\$@"
HOOK
  done
}

memory_count() {
  on "$1" nft "add table inet count
    add chain inet count in { type filter hook input priority 0; }
    add rule inet count in iifname $2 tcp dport 49152-49215 counter
    add rule inet count in iifname $3 tcp dport 49152-49215 counter"
}
counted() { on "$1" nft list table inet count | sed -n 's/.*counter packets \([0-9]*\).*/\1/p' | paste -sd ' '; }

peers_by_hand() {
  sandbox up "$1" --nics 3
  peers_know "$1"
  # shellcheck disable=SC2016 # for the shell there
  on "$1" sh -ec '
    for bridge in main lab0; do
      ip link add "$bridge" type bridge stp_state 0 forward_delay 0
      ip link set "$bridge" up
    done
    ip link set eth1 name mig0
    ip link set eth2 name mgmt0
    ip address add "192.168.20.$1/24" dev mig0
    ip address add "192.168.10.$1/24" dev mgmt0
    ip link set mig0 up
    ip link set mgmt0 up' sh "$2"
  memory_count "$1" mig0 mgmt0
  hooks_install "$1"
  sandbox libvirtd "$1" start
  on "$1" virt-loom apply --quiet --networks --fabric "$fabric"
}
peers_slowly() {
  on here tc qdisc add dev mig0 root handle 1: htb default 1
  on here tc class add dev mig0 parent 1: classid 1:1 htb rate "$1"
}
peers_at_full_speed() { on here tc qdisc del dev mig0 root; }

guest() {
  # shellcheck disable=SC2016 # for the shell there
  sandbox guest-xml "${@:2}" | on "$1" sh -c 'cat >"/run/$1.xml" && exec virsh -q create "/run/$1.xml"' sh "$2" >/dev/null
}
