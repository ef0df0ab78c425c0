# shellcheck shell=bash
inputs() { program pause; }
build() { oci --name hermes.local/pause:1 --config '{"Entrypoint":["/pause"]}' "files:pause=$(program pause)"; }
