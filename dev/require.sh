#!/usr/bin/env bash
# Checks what only the user can provide: root, JDK 25, Maven, Go. Names each missing one with the command that installs it.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

missing=0
lacks() {
  say "missing: $1"
  say "         $2"
  missing=1
}

[[ $(uname -s)/$(uname -m) == Linux/x86_64 ]] || lacks "Linux on x86_64" "the local node runs on no other machine yet"
[[ $(id -u) == 0 ]] || lacks "root" "the node needs network namespaces, mounts and cgroups: sudo make ..."
command -v apt-get >/dev/null || lacks "Debian's apt-get" "base images and tools come from Debian packages"
[[ -n $(find_jdk) ]] ||
  lacks "JDK 25 (JAVA_HOME or /usr/lib/jvm)" "apt-get install openjdk-25-jdk-headless, or Eclipse Temurin: apt-get install temurin-25-jdk"
command -v mvn >/dev/null || lacks "Maven 3.8 or newer" "apt-get install maven"

# what the modules themselves ask for
wanted=$(sed -n 's/^go //p' "$HERMES_TREE"/dev/node/*/go.mod "$HERMES_TREE/sandbox/daemon/go.mod" | sort -V | tail -n 1)
found=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed 's/^go//' || true)
if [[ -z $found ]] || ! printf '%s\n%s\n' "$wanted" "$found" | sort -V -C; then
  lacks "Go $wanted or newer${found:+ (found $found)}" "unpack a release of https://go.dev/dl into /usr/local/go"
fi
exit "$missing"
