# shellcheck shell=bash
inputs() { program coredns; }
build() { oci --name hermes.local/coredns:dev --config '{"Entrypoint":["/coredns"]}' "files:coredns=$(program coredns)"; }
