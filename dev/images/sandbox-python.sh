# shellcheck shell=bash
# The default tool image: Debian's full Python and the usual shell tools, and the daemon as PID 1.
tool_image=$HERMES_TREE/sandbox/image
inputs() {
  daemon_inputs
  sha256sum "$tool_image"/*
}
build() {
  local packages
  packages=$(grep -v '^#' "$tool_image/packages.txt" | tr -s '\n' ',')
  daemon_program ./cmd/sandboxd "$WORK/sandboxd"
  oci --name hermes.local/sandbox-python:dev --config "$(<"$tool_image/config.json")" \
    "tar:$(debian_root minbase "${packages%,}")" \
    "files:etc/passwd=$tool_image/passwd,etc/group=$tool_image/group,home/user=dir:0755:65532,usr/local/bin/sandboxd=$WORK/sandboxd"
}
