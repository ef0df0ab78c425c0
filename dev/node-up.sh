#!/usr/bin/env bash
# Boots a one-node Kubernetes with gVisor. It lives in a network namespace and a mount namespace of its own, and in one
# cgroup; nothing of the machine is changed but these. Running again on a running node does nothing; what a killed run
# left is cleared first. See README.md for what is where.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/node-lib.sh"
here=$HERMES_TREE/dev

programs=(metadata etcd kube-apiserver kube-controller-manager kube-scheduler containerd kubelet kube-proxy netpol)

healthy() {
  local program
  [[ -f $NODE_DIR/complete && -f $HERMES_BUILD/kubeconfig ]] || return 1
  for program in "${programs[@]}"; do
    pid_of "$program" >/dev/null || return 1
  done
  curl -sf --max-time 3 --cacert "$NODE_DIR/data/pki/ca.crt" "https://$NODE_IP:6443/readyz" >/dev/null
}

# Another tree's node is left alone while it lives; what a dead one left is cleared.
claim_machine() {
  local owner
  owner=$(cat "$NODE_OWNER" 2>/dev/null || true)
  if [[ -n $owner && $owner != "$NODE_DIR" ]]; then
    [[ -z $(cgroup_pids) ]] || die "another node runs on this machine, of $owner. Stop it first: HERMES_NODE_DIR=$owner $here/node-down.sh"
    HERMES_NODE_DIR=$owner "$here/node-down.sh"
  fi
  "$here/node-down.sh" # does nothing when nothing is left
  printf '%s\n' "$NODE_DIR" >"$NODE_OWNER"
}

make_network() {
  local netns=(ip -n "$NODE_NETNS")
  ip netns add "$NODE_NETNS"
  ip link add "$NODE_VETH" type veth peer name eth0 netns "$NODE_NETNS"
  ip addr add 198.18.0.1/24 dev "$NODE_VETH"
  ip link set "$NODE_VETH" up
  "${netns[@]}" link set lo up
  "${netns[@]}" addr add "$NODE_IP/24" dev eth0
  "${netns[@]}" link set eth0 up
  "${netns[@]}" route add blackhole default           # nothing leaves the node
  "${netns[@]}" route add 10.96.0.0/16 dev eth0       # rewritten to a pod's address before it is sent
  "${netns[@]}" addr add 169.254.169.254/32 dev lo    # where a cloud has its metadata service
  nsenter --net="/run/netns/$NODE_NETNS" sh -ec '
    sysctl -qw net.ipv4.ip_forward=1
    # a pod may answer the machine, but not begin to talk to it
    iptables -w -t mangle -A FORWARD -o eth0 -m conntrack --ctstate NEW -j DROP'
}

# The whole node would get as much of a busy machine as one program beside it, and its control plane half of what its
# sandboxes get: each would be starved by what it serves. usage: weigh FOLDER CORES
weigh() {
  # as the kubelet counts: 1024 shares a core (v1); 100 is the weight of a group that nobody weighed (v2)
  if [[ -f $1/cpu.shares ]]; then echo $((1024 * $2)) >"$1/cpu.shares"; fi
  if [[ -f $1/cpu.weight ]]; then echo $((100 * $2)) >"$1/cpu.weight"; fi
}

