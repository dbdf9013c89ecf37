# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154 # what bench has and uses
#
# links.sh - of bench: what a host's links cost, against others' tools that reach the same.
#
# N host vNICs, each with a VLAN, a port and an address, on a VLAN-filtering bridge with a team of two
# NICs, in a network namespace: here where this kernel has what it takes, else in a lab host. Without
# libvirt's part, which compare_publish measures.

# shellcheck source=tests/features.sh
. "$srcdir/tests/features.sh"
PATH=$srcdir/tests/lab:$PATH
LAB_NS=vlbench
export LAB_NS

is_native() { has_root && [ -z "$(missing offers bonding vlan_filtering)" ]; }

links_missing() { # what keeps all this from running; empty: nothing
  if ! has_root; then
    echo root
  elif ! is_native; then
    lab needs
  fi
}

here() { # CMD...: where the kernel is
  if [ -n "$in_lab" ]; then
    lab exec A "$(printf '%q ' "$@")"
  else
    "$@"
  fi
}

there() { # CMD...: in the namespace, with state directories of its own
  here ip netns exec vlbench env VIRT_LOOM_DATADIR="$VIRT_LOOM_DATADIR" \
    VIRT_LOOM_STATEDIR="$work/state" VIRT_LOOM_RUNDIR="$work/run" "$@"
}

# Two NICs whose other ends are elsewhere.
namespaces_up() {
  local name
  for name in vlbench vlfar; do
    here ip netns add "$name"
    here ip -n "$name" link set lo up
  done
  for name in 0 1; do
    here ip -n vlbench link add "nic$name" type veth peer name "far$name" netns vlfar
    here ip -n vlfar link set "far$name" up
  done
}

namespaces_down() {
  here ip netns delete vlbench
  here ip netns delete vlfar
}

links_up() {
  local count
  for count in 10 100 500 1000; do
    "$tools/vnics" "$count" >"$work/$count.xml"
    mkdir "$work/$count"
    "$tools/recipe" "$work/$count.xml" bench "$work/$count"
  done
  wanted rivals && fetch_rivals
  in_lab=yes
  ! is_native || in_lab=
  links_are_up=yes
  if [ -n "$in_lab" ]; then
    lab up A
  fi
  namespaces_up
  inside=(there) server=()
  pair_links 10 1   # what is read for the first time
}

links_down() {
  links_are_up=
  if [ -n "$in_lab" ]; then
    lab down
  else
    namespaces_down
  fi
}

# --- the least: iproute2 ---------------------------------------------------------------------------

pair_links() { # N ROUNDS
  local at=$work/$1 ours=("$tools/links")
  local batch=(sh -c "cd '$at' && ip -batch ip.batch && sysctl -qp sysctl.conf && bridge -batch bridge.batch && nft -f guards.nft")
  local forget=(rm -rf "$work/state" "$work/run")
  pair "$2" batch /dev/null "${batch[@]}" -- \
    dump /dev/null sh -c 'ip -d -j link show && bridge -j vlan show && nft -j list table netdev virt-loom' -- \
    delete /dev/null sh -c "ip -batch '$at/delete.batch' && nft delete table netdev virt-loom" -- \
    - /dev/null "${forget[@]}" -- - /dev/null mkdir "$work/state" -- \
    apply /dev/null "${ours[@]}" apply "$at.xml" bench -- \
    status /dev/null "${ours[@]}" status "$at.xml" bench -- \
    revert /dev/null "${ours[@]}" revert "$at.xml" bench -- \
    - /dev/null "${batch[@]}" -- group /dev/null sh -c "ip -batch '$at/group.batch' && nft delete table netdev virt-loom"
}

against() { # WHAT OURS OTHER [BUDGET]: two labels of the last pair, wall
  row "$1" "$(milliseconds "$(value "$2" 2)")" "$(milliseconds "$(value "$3" 2)")" \
    "$(value "$2" 2) / $(value "$3" 2)" "${4:-}"
}

compare_links() {
  local count slopes=()
  for count in 100 500 1000; do
    pair_links "$count" $((count == 100 ? 4 : 1))
    against "apply of $count vNICs against ip, bridge and nft" apply batch 1
    against "  status against dumping links, VLANs, guards" status dump 2
    against "  going back against deleting each" revert delete
    against "  against deleting their group at once" revert group
    slopes+=("$(value status 4)")
  done
  row "status: a vNIC more, at 1,000 against at 500" \
    "$(milliseconds "$(calc "(${slopes[2]} - ${slopes[1]}) / 500")")" \
    "$(milliseconds "$(calc "(${slopes[1]} - ${slopes[0]}) / 400")")" \
    "(${slopes[2]} - ${slopes[1]}) / 500 / ((${slopes[1]} - ${slopes[0]}) / 400)" 2
}

# --- others: in a lab host only, where nothing of this machine is changed --------------------------

fetch_rivals() { # into $work/rivals; without them there, they are left out
  mkdir "$work/rivals"
  (cd "$work/rivals" && apt-get download ifupdown2) &>"$work/said" || true
}

rivals_missing() {
  if [ -z "$in_lab" ]; then
    echo "a lab host"
  elif ! compgen -G "$work/rivals/ifupdown2_*.deb" >/dev/null; then
    echo "Debian's ifupdown2 to be downloaded"
  elif ! [ -x /lib/systemd/systemd-networkd ]; then
    echo "systemd-networkd"
  fi
}

# Named ifup, as what it does goes by its name.
install_ifupdown2() {
  here sh -ec "dpkg-deb -x '$work'/rivals/ifupdown2_*.deb '$work/rivals/ifupdown2'
    cp -r '$work/rivals/ifupdown2/usr/share/ifupdown2' /usr/share/
    cp -r '$work/rivals/ifupdown2/etc/network/ifupdown2' /etc/network/
    mkdir -p /run/network
    ln -s __main__.py /usr/share/ifupdown2/ifup
    python3 -m compileall -q /usr/share/ifupdown2"
}

compare_rivals() {
  local lacking count at
  lacking=$(rivals_missing)
  if [ -n "$lacking" ]; then
    echo "left out: ifupdown2 and systemd-networkd, which need $lacking"
    return
  fi
  install_ifupdown2
  for count in ${BENCH_RIVALS:-100}; do
    at=$work/$count
    pair 1 apply /dev/null "$tools/links" apply "$at.xml" bench -- \
      - /dev/null "$tools/links" revert "$at.xml" bench -- \
      networkd /dev/null "$srcdir/tests/bench/networkd" "$at/networkd" -- \
      - /dev/null ip -batch "$at/delete.batch" -- \
      ifupdown2 /dev/null python3 /usr/share/ifupdown2/ifup -a -i "$at/interfaces" -- \
      - /dev/null ip -batch "$at/delete.batch"
    against "apply of $count vNICs against systemd-networkd" apply networkd
    against "  against ifupdown2" apply ifupdown2
  done
}
