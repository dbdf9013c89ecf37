# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# managers.sh - a network manager, the real one, on a host of its own with two NICs: for the tests in this
# directory. eth0 has a static address, eth1 one by DHCP from another host.
#
#   host  eth0 10.9.0.5/24 ---- p0 ---- eth0 10.9.0.1/24  server
#         eth1 by DHCP     ---- p1 ---- eth1 10.9.1.1/24  (dnsmasq)
#
#   host_up NAME          make the host; what this machine's packages have configured is not in it
#   on CMD...             run it there
#   put FILE              write stdin to a file there
#   daemon CMD...         start it there
#   observe               who has the links, as XML; observe_says TEXT: whether that holds it
#   round NAME LINK... -- CMD...
#                         hand these links of the manager over and give them back, with all that has to
#                         hold; CMD makes it look at its rules in between
#   await CMD...          until it succeeds

# shellcheck source=tests/tap.sh
. "${srcdir:?}/tests/tap.sh"

live=${builddir:?}/tests/manager-live
export VIRT_LOOM_RUNDIR=/run/virt-loom

on() { sandbox exec "$host" "$@"; }
server() { sandbox exec server "$@"; }
# shellcheck disable=SC2016 # for the shell there
put() { on sh -c 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod 600 "$1"' sh "$1"; }

await() { # CMD...: at most half a minute
  local deadline=$((SECONDS + 30))
  until "$@" &>/dev/null; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep .1
  done
}

# --- the server ------------------------------------------------------------------------------------

server_up() {
  sandbox up server --nics 2
  server ip addr add 10.9.0.1/24 dev eth0
  server ip addr add 10.9.1.1/24 dev eth1
  server dnsmasq --conf-file=/dev/null --interface=eth1 --bind-interfaces --port=0 --user=root \
    --dhcp-authoritative --dhcp-range=10.9.1.100,10.9.1.200,2m --dhcp-leasefile=/run/leases \
    --pid-file=/run/dnsmasq.pid --log-facility=/run/dnsmasq.log
}

mac() { on cat /sys/class/net/eth1/address; }
lease() { server cat /run/leases | awk -v mac="$(mac)" '$2 == mac { print $3, $5 }'; } # address, identity
identity() { lease | sed 's/.* //; s/\*//'; }                                   # nothing: none was sent
granted() { server grep -c "DHCPACK.* $(mac)" /run/dnsmasq.log || :; }

# --- a host ----------------------------------------------------------------------------------------

host_up() { # NAME
  local dir
  host=$1
  sandbox up "$host" --nics 2
  on mount -o remount,bind,ro /sys   # so they know that there is no udev
  for dir in /var/lib/NetworkManager /var/lib/dhcp /var/lib/dhcpcd /etc/NetworkManager /etc/systemd/network \
    /etc/netplan /etc/network; do
    on sh -c "mkdir -p $dir && mount -t tmpfs -o mode=755 test $dir"
  done
  on rm -rf /etc/systemd/system/multi-user.target.wants
  on mkdir -p /run/dbus /run/systemd /run/network /run/virt-loom /etc/network/if-{pre-up,up,down,post-down}.d
  on dbus-daemon --system --fork
}

address() { on ip -4 -o addr show dev "$1" | awk '{ print $4 }' | xargs; }
has_addresses() { [[ $(address eth0) == 10.9.0.5/24 && $(address eth1) == 10.9.1.*/24 ]]; }
daemon() { on sh -c 'exec "$@" </dev/null >/run/daemon.log 2>&1 &' sh "$@"; }
observe() { on "$live" observe eth0 eth1; }
managers() { observe | sed -n "s/.*<manager link='\([^']*\)' name='\([^']*\)'.*/\1 \2/p"; }
managed_by() { [ "$(managers)" = "eth0 $1"$'\n'"eth1 $1" ]; }
process_of() { on cat /run/virt-loom/dhcp/eth1.pid; }
lost() { on sh -c 'grep -E "^.?Deleted .* inet 10\." /run/monitor' || :; }
renewed() { [ "$(granted)" -gt "$1" ]; }

monitor() {
  on sh -c 'ip monitor address </dev/null >/run/monitor 2>&1 & echo $! >/run/monitor.pid'
  sleep .2
}
# shellcheck disable=SC2016 # for the shell there
monitor_end() { on sh -c 'kill $(cat /run/monitor.pid)'; }

round() {
  local name=$1 before links=() count pid
  shift
  while [ "$1" != -- ]; do
    links+=("$1")
    shift
  done
  shift
  leased=$(lease)
  before=$(observe)
  like "$name: has eth1 by DHCP, with the identity that the server saw" "$before" \
    "link='eth1' name='$name' dhcp='yes'( identity='$(identity)')? source="
  is "$name: and no other identity" "$(sed -n "s/.* identity='\([^']*\)'.*/\1/p" <<<"$before")" "$(identity)"
  fails "$name: nothing is in the way of a hand-over" grep refusal <<<"$before"

  count=$(granted)
  monitor
  ok "$name: is taken off" on sh -c "'$live' take ${links[*]} >/run/before.xml"
  is "$name: has let go" "$(managers)" ''
  ok "$name: our client renews the lease" await renewed "$count"
  is "$name: with the same address and identity" "$(lease)" "$leased"
  on "$@" &>/dev/null
  sleep 1
  is "$name: stays away when it looks at its rules again" "$(managers)" ''
  monitor_end
  is "$name: no address went for a moment" "$(lost)" ''
  ok "$name: both addresses are there" has_addresses
  pid=$(process_of)
  ok "$name: to take what is taken changes nothing" on "$live" take "${links[@]}"
  is "$name: neither does our client start again" "$(process_of)" "$pid"

  ok "$name: is given back" on "$live" back /run/before.xml
  ok "$name: manages as before" await looks_like "$before"
  ok "$name: has the addresses again" await has_addresses
  is "$name: and the lease" "$(lease)" "$leased"
  fails "$name: our client is gone" on kill -0 "$pid"
  is "$name: no file of ours is left" "$(on grep -rl virt-loom /etc/NetworkManager /etc/systemd/network \
    /etc/network || :)" ''
}
looks_like() { [ "$(observe)" = "$1" ]; }
observe_says() { observe | grep "$1"; }

server_up
