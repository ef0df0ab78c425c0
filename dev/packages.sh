#!/usr/bin/env bash
# Installs the Debian packages that building images, running the node and testing need, and only those that are missing.
set -euo pipefail
source "$(dirname "$0")/lib.sh"

packages=(
  runc iptables ipset iproute2 nftables conntrack kmod procps util-linux # the node and its network
  mmdebstrap xz-utils unzip python3                                     # images
  ca-certificates curl git jq openssl                                   # everywhere
  shellcheck python3-venv                                               # make test
)
# E2B's clients of make test; whoever has these from elsewhere keeps them
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then packages+=(nodejs npm); fi

missing=()
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
for package in "${packages[@]}"; do
  grep -qx "$package installed" <<<"$installed" || missing+=("$package")
done
((${#missing[@]} == 0)) && exit 0

[[ $(id -u) == 0 ]] || die "Debian packages are missing (${missing[*]}): run as root, or: apt-get install ${missing[*]}"
say "  installing Debian packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
quietly "apt-get update" "$HERMES_BUILD/log/apt-update.log" apt-get -q -o DPkg::Lock::Timeout=300 update
quietly "apt-get install" "$HERMES_BUILD/log/apt-install.log" \
  apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "${missing[@]}"
