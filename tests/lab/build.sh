#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# build.sh - make the lab's kernel and initramfs, once per kernel version, and print their directory.
#
# The kernel is the newest installed one that has what the lab needs; where none is (in a container, or
# under another kernel), the distribution's kernel package is downloaded and unpacked into the cache. It
# is never installed: the machine boots what it booted before. Run by lab. Environment: VIRT_LOOM_LAB_DIR;
# KV, a kernel version to use.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
cache=${VIRT_LOOM_LAB_DIR:?is not set: run this as lab build}

boot_modules=(virtio_pci 9pnet_virtio 9p overlay virtio_net virtio_rng)
disk_modules=(virtio_blk ext4)
# what the lab is for: a kernel without one of these is no use
host_modules=(bridge 8021q bonding sch_sfq sch_htb cls_fw act_police)

say() { echo "lab: $*" >&2; }
die() { say "$*"; exit 1; }

# --- which kernel ----------------------------------------------------------------------------------

# A root is a directory with lib/modules/VERSION: "" for this machine's own, else one in the cache.

image_of() { # ROOT VERSION
  local image
  for image in "$1/boot/vmlinuz-$2" "$1/lib/modules/$2/vmlinuz" "$1/usr/lib/modules/$2/vmlinuz"; do
    if [ -r "$image" ]; then
      echo "$image"
      return
    fi
  done
  return 1
}

module_files() { # ROOT VERSION MODULE...: in the order of loading; nothing for what is built in
  local root=$1 version=$2 module
  shift 2
  for module; do
    modprobe -d "${root:-/}" -S "$version" --show-depends "$module" || return 1
  done | sed -n 's/^insmod \(.*[^ ]\) *$/\1/p' | awk '!seen[$0]++'
}

is_useful() { # ROOT VERSION
  image_of "$@" >/dev/null && module_files "$@" "${boot_modules[@]}" "${disk_modules[@]}" "${host_modules[@]}" &>/dev/null
}

newest() { # ROOT: the newest useful version under it
  local dir version
  for dir in "$1"/lib/modules/*/; do
    version=$(basename "$dir")
    [ "${KV:-$version}" = "$version" ] || continue
    if is_useful "$1" "$version"; then echo "$version"; fi
  done | sort -V | tail -n 1
}

unpack_deb() { # DIR
  local package
  package=$(apt-cache depends --important linux-image-amd64 | awk '/Depends: linux-image-/{print $2; exit}')
  [ -n "$package" ] || die "APT knows no linux-image-amd64; try 'apt-get update'"
  say "downloading $package (about 70 MB, once)"
  (cd "$1" && apt-get -qq -o APT::Sandbox::User=root download "$package") >&2 ||
    die "$package could not be downloaded; try 'apt-get update'"
  dpkg-deb --fsys-tarfile "$1"/*.deb |
    tar -C "$1" -x --exclude='./lib/modules/*/kernel/sound' \
      --exclude='./lib/modules/*/kernel/drivers/'{gpu,media,infiniband,iio,scsi,staging,usb,hwmon} ./boot ./lib
  rm "$1"/*.deb
}

unpack_rpm() { # DIR
  local rpm
  say "downloading the kernel packages (about 100 MB, once)"
  (cd "$1" && dnf -q download kernel-core kernel-modules-core kernel-modules kernel-modules-extra) >&2 ||
    die "the kernel packages could not be downloaded"
  for rpm in "$1"/*.rpm; do
    (cd "$1" && rpm2cpio "$rpm" | cpio -idm --quiet)
  done
  rm "$1"/*.rpm
  [ -d "$1/lib/modules" ] || ln -s usr/lib "$1/lib"
}

download() { # unpack the distribution's kernel into the cache
  local dir=$cache/tmp version
  rm -rf "$dir"
  mkdir -p "$dir"
  if command -v apt-get >/dev/null; then
    unpack_deb "$dir"
  elif command -v dnf >/dev/null; then
    unpack_rpm "$dir"
  else
    die "no kernel here that the lab can use, and neither apt-get nor dnf to get one"
  fi
  for version in "$dir"/lib/modules/*/; do
    depmod -b "$dir" "$(basename "$version")"
  done
  rm -rf "$cache/kernel"
  mv "$dir" "$cache/kernel"
}

