#!/usr/bin/env bash
# One chat whose Python block runs in a sandbox; shows the answer, the sandbox, and what it was charged.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
# shellcheck disable=SC1091
source "$HERMES_BUILD/dev.env"

session=quickstart-$(date +%s)
question='Please run this:
```python
print("sum of 1..100 =", sum(range(1, 101)))
import socket, subprocess
print("kernel:", subprocess.run(["dmesg"], capture_output=True, text=True).stdout.splitlines()[0])
print("host:", socket.gethostname())
```'

api() { # PATH [curl arguments]
  local path=$1
  shift
  curl -sS --max-time 60 --fail-with-body "$HERMES_URL$path" -H "Authorization: Bearer $HERMES_API_KEY" "$@"
}

body=$(jq -n --arg q "$question" '{model: "demo", messages: [{role: "user", content: $q}]}')
if ! answer=$(api /v1/chat/completions -H 'Content-Type: application/json' -H "X-Hermes-Session-Id: $session" -d "$body"); then
  die "the chat failed: $answer"
fi
text=$(jq -r '.choices[0].message.content // empty' <<<"$answer")
[[ $text == *5050* ]] || die "the answer does not hold the sum 5050: $answer"

printf '\n  answer\n'
while IFS= read -r line; do printf '    %s\n' "$line"; done <<<"$text"

pod=$(sed -n 's/.*host: *\([a-z0-9.-]*\).*/\1/p' <<<"$text" | head -n 1)
[[ -n $pod ]] || die "the answer does not name the sandbox"
printf '\n  sandbox pod\n'
kubectl get pods --all-namespaces --field-selector "metadata.name=$pod" \
  -o custom-columns='    NAMESPACE:.metadata.namespace,NAME:.metadata.name,RUNTIME:.spec.runtimeClassName,STATE:.metadata.labels.hermes\.dev/sandbox-state' |
  while IFS= read -r line; do printf '    %s\n' "$line"; done
printf '    its kernel says: %s\n' "$(sed -n 's/^kernel: *//p' <<<"$text")"
printf '\n  receipt of the tool call\n    %s\n' \
  "$(api "/v1/execution-receipts?session=$session" | jq -c '.data[0] | {tool, policy, status, exit_code, duration_ms, output_bytes}')"
printf '\n  usage\n    %s\n' \
  "$(api '/v1/usage?group_by=session' | jq -c --arg s "$session" '.data[] | select(.group == $s) | del(.start)')"
