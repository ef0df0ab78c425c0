# shellcheck shell=bash disable=SC2034
# Sourced by up.sh: runs the steps one after another, shows which one is on, and prints a table of their times.

phase_names=()
phase_times=()
began=$SECONDS

phase() { # TITLE COMMAND...
  local title=$1 start=$SECONDS
  shift
  current_phase=$title
  say "$title"
  "$@"
  phase_names+=("$title")
  phase_times+=($((SECONDS - start)))
}

phase_table() {
  local i
  printf '\n%-34s %8s\n' phase time
  for i in "${!phase_names[@]}"; do
    printf '%-34s %8s\n' "${phase_names[i]}" "$(human "${phase_times[i]}")"
  done
  printf '%-34s %8s\n' total "$(human $((SECONDS - began)))"
}
