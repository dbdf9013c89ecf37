# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# server.sh - a lab host as a libvirt server: for tests that need real cables.
#
#   on HOST CMD           run a shell command line there
#   server_start HOST     its libvirtd, which others reach over TCP, with the hooks of this build

on() { lab exec "$1" "${*:2}" </dev/null; }

# shellcheck disable=SC2016 # what stands in single quotes expands in the host
server_start() { # HOST
  on "$1" 'mkdir -p /etc/libvirt/hooks/qemu.d /etc/libvirt/hooks/network.d /var/log/libvirt /var/lib/libvirt /var/cache/libvirt
    getent group libvirt-qemu >/dev/null || echo libvirt-qemu:x:64055: >>/etc/group
    getent passwd libvirt-qemu >/dev/null || echo libvirt-qemu:x:64055:64055::/var/lib/libvirt:/bin/false >>/etc/passwd
    printf "%s\n" "auth_unix_rw = \"none\"" "unix_sock_group = \"root\"" "listen_tls = 0" "listen_tcp = 1" \
      "auth_tcp = \"none\"" >/etc/libvirt/libvirtd.conf
    printf "%s\n" "security_driver = \"none\"" "user = \"root\"" "group = \"root\"" "cgroup_controllers = []" >/etc/libvirt/qemu.conf'
  for kind in qemu network; do
    on "$1" "ln -s $builddir/hooks/virt-loom-hook-$kind /etc/libvirt/hooks/$kind.d/50-virt-loom"
  done
  on "$1" 'virtlogd -d && libvirtd -d -l && for i in $(seq 600); do virsh -c qemu:///system uri >/dev/null 2>&1 && exit; sleep .1; done; exit 1'
}
