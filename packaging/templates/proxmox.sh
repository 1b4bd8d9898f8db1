#!/bin/sh
# Proxmox VE, as root on the node: an unprivileged Debian 12 container with the Debian package in it.
#
#   sh proxmox.sh imagedepot_0.1.0-1+py3.11_amd64.deb [ID] [STORAGE] [SIZE in GB]
set -eu

package=${1:?"usage: $0 PACKAGE.deb [ID] [STORAGE] [SIZE]"}
id=${2:-$(pvesh get /cluster/nextid)}
storage=${3:-local-lvm}
size=${4:-64}

pveam update >/dev/null
template=$(pveam available --section system | awk '/debian-12-standard/ {print $2}' | tail -n 1)
pveam list local | grep -q "$template" || pveam download local "$template"

pct create "$id" "local:vztmpl/$template" --hostname imagedepot --unprivileged 1 --cores 2 --memory 1024 \
    --rootfs "$storage:$size" --net0 name=eth0,bridge=vmbr0,ip=dhcp --onboot 1 --features nesting=1
pct start "$id"
pct exec "$id" -- sh -c 'for i in $(seq 60); do getent hosts deb.debian.org >/dev/null && exit 0; sleep 1; done; exit 1'
pct push "$id" "$package" /tmp/imagedepot.deb
pct exec "$id" -- sh -c 'apt-get -qq update && apt-get -qq install -y /tmp/imagedepot.deb'

echo "The first user is made at one of these addresses:"
pct exec "$id" -- sh -c 'journalctl -u imagedepot --no-pager -o cat | grep setup || true'
