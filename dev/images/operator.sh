# shellcheck shell=bash
source "$IMAGES/java-lib.sh"
inputs() { java_inputs; }
build() { java_build operator dev.hermes.operator.Main; }
