# shellcheck shell=bash
# Sourced by the recipes of the two Java images, which jib makes on our own base.

java_inputs() {
  (cd "$HERMES_TREE" && find pom.xml crds database sandbox operator control-api \
    \( -name target -o -name daemon -o -path '*/src/test' \) -prune -o -type f -print0 | sort -z | xargs -0 sha256sum)
  cat "$(find_jdk)/release"
  sha256sum "$IMAGES/base-java.sh" "$IMAGES/java-lib.sh"
}

# Compiles both programs and what they stand on, once for both images.
java_install() {
  local key stamp=$HERMES_BUILD/java.installed
  key=$(java_inputs | sha256sum)
  if [[ $(cat "$stamp" 2>/dev/null) != "$key" || ! -d operator/target/classes || ! -d control-api/target/classes ]]; then
    mvn -q -B -Dstyle.color=never -DskipTests -Dspotless.check.skip -Djib.skip=true -pl operator,control-api -am install >&2
    printf '%s\n' "$key" >"$stamp"
  fi
}

java_build() { # MODULE MAINCLASS
  local base tar=$HERMES_TREE/$1/target/jib-image.tar
  base=$("$IMAGES/build.sh" --path base-java)
  export JAVA_HOME
  JAVA_HOME=$(find_jdk)
  cd "$HERMES_TREE" || return
  java_install
  rm -f "$tar"
  mvn -q -B -Dstyle.color=never -pl "$1" jib:buildTar -Djib.skip=false "-Djib.from=tar://$base" \
    "-Djib.to.image=hermes.local/$1:dev" "-Djib.outputPaths.tar=$tar" "-Djib.container.mainClass=$2" >&2
  oci --name "hermes.local/$1:dev" --from "$tar"
}
