#!/usr/bin/env bash
# Run once, as the first thing in the node's own mount namespace: gives the node its own /run, /var/lib and /var/log, so
# that sockets, volumes and logs have their usual short paths and vanish with the namespace. Then becomes the program.
# usage: node-mounts.sh NODE_DIR COMMAND...
set -euo pipefail
dir=$1
shift
conf=$(cd "$(dirname "$0")" && pwd)/node/conf
mkdir -p "$dir"/run/{hermes,lock,containerd} "$dir"/lib/{hermes,kubelet,containerd,cni}
cp -r "$conf"/. "$dir/run/hermes/"
ln -sfn "$(realpath "$conf/../../../build/cni")" "$dir/run/hermes/cni/bin"
mount --bind "$dir/data" "$dir/lib/hermes"
mount --bind "$dir/data/containerd" "$dir/lib/containerd"
mount --rbind "$dir/lib" /var/lib
mount --bind "$dir/log" /var/log
mount --bind "$dir/run" /run
exec "$@"