make_cgroups() {
  local folder
  for folder in $(cgroup_folders); do
    mkdir -p "$folder/system"
    # cgroup v1: a new cpuset is empty and takes no process
    if [[ -f $folder/cpuset.cpus && $folder == */cpuset/* ]]; then
      for part in cpus mems; do
        cat "$(dirname "$folder")/cpuset.$part" >"$folder/cpuset.$part"
        cat "$folder/cpuset.$part" >"$folder/system/cpuset.$part"
      done
    fi
  done
  if cgroup_v2; then
    for folder in /sys/fs/cgroup "/sys/fs/cgroup/$NODE_CGROUP"; do
      echo "+cpu +cpuset +memory +pids +io" >"$folder/cgroup.subtree_control" ||
        die "this machine's cgroup v2 does not hand out its controllers in $folder (is this a container?)"
    done
  fi
  for folder in $(cgroup_folders); do
    weigh "$folder" 16
    weigh "$folder/system" 8
  done
}

# Starts a program in the node's cgroup and namespaces, apart from this terminal.
# usage: start NAME COMMAND...
start() {
  local name=$1 enter pid folder
  shift
  if pid=$(pid_of metadata); then
    enter=(nsenter --target "$pid" --net --mount --)
  else
    enter=(nsenter --net="/run/netns/$NODE_NETNS" unshare --mount --propagation private -- "$here/node-mounts.sh" "$NODE_DIR")
  fi
  # the shell puts itself into the cgroup, then becomes the program: no moment outside
  # shellcheck disable=SC2016
  setsid bash -c '
    for folder in $1; do echo $$ >"$folder/system/cgroup.procs"; done
    shift
    exec "$@"' _ "$(cgroup_folders)" "${enter[@]}" "$@" >"$NODE_DIR/log/$name.log" 2>&1 </dev/null &
  record "$name" $!
}

wait_for() { # WHAT SECONDS COMMAND...
  local what=$1 until=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    for program in "$NODE_PIDS"/*; do
      program=$(basename "$program")
      pid_of "$program" >/dev/null || die "$program ended; the end of $NODE_DIR/log/$program.log:
$(tail -n 15 "$NODE_DIR/log/$program.log")"
    done
    ((SECONDS < until)) || die "$what: not within the time; logs are in $NODE_DIR/log"
    sleep 0.1
  done
}

kubectl() { command kubectl --kubeconfig "$NODE_KUBECONFIG" "$@"; }

boot_control_plane() {
  local pki=/var/lib/hermes/pki
  start etcd etcd --data-dir /var/lib/hermes/etcd --unsafe-no-fsync --log-level warn \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --auto-compaction-retention 1h
  start containerd containerd --config /run/hermes/containerd.toml
  start kube-apiserver kube-apiserver --etcd-servers http://127.0.0.1:2379 \
    --advertise-address "$NODE_IP" --service-cluster-ip-range 10.96.0.0/16 --allow-privileged \
    --tls-cert-file $pki/apiserver.crt --tls-private-key-file $pki/apiserver.key --client-ca-file $pki/ca.crt \
    --service-account-issuer https://kubernetes.default.svc \
    --service-account-key-file $pki/service-accounts.key --service-account-signing-key-file $pki/service-accounts.key \
    --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction \
    --kubelet-client-certificate $pki/admin.crt --kubelet-client-key $pki/admin.key \
    --kubelet-certificate-authority $pki/ca.crt --kubelet-preferred-address-types InternalIP \
    --event-ttl 1h --profiling=false
  wait_for "API server" 60 kubectl get --raw /readyz
}

boot_node() {
  local pki=/var/lib/hermes/pki fast=(--kube-api-qps 200 --kube-api-burst 400 --leader-elect=false --profiling=false)
  start kube-controller-manager kube-controller-manager --kubeconfig $pki/kube-controller-manager.kubeconfig "${fast[@]}" \
    --service-account-private-key-file $pki/service-accounts.key --root-ca-file $pki/ca.crt \
    --use-service-account-credentials --concurrent-gc-syncs 5 --controllers '*,-nodeipam,-route,-service-lb-controller'
  start kube-scheduler kube-scheduler --kubeconfig $pki/kube-scheduler.kubeconfig "${fast[@]}"
  start kubelet kubelet --kubeconfig $pki/kubelet.kubeconfig --config /run/hermes/kubelet.yaml \
    --hostname-override "$NODE_NAME" --node-ip "$NODE_IP" --cert-dir $pki
  start kube-proxy kube-proxy --kubeconfig $pki/kube-proxy.kubeconfig --hostname-override "$NODE_NAME" \
    --proxy-mode iptables --cluster-cidr 10.244.0.0/22 --conntrack-max-per-core 0 --oom-score-adj 0 \
    --iptables-min-sync-period 100ms
  wait_for "node object" 60 kubectl get node "$NODE_NAME"
  start netpol netpol --kubeconfig $pki/admin.kubeconfig --node "$NODE_NAME" --service-cidr 10.96.0.0/16
}

import_own_images() {
  wait_for "containerd" 30 "$here/ctr.sh" version
  local tar
  for tar in "$("$here/images/build.sh" --path pause)" "$("$here/images/build.sh" --path coredns)"; do
    "$here/ctr.sh" images import "$tar" >/dev/null
  done
}

for program in "${programs[@]}"; do
  command -v "$program" >/dev/null || die "$program is not built: run dev/build.sh"
done
if healthy; then
  exit 0
fi
# inside its mount namespace these folders are the node's own
for path in "$NODE_DIR" "$HERMES_TREE" "$HERMES_CACHE"; do
  case $(realpath -m "$path") in
    /run/* | /var/run/* | /var/lib/* | /var/log/*) die "$path cannot be below /run, /var/lib or /var/log (HERMES_CACHE and HERMES_NODE_DIR can be set)" ;;
  esac
done
begin=$SECONDS
claim_machine
mkdir -p "$NODE_DIR"/{log,run,lib,pids} "$NODE_DIR"/data/{etcd,containerd,volumes}
chmod 700 "$NODE_DIR/data/etcd"
"$here/node-pki.sh" "$NODE_DIR/data/pki" "$NODE_IP" "$NODE_NAME"
install -m 600 "$NODE_DIR/data/pki/admin.kubeconfig" "$NODE_KUBECONFIG"
install -m 600 "$NODE_KUBECONFIG" "$HERMES_BUILD/kubeconfig"
make_network
make_cgroups
start metadata metadata 169.254.169.254:80 # first: its mount namespace becomes the node's
wait_for "metadata stand-in" 10 nsenter --net="/run/netns/$NODE_NETNS" curl -sf http://169.254.169.254/
boot_control_plane
boot_node
import_own_images
sed "s/CHECKSUM/\"$(sha256sum "$here/node/conf/cluster.yaml" | cut -c1-16)\"/" "$here/node/conf/cluster.yaml" |
  kubectl apply -f - >/dev/null
"$here/node-volume.sh"
wait_for "node Ready" 60 kubectl wait --for=condition=Ready "node/$NODE_NAME" --timeout=1s
# asks the Service itself: with kept data the Deployment's status may be of the last boot
wait_for "name server" 60 in_node timeout 1 bash -c '</dev/tcp/10.96.0.10/53'
touch "$NODE_DIR/complete"
say "  node up in $(human $((SECONDS - begin))); kubeconfig: $HERMES_BUILD/kubeconfig"
