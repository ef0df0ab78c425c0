#!/usr/bin/env bash
# Builds the programs of the node from Go modules, each into a folder of the cache that is named by what it was made of,
# and links them into build/bin. Only what is missing is built; a folder appears whole or not at all.
# usage: build.sh [MODULE...]   (folders of dev/node; all of them when none is named)
set -euo pipefail
source "$(dirname "$0")/lib.sh"

modules=("$@")
((${#modules[@]})) || modules=(small gvisor containerd netpol coredns tools kubernetes)

export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS="-mod=readonly -buildvcs=false"
go_version=$(go env GOVERSION)
mkdir -p "$HERMES_CACHE" "$HERMES_BIN" "$HERMES_BUILD/cni" "$HERMES_BUILD/share"

key_of() {
  (cd "$HERMES_TREE/dev/node/$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum && echo "$go_version") |
    sha256sum | cut -c1-16
}

build_module() { # NAME OUT
  local tmp
  tmp=$(mktemp -d "$HERMES_CACHE/tmp.$1.XXXXXX")
  mkdir "$tmp/bin"
  if (cd "$HERMES_TREE/dev/node/$1" && OUT=$tmp quietly "$1" "$HERMES_BUILD/log/build-$1.log" nice bash ./build.sh); then
    mv -T "$tmp" "$2"
  else
    rm -rf "$tmp"
    return 1
  fi
}

link_into() { # FOLDER FILE...
  local folder=$1
  shift
  if [[ -e $1 ]]; then ln -sfn "$@" "$folder/"; fi
}

for module in "${modules[@]}"; do
  out=$HERMES_CACHE/$module-$(key_of "$module")
  if [[ ! -d $out ]]; then
    # one builder at a time: a second one waits here and then finds the folder
    exec 9>"$HERMES_CACHE/$module.lock"
    flock 9
    if [[ ! -d $out ]]; then
      rm -rf "$HERMES_CACHE/tmp.$module".* # of a build that was killed
      start=$SECONDS
      say "  building $module"
      build_module "$module" "$out"
      keep_newest "$module" "$out"
      say "  built $module in $(human $((SECONDS - start)))"
    fi
    exec 9>&-
  fi
  link_into "$HERMES_BIN" "$out"/bin/*
  link_into "$HERMES_BUILD/cni" "$out"/cni/*
  link_into "$HERMES_BUILD/share" "$out"/share/*
done
