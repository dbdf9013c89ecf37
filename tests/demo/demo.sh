#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# demo.sh - the data centre of examples/datacenter.xml: its server cloud-pm-cn01 comes to life.
#
# Run by './quickstart demo' as root, with srcdir and builddir in the environment. The server is a sandbox
# with a libvirtd of its own, here or, where this kernel cannot limit a guest's bandwidth, in a lab host.
set -euo pipefail

srcdir=$(readlink -f "${srcdir:-$(dirname "$0")/../..}")
builddir=$(readlink -f "${builddir:-$srcdir/build}")
host=cloud-pm-cn01
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

install_hooks() {
  local kind
  for kind in qemu network; do
    sandbox exec "$host" mkdir -p "/etc/libvirt/hooks/$kind.d"
    on ln -s "$builddir/hooks/virt-loom-hook-$kind" "/etc/libvirt/hooks/$kind.d/50-virt-loom"
  done
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
  step "A server: $host, with NICs eth0 to eth3, a libvirtd of its own, and its two bridges"
  run sandbox up "$host" --nics 4
  run sandbox bridges "$host" int pub
  install_hooks
  run sandbox libvirtd "$host" start
  step "Its share of the fabric becomes libvirt networks"
  on virt-loom apply --fabric "$fabric" --host "$host"
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
  step "Done. The server ends here, with its guest; nothing of it is left"
}

# The same script, on a kernel that has what libvirt needs to limit a guest's bandwidth.
in_lab() {
  local words=() word
  echo "==> This kernel lacks ${lacks//$'\n'/, }: the server runs on a lab host, with the distribution's kernel"
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
lacks=$(missing offers htb sfq police fw)
if [ -z "$lacks" ] || [ "${1:-}" = --here ]; then
  scenes
else
  in_lab
fi
