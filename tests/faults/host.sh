# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# host.sh - a host that keeps its disk and loses its power: for the tests in this directory.
#
#   host_new               boot lab host A from a new disk, with systemd, libvirtd and this build, as 'make
#                          install' and 'systemctl enable' leave it; and B, a peer without any of that
#   on CMD, peer CMD       run a shell command line in A, in B
#   boots                  wait until all of A has booted; prints what failed at it
#   cut, power             cut A's power; boot it again, and wait for that
#   fabric [VLAN]          print a fabric: A has a team of eth0 and eth1, a switch on it, its management
#                          address 10.9.0.1 on VLAN 10, and the network 'Guests' on a VLAN [20]; with
#                          another VLAN also an address 10.9.1.1 there
#   put FILE               write stdin to a file in A
#   apply_fabric [VLAN]    describe that to A, and apply it
#   state                  print all of A that a boot has to bring back
#   calls CMD              run a command line in A; print what its process that changes the host asked the
#                          kernel for: lines "CALL N", the Nth CALL of any process of the command
#   stops_at CALL N CMD    run a command line in A, of which each process stops at its Nth CALL; returns when
#                          one has stopped, and fails if none does
#
# eth0 and eth1 of A are on two switches of one network, and so is eth0 of B, which has 10.9.0.2 on it.

# shellcheck source=tests/tap.sh
. "${srcdir:?}/tests/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

on() { lab exec A "$@"; }
peer() { lab exec B "$@"; }
put() { on "cat >$(printf %q "$1")"; }

install_libvirtd() {
  on 'getent group libvirt-qemu || echo libvirt-qemu:x:64055: >>/etc/group
    getent passwd libvirt-qemu || echo libvirt-qemu:x:64055:64055::/var/lib/libvirt:/bin/false >>/etc/passwd
    mkdir -p /etc/libvirt; cd /etc/libvirt
    printf "%s\n" "auth_unix_rw = \"none\"" "unix_sock_group = \"root\"" >libvirtd.conf
    printf "%s\n" "security_driver = \"none\"" "user = \"root\"" "group = \"root\"" "cgroup_controllers = []" >qemu.conf
    cat >/etc/systemd/system/libvirtd.service' <<'UNIT' >/dev/null
# for distributions that have it in a package of its own
[Unit]
After=network.target dbus.service
[Service]
Type=notify
ExecStart=/usr/sbin/libvirtd
KillMode=process
[Install]
WantedBy=multi-user.target
UNIT
}

host_new() {
  make -s -C "${builddir:?}" install DESTDIR="$work/root" >"$work/install.log" 2>&1 || bail "$(<"$work/install.log")"
  lab up --state "$work/disks" --systemd A
  lab up B
  lab trunk 0 1 on
  peer 'ip link set eth0 up; ip link add link eth0 name eth0.10 type vlan id 10; ip address add 10.9.0.2/24 dev eth0.10
    ip link set eth0.10 up'
  install_libvirtd
  on "cp -a $work/root/. /; mkdir -p /etc/virt-loom; systemctl daemon-reload; systemctl enable libvirtd virt-loom-boot" 2>/dev/null
  on 'systemctl start libvirtd; sync'
}

boots() {
  local state
  state=$(on 'systemctl is-system-running --wait' || :)
  [ "$state" != running ] || return 0
  on 'systemctl --failed --no-legend; journalctl -b -u "virt-loom*" --no-pager; journalctl -b -p warning --no-pager | tail -30'
  return 1
}

cut() { lab kill A; }
power() { lab up A && boots; }

