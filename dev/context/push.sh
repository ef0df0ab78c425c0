#!/usr/bin/env bash
# Takes images of dev/images to REGISTRY and prints NAME_IMAGE=REFERENCE@DIGEST of each.
# Whoever may push is logged in: crane reads the credentials of `docker login` and of `crane auth login`.
# REGISTRY_INSECURE=1: a registry without TLS. usage: push.sh IMAGE...
set -euo pipefail
source "$(dirname "$0")/../lib.sh"
[[ -n ${REGISTRY:-} ]] || die "REGISTRY is not given: name one that you may push to, such as registry.example/team/hermes"
insecure=()
[[ ${REGISTRY_INSECURE:-} != 1 ]] || insecure=(--insecure)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A tar of dev/images is an OCI layout, in which one image stands under two names; crane takes one.
push() { # TAR REFERENCE
  local folder=$scratch/layout
  rm -rf "$folder"
  mkdir "$folder"
  tar -C "$folder" -xf "$1"
  jq '.manifests |= .[:1]' "$folder/index.json" >"$folder/index.part"
  mv "$folder/index.part" "$folder/index.json"
  crane push "${insecure[@]}" "$folder" "$2" 2>"$scratch/log" || {
    tail -n 5 "$scratch/log" >&2
    die "$2 cannot be pushed. Are you logged in? build/bin/crane auth login ${REGISTRY%%/*}   (REGISTRY_INSECURE=1 for a registry without TLS)"
  }
}

for image in "$@"; do
  ref=$("$HERMES_TREE/dev/images/build.sh" "$image")
  digest=${ref##*@}
  target=$REGISTRY/$image
  if [[ $(crane digest "${insecure[@]}" "$target@$digest" 2>/dev/null) != "$digest" ]]; then
    start=$SECONDS
    push "$("$HERMES_TREE/dev/images/build.sh" --path "$image")" "$target:${digest:7:12}" >/dev/null
    say "  pushed $image in $(human $((SECONDS - start)))"
  fi
  name=${image/sandbox-python/sandbox}
  name=${name//-/_}
  printf '%s_IMAGE=%s\n' "${name^^}" "$target@$digest"
done
