#!/usr/bin/env bash
# Brings promtool, Prometheus' checker of rules, to build/bin: Debian's own, unpacked into the cache and not installed, so
# that no server starts on this machine. Whoever has a promtool keeps it.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

if [[ ! -e $HERMES_BIN/promtool ]] && command -v promtool >/dev/null; then exit 0; fi
"$HERMES_TREE/dev/packages.sh"
version() { apt-cache policy prometheus | sed -n 's/^ *Candidate: *//p'; }
if [[ -z $(version) || $(version) == "(none)" ]]; then
  quietly "apt-get update" "$HERMES_BUILD/log/apt-update.log" apt-get -q -o DPkg::Lock::Timeout=300 update
fi
key=$(printf '%s ' "$(version)" | cat - "${BASH_SOURCE[0]}" | sha256sum | cut -c1-16)
root=$HERMES_CACHE/promtool-$key
if [[ ! -x $root/promtool ]]; then
  say "  unpacking promtool of Prometheus $(version)"
  mkdir -p "$HERMES_CACHE"
  part=$(mktemp -d "$HERMES_CACHE/tmp.promtool.XXXXXX")
  trap 'rm -rf "$part"' EXIT
  chmod 755 "$part" # apt downloads as a user of its own
  (cd "$part" && quietly "promtool" "$HERMES_BUILD/log/promtool.log" apt-get -q download "prometheus=$(version)")
  dpkg-deb -x "$part"/prometheus_*.deb "$part/root"
  mkdir -p "$root"
  # whole or not at all: another tree may do the same
  mv "$part/root/usr/bin/promtool" "$root/promtool"
fi
keep_newest promtool "$root"

mkdir -p "$HERMES_BIN"
ln -sfn "$root/promtool" "$HERMES_BIN/promtool"
"$HERMES_BIN/promtool" --version 2>&1 | head -n 1 >&2
