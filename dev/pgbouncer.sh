#!/usr/bin/env bash
# Brings PgBouncer for the tests to build/bin: Debian's own, unpacked into the cache and not installed, so that nothing
# starts on this machine. Debian 12 has 1.18, without prepared statements in transaction mode; hence Debian 13's.
set -euo pipefail
source "$(dirname "$0")/images/lib.sh"
release=trixie

"$HERMES_TREE/dev/packages.sh"
file=$(debian_sources)
mirror=$(sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb (\[[^]]*\] )?([^ ]+).*/\2/p' "$file" | head -n 1)
key=$(printf '%s ' "$release" "$mirror" | cat - "${BASH_SOURCE[0]}" | sha256sum | cut -c1-16)
root=$HERMES_CACHE/pgbouncer-$key
if [[ ! -d $root ]]; then
  say "  unpacking PgBouncer of Debian's $release"
  rm -rf "$root.part"
  mkdir -p "$root.part" "$HERMES_BIN"
  quietly "mmdebstrap" "$HERMES_BUILD/log/pgbouncer.log" mmdebstrap --mode=root --variant=extract --include=pgbouncer \
    --quiet "$release" "$root.part" "deb $mirror $release main"
  mv "$root.part" "$root"
fi
keep_newest pgbouncer "$root"

mkdir -p "$HERMES_BIN"
cat >"$HERMES_BIN/pgbouncer" <<EOF
#!/bin/sh
exec "$root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu" "$root/usr/sbin/pgbouncer" "\$@"
EOF
chmod +x "$HERMES_BIN/pgbouncer"
"$HERMES_BIN/pgbouncer" --version | head -n 1 >&2
