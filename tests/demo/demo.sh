#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# demo.sh - the data centre of examples/datacenter.xml: its servers cloud-pm-cn01 and cn02 come to life.
#
# Run by './quickstart demo' as root, with srcdir and builddir in the environment. The servers are sandboxes
# with a libvirtd each, here or, where this kernel lacks something that they need, in a lab host.
set -euo pipefail

srcdir=$(readlink -f "${srcdir:-$(dirname "$0")/../..}")
builddir=$(readlink -f "${builddir:-$srcdir/build}")
host=cloud-pm-cn01
neighbour=cloud-pm-cn02
fabric=examples/datacenter.xml
LAB_NS=demo SANDBOX_SET=demo VIRT_LOOM_DATADIR=$srcdir/xml
PATH=$builddir:$srcdir/tests/sandbox:$srcdir/tests/lab:$PATH:/usr/sbin:/sbin
export LAB_NS SANDBOX_SET VIRT_LOOM_DATADIR PATH srcdir builddir
# shellcheck source=tests/features.sh
. "$srcdir/tests/features.sh"

number=0
step() { # TEXT: what the next commands are for
  number=$((number + 1))
  printf '\n==> %d. %s\n' "$number" "$*"
}
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

show_command() {
  local word line='$'
  for word; do
    [[ $word =~ ^[A-Za-z0-9_./:=-]+$ ]] || word="'$word'"
    line+=" $word"
  done
  echo "$line"
}
run() { # CMD...: show it, and what it says
  show_command "$@"
  "$@" || die "this command failed"
}
on() { # CMD...: the same on the server
  show_command "$@"
  sandbox exec "$host" "$@" || die "this command failed"
}
refused() { # WORDS CMD...: on the server; it has to fail, and to say these words
  local words=$1 text
  shift
  show_command "$@"
  ! text=$(sandbox exec "$host" "$@" 2>&1) || die "this command should have failed"
  echo "$text"
  grep -qF -- "$words" <<<"$text" || die "the refusal does not name $words"
}

wires() { ip -n "vlsandbox-$SANDBOX_SET" "$@"; }

# What an administrator finds: four cables, an address on eth0, and libvirtd with our hooks.
new_server() { # NAME NUMBER
  local kind
  run sandbox up "$1" --nics 4
  sandbox exec "$1" ip address add "192.168.0.$2/24" brd + dev eth0
  sandbox exec "$1" ip route add default via 192.168.0.1 dev eth0 proto static
  for kind in qemu network; do
    sandbox exec "$1" mkdir -p "/etc/libvirt/hooks/$kind.d"
    sandbox exec "$1" ln -s "$builddir/hooks/virt-loom-hook-$kind" "/etc/libvirt/hooks/$kind.d/50-virt-loom"
  done
  sandbox libvirtd "$1" start
}

# Both cables of a team end in one network, where a gateway answers.
connect() {
  local cable
  for cable in $(wires -o link show type veth | sed -nE 's/^[0-9]+: (h[0-9]+n[13])@.*/\1/p'); do
    wires link set "$cable" master "p$((${cable##*n} - 1))"
  done
  wires address add 192.168.0.1/24 dev p0
}

guest() { # GUEST PORTGROUP: its XML, in a file on the server
  sandbox guest-xml "$1" 'Cernet Network' "$2" | sandbox exec "$host" sh -c "cat >/run/$1.xml"
}

scenes() {
  trap 'sandbox down' EXIT
  trap 'exit 130' INT TERM HUP
  sandbox down   # of a demo that was killed
  cd "$srcdir"
  step "Is the fabric sound? Two buildings, three servers, four NICs in each"
  run virt-loom check "$fabric"
  step "What is in it"
  run virt-loom show --fabric "$fabric"
  step "Two servers, with NICs eth0 to eth3, a management address on eth0, and a libvirtd each"
  new_server "$host" 100
  new_server "$neighbour" 101
  connect
  on ip -br address show up
  step "What would be changed on $host, and who would notice"
  on virt-loom plan --fabric "$fabric" --host "$host"
  step "The same on stand-ins for its NICs: does it come out as planned?"
  on virt-loom rehearse --quiet --fabric "$fabric" --host "$host"
  step "Then for good: teams, bridges, host vNICs and libvirt networks, as one transaction"
  on virt-loom apply --fabric "$fabric" --host "$host"
  run sandbox exec "$neighbour" virt-loom apply --fabric "$fabric" --host "$neighbour"
  on ip -br link show up
  on ip -br address show mgmt0
  on bridge vlan show
  step "The migration and cluster networks reach from server to server, over the internal team"
  on ping -c 3 -i 0.2 -I mig0 192.168.20.12
  on ping -c 3 -i 0.2 -I clus0 192.168.10.12
  step "Its share of the fabric is libvirt networks, too"
  on virsh net-list --all
  on virsh net-dumpxml 'Cernet Network'
  step "A guest on the education network, in portgroup Public"
  guest web1 Public
  on virsh create /run/web1.xml
  on virsh list
  on virsh domiflist web1
  on bridge link show
  step "A guest that asks for a portgroup that is not there is refused, and told what there is"
  guest web2 Nonsense
  refused Nonsense virsh create /run/web2.xml
  on virsh list
  step "Somebody changes something by hand; status sees it, and apply is the remedy"
  on ip link set mig0 mtu 1400
  show_command virt-loom status --fabric "$fabric" --host "$host"
  ! sandbox exec "$host" virt-loom status --fabric "$fabric" --host "$host" || die "status should have seen it"
  on virt-loom apply --fabric "$fabric" --host "$host"
  step "Done. The servers end here, with their guest; nothing of them is left"
}

# The same script, on a kernel that has what teams, switches and limits of bandwidth need.
in_lab() {
  local words=() word
  echo "==> This kernel lacks ${lacks//$'\n'/, }: the servers run on a lab host, with the distribution's kernel"
  trap 'lab down' EXIT
  trap 'exit 130' INT TERM HUP
  lab down   # of a demo that was killed
  lab up A
  for word in "srcdir=$srcdir" "builddir=$builddir" "$srcdir/tests/demo/demo.sh" --here; do
    words+=("$(printf %q "$word")")
  done
  lab exec A "env ${words[*]}" </dev/null
}

[ "$EUID" = 0 ] || die "needs root"
lacks=$(missing offers bonding vlan_filtering htb sfq police fw)
if [ -z "$lacks" ] || [ "${1:-}" = --here ]; then
  scenes
else
  in_lab
fi
