# shellcheck shell=bash
# Sourced by world.sh: where the time of a request of Hermes goes. Leaves hermes.jfr in the folder $PROFILE, and prints CPU by
# thread and what a request asks of PostgreSQL.
# shellcheck disable=SC2154  # set by world.sh

in_jvm() { chroot --userspec="$user:$user" "$program" /opt/java/bin/jcmd "$gateway" "$@" >/dev/null; }

# Ticks in programs and in the kernel of each kind of thread so far.
threads() {
  local stat name rest fields
  for stat in "/proc/$gateway/task"/*/stat; do
    { rest=$(<"$stat"); } 2>/dev/null || continue # has ended
    name=${rest#*\(} name=${name%\) *} rest=${rest##*\) }
    read -ra fields <<<"$rest"
    printf '%s\t%s\t%s\n' "$(sed -E 's/[-#]?[0-9]+$//' <<<"$name")" "${fields[11]}" "${fields[12]}"
  done
}

by_thread() { # BEFORE AFTER REQUESTS
  printf '\n  %-20s %15s %15s\n' "CPU by thread" "ms a request" "of it in kernel"
  awk -F'\t' -v n="$3" '
    NR == FNR {user[$1] -= $2; kernel[$1] -= $3; next}
    {user[$1] += $2; kernel[$1] += $3}
    END {for (t in user) if (user[t] + kernel[t] > 0) printf "  %-20s %15.3f %15.3f\n", t, (user[t] + kernel[t]) * 10 / n, kernel[t] * 10 / n}' \
    "$1" "$2" | sort -k2 -t$'\t' | sort -b -rn -k1.22
}

# Prints how many requests there were.
load() {
  local said
  said=$("${call[@]}" "$@")
  say "$said"
  printf '%s\n' "${said%% *}"
}

# One connection, so that what is asked meanwhile is of one request after the other.
statements() {
  local line requests
  provision log >/dev/null
  line=$(wc -l <"$log/bench-postgresql.out")
  in_jvm JFR.start name=trips settings=profile jdk.SocketRead#threshold=0ns jdk.SocketRead#throttle=off
  requests=$(load --connections 1 --seconds 3)
  in_jvm JFR.stop name=trips filename=/tmp/trips.jfr
  printf '\n  %-12s %s\n' "a request" "statement"
  tail -n "+$line" "$log/bench-postgresql.out" | sed -nE 's/.*LOG:  (execute|statement)[^:]*: *//p' | sed '/^ *$/d' | cut -c1-110 | sort | uniq -c | sort -rn |
    awk -v n="$requests" '{count = $1; $1 = ""; if (count / n > .01) printf "  %-12.2f%s\n", count / n, $0}'
  cp "$program/tmp/trips.jfr" "$PROFILE/"
  "$JAVA_HOME/bin/jfr" print --json --stack-depth 1 --events jdk.SocketRead "$program/tmp/trips.jfr" |
    jq -r --argjson n "$requests" '[.recording.events[] | select(.values.port == 5432)] | length / $n | "  \(. * 100 | round / 100) reads of PostgreSQL'"'"'s socket a request (round trips)"'
}

profile() {
  local requests
  call=("$bench" load closed --url http://127.0.0.1:8080/v1/chat/completions --header "Authorization: Bearer $hermes_key")
  load --seconds "${WARMUP:-60}" >/dev/null
  in_jvm JFR.start name=closed settings=profile jdk.CPUTimeSample#enabled=true
  threads >"$world/before"
  requests=$(load --seconds "${LENGTH:-30}")
  threads >"$world/after"
  in_jvm JFR.stop name=closed filename=/tmp/closed.jfr
  by_thread "$world/before" "$world/after" "$requests"
  statements
  cp "$program/tmp/closed.jfr" "$PROFILE/hermes.jfr"
}
