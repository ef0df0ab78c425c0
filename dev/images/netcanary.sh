# shellcheck shell=bash
inputs() { daemon_inputs; }
build() {
  daemon_program ./cmd/netcanary "$WORK/netcanary"
  oci --name hermes.local/netcanary:dev --config '{"Entrypoint":["/netcanary"],"User":"65532"}' "files:netcanary=$WORK/netcanary"
}
