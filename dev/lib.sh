# shellcheck shell=bash
# Sourced by every script of dev/: where things are, and how progress is shown.
# No state is changed here except the variables below and the empty folder of logs.

HERMES_TREE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
HERMES_BUILD=$HERMES_TREE/build
HERMES_CACHE=${HERMES_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/hermes}
HERMES_BIN=$HERMES_BUILD/bin
export HERMES_TREE HERMES_BUILD HERMES_CACHE HERMES_BIN
export PATH=$HERMES_BIN:$PATH:/usr/local/go/bin:/usr/sbin:/sbin
mkdir -p "$HERMES_BUILD/log" # every script logs there, also where nothing had to be built

say() { printf '%s\n' "$*" >&2; }
die() {
  say "error: $*"
  exit 1
}

# Marks a folder of the cache as used and removes all but the four last used of its name. usage: keep_newest NAME FOLDER
keep_newest() {
  touch "$2"
  find "$HERMES_CACHE" -maxdepth 1 -type d -regex ".*/$1-[0-9a-f]*" -printf '%T@ %p\n' |
    sort -rn | tail -n +5 | cut -d' ' -f2- | xargs -r rm -rf
}

# Seconds as people read them: 7s, 2m05s.
human() {
  local s=$1
  if ((s < 60)); then printf '%ds' "$s"; else printf '%dm%02ds' $((s / 60)) $((s % 60)); fi
}

# The JDK 25 at hand: JAVA_HOME when it is one, else the newest under /usr/lib/jvm. Prints nothing when there is none.
find_jdk() {
  local home
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/*25*; do
    if [[ -x $home/bin/javac && -x $home/bin/jlink ]] && grep -q '^JAVA_VERSION="25' "$home/release" 2>/dev/null; then
      printf '%s\n' "$home"
      return
    fi
  done
}

# Runs a command with its output in a log file. Shows a line when it takes long, and the end of the log when it fails.
# usage: quietly NAME LOG COMMAND...   (the optional function progress_NAME prints what is known so far)
quietly() {
  local name=$1 log=$2 start=$SECONDS pid next shown=0
  shift 2
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  # a killed script must not leave its compiler behind
  trap 'kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; exit 130' INT TERM
  next=15
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    if ((SECONDS - start >= next)); then
      say "    $name: $(human $((SECONDS - start))) so far, $(wc -l <"$log") lines of log"
      next=$((next + 30))
      shown=1
    fi
  done
  trap - INT TERM
  if wait "$pid"; then
    ((shown)) && say "    $name: done in $(human $((SECONDS - start)))"
    return 0
  fi
  say "error: $name failed; the end of $log:"
  tail -n 30 "$log" >&2
  return 1
}
