# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# links.sh - beside host.sh: a server with a management address on eth0, seen from its wires.
#
#   wires CMD...                  run it where the cables end: as the management station
#   station_up                    addresses of the station on physical network p0
#   bare HOST                     management addresses and routes on eth0 of HOST, as an administrator gives them
#   meter_start NAME ADDRESS      ping it every 10 ms from the station
#   meter_stop NAME               prints how many were lost
#   background NAME CMD...        start it; it prints "ready" when it is; its output is in $work/NAME
#   ends_well CASE NAME           passes if it ends with status 0
#
# IPv4 is 192.168.0.0/24 and IPv6 2001:db8:0::/64; the station is .1, the hosts .11 and .12.

frames=$srcdir/tests/e2e/frames.py
station=vlsandbox-$SANDBOX_SET

wires() { ip netns exec "$station" "$@"; }

station_up() { # both cables of a team end in one network: p0 with p1, p2 with p3
  local cable
  for cable in $(wires ip -o link show type veth | sed -nE 's/^[0-9]+: (h[0-9]+n[13])@.*/\1/p'); do
    wires ip link set "$cable" master "p$((${cable##*n} - 1))"
  done
  wires sysctl -qw net.ipv6.conf.p0.disable_ipv6=0
  wires ip address replace 192.168.0.1/24 dev p0
  wires ip address replace 2001:db8::1/64 dev p0 nodad
}

bare() { # HOST NUMBER
  sandbox exec "$1" sh -ec "
    ip address add 192.168.0.$2/24 brd + dev eth0
    ip address add 2001:db8::$2/64 dev eth0 nodad
    ip route add default via 192.168.0.1 dev eth0 proto static
    ip route add 10.99.0.0/16 via 192.168.0.1 dev eth0 metric 7 table 100
    ip -6 route add default via 2001:db8::1 dev eth0 proto static"
}

meter_start() { # NAME ADDRESS
  # a shell's background ignores SIGINT, by which ping sums up
  env --default-signal=INT ip netns exec "$station" ping -q -n -i 0.01 -W 1 "$2" >"$work/$1" 2>&1 &
  echo $! >"$work/$1.pid"
}

meter_stop() { # NAME: prints lost and sent
  kill -INT "$(<"$work/$1.pid")"
  until grep -q 'packets transmitted' "$work/$1"; do sleep .05; done
  awk '/packets transmitted/ { print $1 - $4 " of " $1 }' "$work/$1"
}

ends_well() { # CASE NAME: what 'background' started comes to its own end, with status 0
  local status=0
  wait "$(<"$work/$2.pid")" || status=$?
  tap_result "$status" "$1"
  [ "$status" = 0 ] || note "$(cat "$work/$2" "$work/$2.err")"
}

background() { # NAME CMD...
  local name=$1 deadline=$((SECONDS + 30))
  shift
  "$@" >"$work/$name" 2>"$work/$name.err" &
  echo $! >"$work/$name.pid"
  until grep -qx ready "$work/$name"; do
    [ "$SECONDS" -lt "$deadline" ] || bail "$name does not start: $(<"$work/$name.err")"
    sleep .1
  done
}
