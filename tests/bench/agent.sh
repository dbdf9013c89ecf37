# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what bench has and uses
#
# agent.sh - of bench: what virt-loomd costs at rest, and what it takes until it has repaired what others
# changed, on a switch of 10, 100 and 1,000 ports of guests.
#
# In a network namespace of this kernel, with the ports of ports.sh: the hooks give them their guards, and
# somebody empties the chain of one of them, or of 500 at once, or takes a host vNIC out of the switch.

AGENT_STORM=500   # ports
AGENT_TIMES=5     # repairs of each kind, each of another port
AGENT_OWN=16384   # KiB

agent_missing() { # what keeps all this from running; empty: nothing
  ports_missing
  command -v nft >/dev/null || echo nft
  [ -r /proc/self/schedstat ] || echo 'a kernel with schedstat'
}

on_agent() { # COMMAND...: in the namespace
  nsenter --net=/run/netns/vlbench-agent "$@"
}

agent_end() {
  if [ -n "${agent_pid:-}" ]; then
    kill "$agent_pid"
    wait "$agent_pid" || :
    agent_pid=
  fi
}

agent_down() {
  agent_end
  ip netns delete vlbench-agent
}

agent_vnics() { # what is committed beside the switch: host vNICs own0 and so on
  local i
  for ((i = 0; i < AGENT_TIMES; i++)); do
    echo "<link name='own$i' kind='veth' ours='yes' mtu='1500' up='yes' peer='own$i-p' logicalswitch='S'/>" \
      "<link name='own$i-p' kind='veth' ours='yes' mtu='1500' up='yes' peer='own$i' master='sw0' logicalswitch='S'/>"
  done
}

agent_up() {
  local i group=1282371437
  agent_is_up=yes
  ip netns add vlbench-agent
  on_switch agent hook_host
  # else the kernel tells of each port once more, when that has passed since it came
  on_agent ip link set sw0 type bridge forward_delay 0
  for ((i = 0; i < AGENT_TIMES; i++)); do
    on_agent ip link add "own$i" group "$group" type veth peer name "own$i-p"
    on_agent ip link set "own$i" up
    on_agent ip link set "own$i-p" group "$group" master sw0 up
  done
  { sed 's,</host>,,' "$work/agent/host.xml"; agent_vnics; echo '</host>'; } >"$work/agent/state/committed.xml"
  LIBVIRT_DEFAULT_URI=test:///default VIRT_LOOM_RUNDIR=$work/agent/run VIRT_LOOM_STATEDIR=$work/agent/state \
    nsenter --net=/run/netns/vlbench-agent "$builddir/agent/virt-loomd" 2>"$work/agent/log" &
  agent_pid=$!
  until grep -q 'connected to libvirt$' "$work/agent/log"; do
    kill -0 "$agent_pid" || { cat "$work/agent/log" >&2; return 1; }
    sleep 0.1
  done
}

agent_guest() { # GUEST COUNT: one starts, with so many ports
  on_switch agent hook_taps "$1" "$2"
  hook_guest "$1" "$2" >"$work/agent/guest-$1.xml"
  on_switch agent hook_qemu "$1" start
}

agent_grow() { # SIZE: from the size before
  local guest
  case $1 in
  10) agent_guest 10 10 ;;
  100) agent_guest 11 90 ;;
  1000) for ((guest = 100; guest < 115; guest++)); do agent_guest "$guest" 60; done ;;
  esac
}

agent_repair() { # LABEL LINK COMMAND...: leaves in $work/agent/LABEL what it took, see repair.c
  on_agent "$tools/repair" "$agent_pid" 60 1 "$2" "${@:3}" >>"$work/agent/$1"
}

agent_repairs() { # SIZE
  local i
  for ((i = 0; i < AGENT_TIMES; i++)); do
    agent_repair "port-$1" "g10t$i" nft flush chain netdev virt-loom "port/g10t$i"
    agent_repair "vnic-$1" "own$i-p" ip link set "own$i-p" nomaster
  done
}

