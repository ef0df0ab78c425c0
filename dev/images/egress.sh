# shellcheck shell=bash
source "$IMAGES/java-lib.sh"
inputs() { java_inputs; }
build() {
  java_tar egress dev.hermes.egress.Main
  oci --name hermes.local/egress:dev --from "$HERMES_TREE/egress/target/jib-image.tar"
}
