# shellcheck shell=bash
# Sourced by the recipes of dev/images. A recipe has two functions: `inputs` prints what the image is made of (a change
# there makes a new one), `build` writes the image to $OUT with $WORK as scratch and prints NAME@DIGEST.

source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
IMAGES=$HERMES_TREE/dev/images

oci() { python3 "$IMAGES/oci.py" --out "$OUT" "$@"; }

# Debian release and package sources of this machine, which base images come from too.
debian_sources() {
  local file
  for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    if [[ -s $file ]]; then
      printf '%s\n' "$file"
      return
    fi
  done
}
debian_release() { (source /etc/os-release && echo "$VERSION_CODENAME"); }

# A root file system of Debian packages, kept in the cache. Prints the tar's path.
# usage: debian_root VARIANT PACKAGE,PACKAGE...
debian_root() {
  local key tar
  key=$(printf '%s ' "$(debian_release)" "$@" | cat - "$IMAGES/lib.sh" | sha256sum | cut -c1-16)
  tar=$HERMES_CACHE/debian-$key.tar
  if [[ ! -f $tar ]]; then
    # the epoch bounds all times in it, so that the same packages give the same tar
    SOURCE_DATE_EPOCH=1767225600 mmdebstrap --mode=root --variant="$1" --include="$2" --quiet \
      --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
      --dpkgopt='path-include=/usr/share/doc/*/copyright' \
      --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
      "$(debian_release)" "$tar.part.tar" "$(debian_sources)" >&2
    mv "$tar.part.tar" "$tar"
  fi
  printf '%s\n' "$tar"
}

# The digest of a program linked into build/bin: its folder in the cache is named by it.
program() { readlink "$HERMES_BIN/$1"; }

# Builds a static program of sandbox/daemon.
daemon_program() { # PACKAGE OUTPUT
  (cd "$HERMES_TREE/sandbox/daemon" && CGO_ENABLED=0 GOFLAGS=-buildvcs=false GOTOOLCHAIN=local \
    go build -trimpath -ldflags "-s -w" -o "$2" "$1" >&2)
}
daemon_inputs() {
  (cd "$HERMES_TREE/sandbox/daemon" && find . -type f \( -name '*.go' -o -name 'go.*' -o -name '*.py' -o -name '*.js' -o -name '*.sh' \) ! -name '*_test.go' -print0 |
    sort -z | xargs -0 sha256sum && go env GOVERSION)
}