agent_storm() { # a chain each, of guests of sixty
  local i links=()
  for ((i = 0; i < AGENT_STORM; i++)); do
    links+=("g$((101 + i / 60))t$((i % 60))")
  done
  on_agent nft -s list table netdev virt-loom | sort >"$work/agent/before"
  printf 'flush chain netdev virt-loom port/%s\n' "${links[@]}" >"$work/agent/storm.nft"
  on_agent "$tools/repair" "$agent_pid" 60 "$AGENT_STORM" "${links[@]}" nft -f "$work/agent/storm.nft" >"$work/agent/storm"
  on_agent nft -s list table netdev virt-loom | sort | cmp "$work/agent/before" - || exit 1
}

agent_switches() { awk '/ctxt_switches/ { sum += $2 } END { print sum }' /proc/"$agent_pid"/task/*/status; }
agent_ran() { awk '{ sum += $1 } END { printf "%d", sum / 1000 }' /proc/"$agent_pid"/task/*/schedstat; }
agent_memory() { awk -v what="$1:" '$1 == what { print $2 }' "/proc/$agent_pid/smaps_rollup"; } # KiB

agent_median() { # LABEL COLUMN
  cut -f "$2" "$work/agent/$1" | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

agent_row() { # WHAT LABEL OTHER COLUMN [BUDGET]
  local ours other
  ours=$(agent_median "$2" "$4")
  other=$(agent_median "$3" "$4")
  row "$1" "$(milliseconds "$ours")" "$(milliseconds "$other")" "$ours / $other" "${5:-}"
}

agent_rests() { # for two seconds
  local before
  before=$(agent_switches)
  sleep 2
  [ "$(agent_switches)" = "$before" ]
}

compare_rest() {
  local switches ran i
  for ((i = 0; i < 30; i++)); do # addresses of IPv6 take some seconds, and are told of
    ! agent_rests || break
  done
  switches=$(agent_switches)
  ran=$(agent_ran)
  sleep 10
  switches=$(($(agent_switches) - switches))
  ran=$(($(agent_ran) - ran))
  row "virt-loomd at rest, 1,000 ports: wakeups in 10 s" "$switches" 0 "$switches" 0
  row "  its processor time" "$(milliseconds "$ran")" "10000.00 ms" "$ran / 10e6" 0
}

compare_memory() {
  local own all
  own=$(agent_memory Private_Dirty)
  all=$(agent_memory Pss)
  row "  its own memory" "$(mebibytes "$own")" "$(mebibytes "$AGENT_OWN")" "$own / $AGENT_OWN" 1
  row "  and with its share of libraries" "$(mebibytes "$all")" "$(mebibytes "$AGENT_OWN")" "$all / $AGENT_OWN"
}

# The least that it takes: to look at one chain and link, and to put the chain's rules there.
compare_least() {
  local chain="netdev virt-loom port/g10t0"
  { echo "flush chain $chain"; on_agent nft list chain netdev virt-loom port/g10t0; } >"$work/agent/chain.nft"
  inside=(on_agent) server=()
  pair 20 nft /dev/null sh -c "nft -f '$work/agent/chain.nft' && nft list chain $chain && ip -d link show dev g10t0"
  row "a port's repair, processor time: nft and ip" "$(milliseconds "$(agent_median port-1000 2)")" \
    "$(milliseconds "$(value nft 4)")" "$(agent_median port-1000 2) / $(value nft 4)"
}

compare_agent() {
  local size
  for size in 10 100 1000; do
    agent_grow "$size"
    agent_repairs "$size"
  done
  compare_rest
  agent_storm
  compare_memory
  for size in 100 1000; do
    agent_row "a port's repair, $size ports against 10" "port-$size" port-10 1 2
    agent_row "  its processor time" "port-$size" port-10 2 5
  done
  for size in 100 1000; do
    agent_row "a host vNIC's repair, $size ports against 10" "vnic-$size" vnic-10 1 5
    agent_row "  its processor time" "vnic-$size" vnic-10 2 20
  done
  agent_row "repair of $AGENT_STORM ports at once against one" storm port-1000 1 50
  agent_row "  its processor time" storm port-1000 2 100
  agent_end
  compare_least
}
