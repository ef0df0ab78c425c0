#!/usr/bin/env bash
# Makes the images of the system and hands the node those that it does not have. Leaves their names with digests in
# build/images.env (OPERATOR_IMAGE=… and so on).
set -euo pipefail
source "$(dirname "$0")/lib.sh"

images=(operator control-api egress postgresql netcanary sandbox-python)
refs=$("$HERMES_TREE/dev/images/build.sh" "${images[@]}")
[[ ${1:-} != --build-only ]] || exit 0

present=$("$HERMES_TREE/dev/ctr.sh" images ls -q)
i=0
: >"$HERMES_BUILD/images.env.part"
while read -r ref; do
  image=${images[i++]}
  if ! grep -qxF "$ref" <<<"$present"; then
    start=$SECONDS
    "$HERMES_TREE/dev/ctr.sh" images import "$("$HERMES_TREE/dev/images/build.sh" --path "$image")" >"$HERMES_BUILD/log/import-$image.log" 2>&1 ||
      die "importing $image failed: see $HERMES_BUILD/log/import-$image.log"
    say "  imported $image in $(human $((SECONDS - start)))"
  fi
  name=${image/sandbox-python/sandbox}
  name=${name//-/_}
  printf '%s_IMAGE=%s\n' "${name^^}" "$ref" >>"$HERMES_BUILD/images.env.part"
done <<<"$refs"
mv "$HERMES_BUILD/images.env.part" "$HERMES_BUILD/images.env"
