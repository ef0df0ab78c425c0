#!/usr/bin/env bash
# The control API as a gateway: one process of its image, with a PostgreSQL of ours and without a cluster, in front of a mock
# upstream, beside no gateway, nginx, Portkey and LiteLLM in the same run. All of it runs in namespaces of its own, on its
# own loopback. Takes about 20 minutes, asserts no time; fails when a request of Hermes fails or a row of its usage is lost.
#
# What can be set: ROUNDS (5), LENGTH (10) of a run in s, WARMUP (45) of each gateway in s, RATE (100) requests a second of
# the open loop, STREAMS (1000) idle ones and HOLD (20) for how many s, STARTS (3) of Hermes, PEERS ("nginx portkey litellm").
# SOAK=minutes measures none of that: Hermes alone at half load for so long, which must fail nothing, lose nothing and not grow.
# PROFILE=folder takes a recording of the flight recorder of Hermes in a closed loop instead, and tells what a request does.
set -euo pipefail
source "$(dirname "$0")/../dev/lib.sh"
cd "$HERMES_TREE"
here=$HERMES_TREE/bench/gateway
dev/require.sh
dev/packages.sh
JAVA_HOME=$(find_jdk)
export JAVA_HOME GOFLAGS=-buildvcs=false GOTOOLCHAIN=local

say "== Hermes, its image"
program=$(dev/images/build.sh --path control-api)
postgresql=$(dev/images/build.sh --path postgresql)
(cd bench && go build -o ../build/bench .)

world=$HERMES_BUILD/gateway
exec 8>"$world.lock"
flock -n 8 || die "another bench of the gateways runs in this tree"
rm -rf "$world"
mkdir -p "$world"/{program,postgresql,peers}
trap 'rm -rf "$world"' EXIT
python3 dev/images/aot/unpack.py "$program" "$world/program" >"$world/command"
python3 dev/images/aot/unpack.py "$postgresql" "$world/postgresql" >/dev/null

[[ -z ${SOAK:-} ]] || PEERS=
say "== gateways to compare with: ${PEERS-nginx portkey litellm}"
for peer in ${PEERS-nginx portkey litellm}; do
  # its folder, or else why there is none
  "$here/peers.sh" "$peer" >"$world/peers/$peer" || : >"$world/peers/$peer"
done

unshare --net --mount --propagation private --pid --fork --kill-child "$here/world.sh" "$world" </dev/null |
  tee "$HERMES_BUILD/log/bench-gateway.log"
