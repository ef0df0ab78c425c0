# shellcheck shell=bash
# Sourced by the recipes of the Java images, which jib makes on our own base.

java_inputs() {
  (cd "$HERMES_TREE" && find pom.xml crds database sandbox operator control-api egress \
    \( -name target -o -name daemon -o -path '*/src/test' \) -prune -o -type f -print0 | sort -z | xargs -0 sha256sum)
  cat "$(find_jdk)/release"
  sha256sum "$IMAGES/base-java.sh" "$IMAGES/java-lib.sh" "$IMAGES"/aot/*
}

# Compiles the programs and what they stand on, once for all images.
java_install() {
  local key stamp=$HERMES_BUILD/java.installed
  key=$(java_inputs | sha256sum)
  if [[ $(cat "$stamp" 2>/dev/null) != "$key" || ! -d operator/target/classes || ! -d control-api/target/classes || ! -d egress/target/classes ]]; then
    mvn -q -B -Dstyle.color=never -DskipTests -Dspotless.check.skip -Djib.skip=true -pl operator,control-api,egress -am install >&2
    printf '%s\n' "$key" >"$stamp"
  fi
}

# An image as jib makes it, without an AOT cache.
java_tar() { # MODULE MAINCLASS
  local base tar=$HERMES_TREE/$1/target/jib-image.tar
  base=$("$IMAGES/build.sh" --path base-java)
  export JAVA_HOME
  JAVA_HOME=$(find_jdk)
  cd "$HERMES_TREE" || return
  java_install
  rm -f "$tar"
  mvn -q -B -Dstyle.color=never -pl "$1" jib:buildTar -Djib.skip=false "-Djib.from=tar://$base" \
    "-Djib.to.image=hermes.local/$1:dev" "-Djib.outputPaths.tar=$tar" "-Djib.container.mainClass=$2" >&2
}

java_build() { # MODULE MAINCLASS
  local tar=$HERMES_TREE/$1/target/jib-image.tar
  java_tar "$1" "$2"
  # the cache of the classes that a start needs: docs/decisions/0019
  "$IMAGES/aot/train.sh" "$1" "$tar" "$("$IMAGES/build.sh" --path postgresql)" "$WORK" >&2
  oci --name "hermes.local/$1:dev" --from "$tar" --argument=-XX:AOTCache=/app/hermes.aot "files:app/hermes.aot=$WORK/hermes.aot"
}
