# shellcheck shell=bash
# Sourced: installs the packages of a client, in Python, JavaScript or Java, kept outside the tree and keyed by what they are.
# The tree's own programs come first in PATH when make runs this, and one of them is called node too: npm would run in it.
PATH=$(tr : '\n' <<<"$PATH" | grep -v '/build/bin$' | paste -sd :)

cache=${HERMES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hermes}

# Prints the folder. Each step says itself that it must succeed: $(…) does not inherit set -e.
# usage: venv NAME KEY PIP_ARGUMENT...
venv() {
  local folder=$cache/$1-${2:0:16}
  shift 2
  if [ ! -e "$folder/done" ]; then
    rm -rf "$folder" &&
      mkdir -p "$cache" &&
      python3 -m venv "$folder" &&
      "$folder/bin/pip" install --quiet --disable-pip-version-check "$@" >&2 &&
      touch "$folder/done" || return 1
  fi
  printf '%s\n' "$folder"
}

# The same for JavaScript; the client's program is copied there, for modules are looked for beside it.
# usage: modules NAME KEY PACKAGE...
modules() {
  local folder=$cache/$1-${2:0:16}
  shift 2
  if [ ! -e "$folder/done" ]; then
    rm -rf "$folder" &&
      mkdir -p "$folder" &&
      printf '{"private": true, "type": "module"}\n' >"$folder/package.json" &&
      (cd "$folder" && npm install --silent --no-audit --no-fund --no-package-lock --save-exact "$@" >&2) &&
      touch "$folder/done" || return 1
  fi
  printf '%s\n' "$folder"
}

# Runs a program with the modules of a folder. usage: run_node FOLDER PROGRAM ARGUMENT...
run_node() {
  local folder=$1 program=$2
  shift 2
  cp "$program" "$folder/"
  cd "$folder" && exec node "$(basename "$program")" "$@"
}

# The same for Java: the jars of an artifact and of all that it depends on, in the versions of a BOM. Maven runs as it does
# in the tree. usage: jars NAME KEY GROUP:ARTIFACT:VERSION BOM_GROUP:BOM_ARTIFACT:VERSION
jars() {
  local folder=$cache/$1-${2:0:16} group artifact version
  local -a bom
  IFS=: read -r group artifact version <<<"$3"
  IFS=: read -r -a bom <<<"$4"
  if [ ! -e "$folder/done" ]; then
    rm -rf "$folder" &&
      mkdir -p "$folder" &&
      mvn -q -B -ntp -f "$(dirname "${BASH_SOURCE[0]}")/jars.xml" "-Djars.group=$group" "-Djars.artifact=$artifact" \
        "-Djars.version=$version" "-Dbom.group=${bom[0]}" "-Dbom.artifact=${bom[1]}" "-Dbom.version=${bom[2]}" \
        "-DoutputDirectory=$folder" dependency:copy-dependencies >&2 &&
      touch "$folder/done" || return 1
  fi
  printf '%s\n' "$folder"
}
