# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what bench has and uses
#
# ports.sh - of bench: what the hooks cost that give a guest's ports their guards and take them away.
#
# Guests of 1, 8 and 64 vNICs start and end on a switch of their own, and one of 8 on another that has a thousand
# ports, in two network namespaces of this kernel. Their ports have guards (see hookhost.sh) and no VLANs,
# which not every kernel has. A bridge of Linux takes 1,023 ports.

# shellcheck source=tests/hookhost.sh
. "$srcdir/tests/hookhost.sh"

PORTS_CROWD=15   # guests of 64 vNICs each on the crowded switch, beside the one that is measured

ports_missing() { # what keeps all this from running; empty: nothing
  local program
  [ "$EUID" = 0 ] || echo root
  for program in ip nsenter; do
    command -v "$program" >/dev/null || echo "$program"
  done
}

ports_down() {
  ip netns delete vlbench-quiet
  ip netns delete vlbench-crowd
}

# What runs in a namespace: a function of hookhost.sh, with its files in a directory of that name.
on_switch() { # quiet|crowd FUNCTION ARG...
  local work=$work/$1
  export VIRT_LOOM_RUNDIR=$work/run VIRT_LOOM_STATEDIR=$work/state
  mkdir -p "$work"
  nsenter --net="/run/netns/vlbench-$1" bash -euc ". '$srcdir/tests/hookhost.sh'; work='$work' builddir='$builddir'; \"\$@\"" - "${@:2}"
}

ports_up() {
  local name guest
  ports_are_up=yes
  for name in quiet crowd; do
    ip netns add "vlbench-$name"
    on_switch "$name" hook_host
  done
  for guest in 1 8 64; do
    on_switch quiet hook_taps "$guest" "$guest"
    hook_guest "$guest" "$guest" >"$work/quiet/guest-$guest.xml"
  done
  on_switch crowd hook_taps 8 8
  cp "$work/quiet/guest-8.xml" "$work/crowd/"
  for ((guest = 100; guest < 100 + PORTS_CROWD; guest++)); do
    on_switch crowd hook_taps "$guest" 64
    hook_guest "$guest" 64 >"$work/crowd/guest-$guest.xml"
    on_switch crowd hook_qemu "$guest" start
  done
}

# A word of the command line is a directory, hence env.
ports_hook() { # quiet|crowd GUEST OPERATION: leaves it in ports_command
  ports_command=("$work/$1/guest-$2.xml" nsenter "--net=/run/netns/vlbench-$1" env
    "VIRT_LOOM_RUNDIR=$work/$1/run" "VIRT_LOOM_STATEDIR=$work/$1/state"
    "$builddir/hooks/virt-loom-hook-qemu" "guest$2" "$3" begin -)
}

ports_row() { # WHAT OURS OTHER [BUDGET]: labels of the last pair
  row "$1" "$(milliseconds "$(value "$2" 2)")" "$(milliseconds "$(value "$3" 2)")" "$(value "$2" 2) / $(value "$3" 2)" "${4:-}"
}

compare_ports() {
  local at guest operation arguments=()
  inside=() server=()
  for at in 'quiet 1' 'quiet 8' 'quiet 64' 'crowd 8'; do
    for operation in start release; do
      # shellcheck disable=SC2086 # two words
      ports_hook $at "$operation"
      guest=${at#quiet }
      arguments+=(-- "$guest $operation" "${ports_command[@]}")
    done
  done
  pair 20 "${arguments[@]:1}"
  for operation in start release; do
    ports_row "hook qemu $operation, 64 ports against one" "64 $operation" "1 $operation"
    ports_row "  64 ports against 8" "64 $operation" "8 $operation" 8
    ports_row "  8 ports, with 960 others against alone" "crowd 8 $operation" "8 $operation" 2
  done
  row "  a hook's peak memory, 64 ports" "$(mebibytes "$(value '64 start' 5)")" "8.0 MiB" "$(value '64 start' 5) / 8192" 1
}
