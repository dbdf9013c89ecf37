# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# host.sh - the data centre's server cloud-pm-cn01 as a sandbox: for the tests in this directory.
#
#   on CMD...             run it there
#   loom COMMAND ARG...   run virt-loom there, on $fabric where it takes one; with the options in $only: --networks, since
#                         most tests here are about libvirt, on bridges of the sandbox
#   exits NAME STATUS CMD...
#                         pass if the command ends with that status; its output is then in $output
#   put FILE              write stdin to a file there
#   guest NAME NETWORK [PORTGROUP]
#                         write the XML of an empty guest to /run/NAME.xml there
#   hooks_install         as 'make install' does; libvirtd has to be told
#   names VIRSH-COMMAND   what it lists, sorted
#   running               the names of the guests that run, in one line
#   tap_of GUEST [NETWORK], bridge_of TAP
#
# $fabric is a copy of examples/datacenter.xml. Where this kernel cannot limit a guest's bandwidth
# ($limits is empty then) it has no maxima: libvirt starts no guest that has one.

# shellcheck source=tests/tap.sh
. "${srcdir:?}/tests/tap.sh"
# shellcheck source=tests/features.sh
. "$srcdir/tests/features.sh"

host=cloud-pm-cn01
work=$(mktemp -d)
fabric=$work/fabric.xml
PATH=${builddir:?}:$PATH
# wherever this build would keep them, here they are the sandbox's own
VIRT_LOOM_DATADIR=$srcdir/xml VIRT_LOOM_STATEDIR=/var/lib/virt-loom VIRT_LOOM_RUNDIR=/run/virt-loom
export PATH VIRT_LOOM_DATADIR VIRT_LOOM_STATEDIR VIRT_LOOM_RUNDIR
trap 'rm -rf "$work"' EXIT

only=(--networks)
limits=yes
cp "$srcdir/examples/datacenter.xml" "$fabric"
lacks=$(missing offers htb sfq police fw)
if [ -n "$lacks" ]; then
  # shellcheck disable=SC2034 # whoever sources this asks
  limits=
  sed -i "s/ max='[0-9]*'//" "$fabric"
  note "this kernel lacks ${lacks//$'\n'/, }: the fabric is without maxima"
fi

on() { sandbox exec "$host" "$@"; }
loom() {
  case $1 in
    apply | plan | status) on virt-loom "$1" "${only[@]}" --fabric "$fabric" "${@:2}" ;;
    confirm | revert | watch) on virt-loom "$@" ;;
    *) on virt-loom "$1" --fabric "$fabric" "${@:2}" ;;
  esac
}
# shellcheck disable=SC2016 # for the shell there
put() { on sh -c 'cat >"$1"' sh "$1"; }
guest() { sandbox guest-xml "$@" | put "/run/$1.xml"; }

exits() { # NAME STATUS CMD...
  local name=$1 status=$2
  shift 2
  tap_run "$@"
  tap_result "$((tap_status != status))" "$name"
  [ "$tap_status" = "$status" ] || note "$(printf '%s\n' "status $tap_status, not $status, of: $*" "$output")"
}

# The name and place that libvirt knows, around the program of this build.
hooks_install() {
  local kind
  for kind in qemu network; do
    on mkdir -p "/etc/libvirt/hooks/$kind.d"
    put "/etc/libvirt/hooks/$kind.d/50-virt-loom" <<HOOK
#!/bin/sh
VIRT_LOOM_RUNDIR=$VIRT_LOOM_RUNDIR VIRT_LOOM_STATEDIR=$VIRT_LOOM_STATEDIR exec $(printf %q "$builddir/hooks/virt-loom-hook-$kind") "\$@"
HOOK
    on chmod 755 "/etc/libvirt/hooks/$kind.d/50-virt-loom"
  done
}

names() { on virsh "$@" --name | awk NF | sort; }
running() { names list | xargs; }
tap_of() { on virsh domiflist "$1" | awk -v network="${2:-.}" '/^ vnet/ && $0 ~ network { print $1 }'; }
bridge_of() { basename "$(on readlink "/sys/class/net/$1/master")"; }