choose() { # sets root and version
  for root in "" "$cache/kernel"; do
    version=$(newest "$root")
    [ -z "$version" ] || return 0
  done
  download
  version=$(newest "$root")
  [ -n "$version" ] || die "the kernel of this distribution lacks one of: ${boot_modules[*]} ${disk_modules[*]} ${host_modules[*]}"
}

# --- kernel and initramfs --------------------------------------------------------------------------

# Started uncompressed, the kernel saves the seconds that unpacking takes in an emulated processor.
uncompress() { # IMAGE OUT
  local magic tool offset
  while read -r magic tool; do
    command -v "${tool%% *}" >/dev/null || continue
    while IFS=: read -r offset _; do
      # trailing bytes make the tool fail; what matters is what came out
      tail -c "+$((offset + 1))" "$1" | $tool >"$2" 2>/dev/null || true
      [ "$(head -c 4 "$2" | tail -c 3)" = ELF ] && return
    done < <(LC_ALL=C grep -obUaP "$magic" "$1" | tr -d '\0')
  done <<'TOOLS'
\xfd7zXZ\x00 xz -dc
\x28\xb5\x2f\xfd zstd -dc
\x1f\x8b\x08 gzip -dc
TOOLS
  cp "$1" "$2"
}

put_module() { # FILE DIR LIST: busybox loads uncompressed modules only
  local name
  name=$(basename "$1")
  echo "${name%%.*}.ko" >>"$2/$3"
  case $1 in
    *.xz) xz -dc "$1" ;;
    *.zst) zstd -qdc "$1" ;;
    *.gz) gzip -dc "$1" ;;
    *) cat "$1" ;;
  esac >"$2/${name%%.*}.ko"
}

initramfs() { # OUT
  local tree=$cache/tmp file
  rm -rf "$tree"
  mkdir -p "$tree"/{bin,dev,proc,sys,lower,rw,new,modules,lab}
  cp "$(command -v busybox)" "$tree/bin/busybox"
  chroot "$tree" /bin/busybox true 2>/dev/null || die "busybox must be the static one: install busybox-static"
  install -m 755 "$here/lib/init" "$tree/init"
  install -m 755 "$here/lib/guest-init" "$here/lib/session" "$tree/bin/busybox" "$tree/lab"
  install -m 600 "$cache/hostkey" "$cache/id.pub" "$tree/lab"
  echo "$version" >"$tree/lab/version"
  echo "$root/lib/modules/$version" >"$tree/lab/modules"
  : >"$tree/modules/boot"
  : >"$tree/modules/disk"   # all may be built in
  while read -r file; do
    put_module "$file" "$tree/modules" boot
  done < <(module_files "$root" "$version" "${boot_modules[@]}")
  while read -r file; do
    put_module "$file" "$tree/modules" disk
  done < <(module_files "$root" "$version" "${disk_modules[@]}")
  (cd "$tree" && find . | cpio -o -H newc --quiet | gzip -1) >"$1"
  rm -rf "$tree"
}

keys() {
  [ -s "$cache/id" ] || ssh-keygen -qt ed25519 -N '' -C virt-loom-lab -f "$cache/id"
  [ -s "$cache/hostkey" ] || dropbearkey -t ed25519 -f "$cache/hostkey" &>/dev/null
}

stamp() { # what the result is made of
  local image
  image=$(image_of "$root" "$version")
  stat -c '%n %s %Y' "$image" "$(command -v busybox)" "$cache/id.pub" "$cache/hostkey"
  cat "$here/build.sh" "$here/lib/init" "$here/lib/guest-init" "$here/lib/session" | cksum
}

[ "$(uname -m)" = x86_64 ] || die "the lab runs on x86_64 only, this is $(uname -m)"
mkdir -p "$cache"
chmod 700 "$cache"
exec 9>"$cache/lock"
flock 9

choose
keys
# One directory per state of what goes in: clones that differ share the cache, and boot meanwhile.
out=$cache/boot-$(stamp | cksum | cut -d' ' -f1)
if ! [ -d "$out" ]; then
  say "unpacking kernel $version"
  find "$cache" -maxdepth 1 -name 'boot-*' -mmin +1440 -exec rm -rf {} +   # not used for a day
  rm -rf "$cache/new"
  mkdir "$cache/new"
  uncompress "$(image_of "$root" "$version")" "$cache/new/vmlinux"
  initramfs "$cache/new/initrd.gz"
  mv "$cache/new" "$out"
fi
touch "$out"
echo "$out"
