#!/bin/sh
# What QTS calls: imagedepot.sh start|stop|restart
set -eu

name=imagedepot
qpkg=$(/sbin/getcfg $name Install_Path -f /etc/config/qpkg.conf)
station=$(/sbin/getcfg container-station Install_Path -f /etc/config/qpkg.conf)
docker=$station/bin/docker
data=/share/Container/imagedepot

start() {
    if [ "$(/sbin/getcfg $name Enable -u -d FALSE -f /etc/config/qpkg.conf)" != TRUE ]; then
        echo "$name is disabled"
        exit 1
    fi
    "$docker" image inspect imagedepot:latest >/dev/null 2>&1 || "$docker" load -i "$qpkg/imagedepot.tar"
    mkdir -p "$data"
    chown 10001:10001 "$data"
    "$docker" rm -f $name >/dev/null 2>&1 || true
    "$docker" run -d --name $name --restart unless-stopped -p 8080:8080 -v "$data:/data" --read-only \
        --cap-drop ALL --security-opt no-new-privileges:true imagedepot:latest
}

stop() {
    "$docker" stop $name >/dev/null 2>&1 || true
}

case ${1:-} in
    start) start ;;
    stop) stop ;;
    restart) stop; start ;;
    *) echo "usage: $0 start|stop|restart" >&2; exit 2 ;;
esac
