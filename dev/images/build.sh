#!/usr/bin/env bash
# Makes the images of the local cluster that are missing, as tars in the cache, and prints NAME@DIGEST of each.
# usage: build.sh [--path] IMAGE...   (recipes are the IMAGE.sh beside this file; --path prints the tar's path instead)
set -euo pipefail
source "$(dirname "$0")/lib.sh"

what=ref
if [[ ${1:-} == --path ]]; then
  what=path
  shift
fi

build_strictly() { # FILE for what the recipe prints
  set -e
  build >"$1"
}

make_image() ( # IMAGE: each recipe in a shell of its own, for they all name their functions alike
  image=$1
  # shellcheck disable=SC1090
  source "$IMAGES/$image.sh"
  key=$({ inputs && sha256sum "$IMAGES/$image.sh" "$IMAGES/oci.py" "$IMAGES/lib.sh" | cut -d' ' -f1; } | sha256sum | cut -c1-16)
  folder=$HERMES_CACHE/image-$image-$key
  if [[ ! -f $folder/ref ]]; then
    mkdir -p "$HERMES_CACHE"
    exec 9>"$HERMES_CACHE/image-$image.lock"
    flock 9
    if [[ ! -f $folder/ref ]]; then
      start=$SECONDS
      say "  making image $image"
      rm -rf "$HERMES_CACHE/tmp.image-$image".* "$folder"
      tmp=$(mktemp -d "$HERMES_CACHE/tmp.image-$image.XXXXXX")
      mkdir "$tmp/work" "$tmp/image"
      export OUT=$tmp/image/image.tar WORK=$tmp/work
      # not as a condition of `if`: there bash forgets set -e in all that it calls
      set +e
      quietly "image $image" "$tmp/log" build_strictly "$tmp/image/ref"
      status=$?
      set -e
      ((status == 0)) || exit 1
      mv -T "$tmp/image" "$folder"
      rm -rf "$tmp"
      keep_newest "image-$image" "$folder"
      say "  made image $image in $(human $((SECONDS - start))), $(du -m "$folder/image.tar" | cut -f1) MB"
    fi
  fi
  if [[ $what == path ]]; then echo "$folder/image.tar"; else cat "$folder/ref"; fi
)

for image in "$@"; do
  make_image "$image"
done
