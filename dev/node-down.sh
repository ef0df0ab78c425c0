#!/usr/bin/env bash
# Stops the node: kills what node-up.sh recorded and what lives in the node's cgroup, and removes its namespaces, cgroups
# and run files. The data folder stays (PURGE=1 removes it too). Touches nothing else, and is content with nothing to do.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/node-lib.sh"

owner=$(cat "$NODE_OWNER" 2>/dev/null || true)
if [[ -n $owner && $owner != "$NODE_DIR" ]]; then
  say "  the node on this machine belongs to $owner: left alone"
  exit 0
fi

kill_recorded() {
  local file pid
  for file in "$NODE_PIDS"/*; do
    if [[ -f $file ]] && pid=$(pid_of "$(basename "$file")"); then
      kill -KILL "$pid" 2>/dev/null || true
    fi
  done
}

# Again and again, for a dying shim may still start something.
kill_cgroup() {
  local pids round
  for round in {1..100}; do
    pids=$(cgroup_pids)
    [[ -n $pids ]] || return 0
    # shellcheck disable=SC2086
    kill -KILL $pids 2>/dev/null || true
    ((round < 5)) || sleep 0.1
  done
  die "these processes of the node do not die: $pids"
}

remove_cgroups() {
  local folder
  for folder in $(cgroup_folders); do
    [[ -d $folder ]] || continue
    # emptied groups can be busy for a moment
    for _ in {1..50}; do
      find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null || true
      [[ -d $folder ]] || break
      sleep 0.1
    done
    [[ ! -d $folder ]] || die "cgroup $folder cannot be removed"
  done
}

# In the node's own mount namespace all is gone with its last process; this is for what was mounted from outside.
unmount_below() {
  local target
  awk -v d="$NODE_DIR/" 'index($2, d) == 1 {print $2}' /proc/self/mounts | sort -r | while read -r target; do
    umount -l "$target"
  done
}

kill_recorded
kill_cgroup
remove_cgroups
# the link first: with its namespace it would go too, but some time later
[[ ! -e /sys/class/net/$NODE_VETH ]] || ip link del "$NODE_VETH"
[[ ! -e /run/netns/$NODE_NETNS ]] || ip netns del "$NODE_NETNS"
unmount_below
rm -rf "${NODE_DIR:?}"/{run,lib,pids,complete,kubeconfig}
rm -f "$NODE_OWNER"
if [[ ${PURGE:-} == 1 ]]; then
  rm -rf "${NODE_DIR:?}"
  rm -f "$HERMES_BUILD"/{kubeconfig,dev.env,images.env}
fi
