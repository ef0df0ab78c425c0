# shellcheck shell=bash
# Runs bash for the daemon, call after call in one shell. Reads from file 3 a line for
# each call: its number, and what to evaluate. Answers there with four bytes of length
# and JSON. Code that runs does not have file 3.
__hermes_send() {
  local size
  printf -v size '\\x%02x' "${#1}"
  printf "\\0\\0\\0$size%s" "$1" >&3
}
# an interrupt ends the call and not the shell; inside a function that can't be told
trap '((${#FUNCNAME[@]})) && exit 130; continue 1000' INT
__hermes_send '{"type":"ready"}'
__hermes_id=
while :; do
  [[ -z $__hermes_id ]] || __hermes_send "{\"type\":\"done\",\"id\":$__hermes_id,\"exit_code\":$__hermes_status}"
  IFS=' ' read -r -u 3 __hermes_id __hermes_line || exit 0
  __hermes_status=130
  eval "$__hermes_line" 3>&-
  __hermes_status=$?
done
