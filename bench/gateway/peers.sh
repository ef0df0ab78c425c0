#!/usr/bin/env bash
# Installs a gateway to compare with into the cache, pinned, and prints its folder. Its log says why when it cannot.
# usage: peers.sh nginx|portkey|litellm
set -euo pipefail
source "$(dirname "$0")/../../dev/images/lib.sh"
# one of the tree's own programs is called node too
PATH=$(tr : '\n' <<<"$PATH" | grep -vxF "$HERMES_BIN" | paste -sd :)

portkey=@portkey-ai/gateway@1.15.2
# with the one that npm would take, Portkey answers each stream with 500 "immutable"
node_server=1.12.2
# never 1.82.7 or 1.82.8, which thieves of credentials had published; this one is what published measurements are of
litellm='litellm[proxy]==1.93.0'

# Each is called in a folder of its own and keeps errors to itself: bash forgets set -e where a function is a condition.
install_nginx() {
  local tar
  tar=$(debian_root extract nginx) && tar -xf "$tar"
}
install_portkey() {
  printf '{"private": true, "overrides": {"@hono/node-server": "%s"}}\n' "$node_server" >package.json &&
    npm install --no-audit --no-fund --no-package-lock --ignore-scripts --save-exact "$portkey"
}
install_litellm() {
  python3 -m venv . && bin/pip install --disable-pip-version-check "$litellm"
}

name=$1
case $name in
  nginx) input=$(debian_release) ;;
  portkey) input="$portkey $node_server" ;;
  litellm) input=$litellm ;;
  *) die "usage: peers.sh nginx|portkey|litellm" ;;
esac
folder=$HERMES_CACHE/bench-$name-$({ echo "$input" && declare -f "install_$name"; } | sha256sum | cut -c1-16)
mkdir -p "$HERMES_CACHE"
exec 9>"$HERMES_CACHE/bench-$name.lock"
flock 9
if [[ ! -e $folder/done ]]; then
  say "  installing $name"
  rm -rf "$folder" # of a run that was killed; a virtual environment cannot be moved, so it is made where it stays
  mkdir "$folder"
  (cd "$folder" && quietly "$name" "$HERMES_BUILD/log/bench-$name.log" "install_$name")
  touch "$folder/done"
fi
keep_newest "bench-$name" "$folder"
printf '%s\n' "$folder"
