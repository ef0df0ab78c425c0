# shellcheck shell=bash disable=SC2034
# Sourced by node-up.sh, node-down.sh and the wrappers: the node's names, its recorded processes, its cgroup.

NODE_DIR=${HERMES_NODE_DIR:-$HERMES_BUILD/node}
NODE_IP=198.18.0.2
NODE_NETNS=hermes-dev
NODE_VETH=hermes0
NODE_CGROUP=hermes
NODE_NAME=hermes-dev
# One node a machine. Here, outside every tree, it is written whose it is.
NODE_OWNER=/run/hermes-dev.owner
NODE_PIDS=$NODE_DIR/pids
NODE_KUBECONFIG=$NODE_DIR/kubeconfig

# Start time of a process in clock ticks since boot: with it, a pid means one process and no later one.
started_at() {
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  stat=${stat##*) } # the name may hold blanks
  # shellcheck disable=SC2086
  set -- $stat
  [[ $1 != Z ]] && printf '%s\n' "${20}"
}

# pid of a recorded process that still runs; fails when it does not
pid_of() {
  local pid start now
  read -r pid start 2>/dev/null <"$NODE_PIDS/$1" || return 1
  now=$(started_at "$pid") && [[ $now == "$start" ]] && printf '%s\n' "$pid"
}

record() { # NAME PID
  printf '%s %s\n' "$2" "$(started_at "$2")" >"$NODE_PIDS/$1"
}

cgroup_v2() { [[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]]; }

# The node's folder in each cgroup hierarchy of this machine.
cgroup_folders() {
  if cgroup_v2; then
    printf '/sys/fs/cgroup/%s\n' "$NODE_CGROUP"
  else
    awk -v g="$NODE_CGROUP" '$3 ~ /^cgroup2?$/ {print $2 "/" g}' /proc/self/mounts
  fi
}

# Every process in the node's cgroup, in whichever hierarchy.
cgroup_pids() {
  local folder
  for folder in $(cgroup_folders); do
    [[ -d $folder ]] || continue
    find "$folder" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  done | sort -un
}

# Runs a command in the node's network and mount namespaces.
in_node() {
  local pid
  pid=$(pid_of metadata) || die "the node is not running"
  nsenter --target "$pid" --net --mount -- "$@"
}