fabric() { # [VLAN]
  cat <<FABRIC
<fabric name='lab'>
  <hostgroup name='Lab'/>
  <logicalnetwork name='Lab LAN' type='vlan'>
    <site name='Lab site'>
      <hostgroup ref='Lab'/>
      <subnet address='10.9.0.0' prefix='24' vlan='10'/>
      <subnet address='10.9.1.0' prefix='24' vlan='${1:-20}'/>
    </site>
  </logicalnetwork>
  <vmnetwork name='Hosts' logicalnetwork='Lab LAN' isolation='vlan'><vlan site='Lab site' id='10'/></vmnetwork>
  <vmnetwork name='Guests' logicalnetwork='Lab LAN' isolation='vlan'><vlan site='Lab site' id='${1:-20}'/></vmnetwork>
  <uplinkprofile name='Lab uplink'>
    <team mode='switch-independent' loadbalance='host-default'/>
    <site logicalnetwork='Lab LAN' ref='Lab site'/>
  </uplinkprofile>
  <portprofile name='Plain'/>
  <classification name='Plain'/>
  <logicalswitch name='Lab switch' datapath='bridge' uplinkmode='team' minbandwidth='none'>
    <uplink profile='Lab uplink'>
      <vnic name='mgmt0' vmnetwork='Hosts' classification='Plain' role='management'>
        <ip address='10.9.0.1' prefix='24'/>
      </vnic>
      ${1:+<vnic name='more0' vmnetwork='Guests' classification='Plain'><ip address='10.9.1.1' prefix='24'/></vnic>}
    </uplink>
    <portgroup classification='Plain' profile='Plain' default='yes'/>
  </logicalswitch>
  <host name='A' hostgroup='Lab'>
    <switch logicalswitch='Lab switch' device='vs0' uplink='Lab uplink'><nic name='eth0'/><nic name='eth1'/></switch>
  </host>
</fabric>
FABRIC
}

apply_fabric() { fabric "$@" | put /etc/virt-loom/fabric.xml && on "virt-loom apply && sync"; }

# shellcheck disable=SC2016 # expands in the host
state() {
  on 'export LC_ALL=C; exec 2>&1
    cd /sys/class/net; for link in */; do link=${link%/}
      echo "link $link $(cat "$link"/{address,mtu,operstate} | xargs) in $(basename "$(readlink -f "$link/master")")"
    done
    ip -o address | sed "s/^[0-9]*: //; s/ *\\\\.*//" | sort
    (ip route show table all; ip -6 route show table all) | sort
    bridge vlan | awk "NR > 1 { if (!/^[ \t]/) { device = \$1; \$1 = \"\" } \$1 = \$1; print device, \$0 }" | sort
    cat bonding_masters */bonding/{mode,miimon,slaves} 2>/dev/null | xargs -r -n 1 | sort # the module may be there
    virsh net-list --all | sort
    for network in $(virsh net-list --all --uuid); do virsh net-dumpxml "$network"; done
    (cd /run/virt-loom && md5sum names/* networks/*) 2>/dev/null
    md5sum /var/lib/virt-loom/committed.xml
    find /etc/network /etc/systemd/network /etc/NetworkManager/conf.d -type f -exec md5sum {} + | sort -k 2' |
    grep -v fe80: # it is there when duplicate address detection is over
}

boundaries=sendmsg,fsync,rename,unlink

# Points that a process which changes nothing reaches as well are left out: it would be that one which stops.
calls() { # CMD
  on "strace -f -qq -o /run/trace -e trace=$boundaries,execve -e signal=none $1 >/run/calls.log 2>&1 </dev/null
    status=\$?; cat /run/calls.log >&2; [ \$status = 0 ] && cat /run/trace" >"$work/trace" || return
  awk '
    /execve\(/ { if (/"apply-run"/) runner = $1; next }
    match($2, /^[a-z]+\(/) {
      call = substr($2, 1, RLENGTH - 1)
      at = ++count[$1, call]
      if (at > (most[call] + 0) && $1 != runner) most[call] = at
      order[++n] = call " " at; by[n] = $1
    }
    END {
      for (i = 1; i <= n; i++) {
        split(order[i], word, " ")
        if (by[i] == runner && word[2] > most[word[1]] + 0) print order[i]
      }
    }' "$work/trace"
}

# shellcheck disable=SC2016
stops_at() { # CALL N CMD
  on "rm -f /run/trace; strace -f -qq -o /run/trace -e trace=$1 -e inject=$1:signal=SIGSTOP:when=$2 $3 >/run/stopped.log 2>&1 </dev/null &
    for i in \$(seq 2400); do
      grep -q 'stopped by SIGSTOP' /run/trace 2>/dev/null && exit
      kill -0 \$! 2>/dev/null || exit 1
      sleep .05
    done; exit 1"
}
