# shellcheck shell=bash
# Sourced: makes the virtual environment of a client, kept outside the tree and keyed by what is installed.
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
