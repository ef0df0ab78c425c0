#!/usr/bin/env bash
# The bench of gateways itself, inside the namespaces that bench/gateway.sh makes: starts each gateway on one core, with the
# mock, PostgreSQL and the load on the other, and has them measured. usage: world.sh FOLDER
set -euo pipefail
source "$(dirname "$0")/../../dev/lib.sh"
here=$HERMES_TREE/bench/gateway
export module=gateway world=$1
# shellcheck source=dev/images/aot/world-lib.sh
source "$HERMES_TREE/dev/images/aot/world-lib.sh"
mapfile -d '' -t command <"$world/command"
# one of the tree's own programs is called node too
PATH=$(tr : '\n' <<<"$PATH" | grep -vxF "$HERMES_BIN" | paste -sd :)
bench=$HERMES_BUILD/bench
log=$HERMES_BUILD/log
mock=http://127.0.0.1:9001
upstream_key="bench-upstream-key"
client_key="bench-client-key"
# the limit of the chart's container, which the JVM takes its heap from
memory=448m
gateway_core=0
other_core=$(($(nproc) > 1 ? 1 : 0))

ulimit -n "$(ulimit -Hn)"
taskset -cp "$other_core" $$ >/dev/null

# Starts a gateway on its core: the function NAME execs it. Its process is $gateway, the time it took to be ready $took.
start() { # NAME URL_THAT_ANSWERS_WHEN_IT_IS_READY
  local begin ready
  begin=$(date +%s%3N)
  (
    taskset -cp "$gateway_core" "$BASHPID" >/dev/null
    "$1"
  ) >"$log/bench-$1.out" 2>&1 &
  gateway=$!
  ready=$("$bench" ready "$2") || die "$1: $(tail -n 3 "$log/bench-$1.out")"
  took=$((ready - begin))
  kill -0 "$gateway" 2>/dev/null || die "$1 has ended: $(tail -n 3 "$log/bench-$1.out")"
}

targets=()
# NAME PORT HEADERS DOES MORE: headers and more are objects of JSON
target() {
  targets+=("$(jq -nc --arg name "$1" --arg url "http://127.0.0.1:$2/v1/chat/completions" --argjson headers "$3" --arg does "$4" \
    --argjson more "$5" '{name: $name, url: $url, headers: $headers, does: $does} + $more')")
}
# The same for a peer that was just started.
peer() { target "$@" "$(jq -nc --argjson process "$gateway" --argjson took "$took" '{process: $process, starts: [$took]}')"; }
bearer() { jq -nc --arg key "$1" '{Authorization: "Bearer \($key)"}'; }

hermes() { in_root "$program" "${environment[@]}" -- "${command[0]}" "-XX:MaxRAM=$memory" "${command[@]:1}"; }

prepare_hermes() {
  mkdir -p "$program/etc/hermes/provider-keys/bench"
  printf '%s' "$upstream_key" >"$program/etc/hermes/provider-keys/bench/key"
  cat >"$program/etc/hermes/providers/providers.yaml" <<Y
providers:
  - name: bench
    baseUrl: $mock/v1
    apiKeyFile: /etc/hermes/provider-keys/bench/key
    models: [bench-model, bench-hold]
    timeoutSeconds: 300
    prices:
      bench-model: {input: 1, output: 2}
Y
  chmod -R a+rX "$program/etc/hermes"
  # each settlement waits for the disk, as it does where it matters
  start_database -c fsync=on >"$log/bench-postgresql.out" 2>&1
  start_cluster >"$log/bench-cluster.out" 2>&1
  hermes_key=$(provision tenant)
}

start_hermes() {
  local starts=() cached=without
  for ((i = 0; i < ${STARTS:-3}; i++)); do
    if ((i)); then
      kill "$gateway"
      wait "$gateway" || true
    fi
    start hermes http://127.0.0.1:8081/health/ready
    starts+=("$took")
  done
  ! grep -qF /app/hermes.aot "/proc/$gateway/maps" || cached="with its"
  target Hermes 8080 "$(bearer "$hermes_key")" \
    "key, scopes, limit, usage and audit in PostgreSQL under row-level security; $cached AOT cache, heap of a container of $memory" \
    "$(jq -nc --argjson process "$gateway" --argjson database "$database" \
    --argjson starts "[$(IFS=, && echo "${starts[*]}")]" --arg program "$program" --arg user "$user" --arg java "$JAVA_HOME/bin/java" \
    --arg aot "$aot" '{
      process: $process, database: $database, starts: $starts, ours: true,
      rows: [$java, "-XX:TieredStopAtLevel=1", "-cp", "\($program)/app/libs/*", "\($aot)/Provision.java", "rows", "\($program)/etc/hermes"],
      collect: ["chroot", "--userspec=\($user):\($user)", $program, "/opt/java/bin/jcmd", "\($process)", "GC.run"],
      metrics: "http://127.0.0.1:8081/metrics"}')"
}

# Debian's, of its own root; the only work it has beside passing on is to look up the key.
nginx() { exec "${nginx[@]}" -p "$world" -c "$world/nginx.conf" -g 'daemon off;'; }
start_nginx() {
  nginx=("$folder/lib64/ld-linux-x86-64.so.2" --library-path "$folder/usr/lib/x86_64-linux-gnu:$folder/lib/x86_64-linux-gnu" "$folder/usr/sbin/nginx")
  cat >"$world/nginx.conf" <<N
user root;
worker_processes 1;
pid $world/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path $world/nginx-body;
  proxy_temp_path $world/nginx-proxy;
  fastcgi_temp_path $world/nginx-fastcgi;
  uwsgi_temp_path $world/nginx-uwsgi;
  scgi_temp_path $world/nginx-scgi;
  keepalive_requests 1000000;
  map \$http_authorization \$tenant {
    default "";
    "Bearer $client_key" bench;
  }
  upstream mock {
    server 127.0.0.1:9001;
    keepalive 64;
    keepalive_requests 1000000;
  }
  server {
    listen 127.0.0.1:9010 reuseport;
    location /health { return 200; }
    location / {
      if (\$tenant = "") { return 401; }
      proxy_pass http://mock;
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_set_header Connection "";
      proxy_set_header Authorization "Bearer $upstream_key";
    }
  }
}
N
  start nginx http://127.0.0.1:9010/health
  peer nginx 9010 "$(bearer "$client_key")" "$("${nginx[@]}" -v 2>&1 | sed 's|.*nginx/||'): a map of keys and nothing else; the floor"
}

portkey() {
  cd "$folder"
  exec env -i PATH="$PATH" TRUSTED_CUSTOM_HOSTS=127.0.0.1 node node_modules/@portkey-ai/gateway/build/start-server.js --port=9020 --headless
}
start_portkey() {
  start portkey http://127.0.0.1:9020/
  peer Portkey 9020 "$(bearer "$upstream_key" | jq -c --arg host "$mock/v1" '. + {"x-portkey-provider": "openai", "x-portkey-custom-host": $host}')" \
    "$(jq -r .version "$folder/node_modules/@portkey-ai/gateway/package.json"): passes on the client's own upstream key; has no keys, limits or rows"
}

litellm() {
  cd "$world"
  # it looks for its list of prices on the network otherwise
  exec env -i PATH="$PATH" HOME="$world" LITELLM_LOCAL_MODEL_COST_MAP=True LITELLM_LOG=ERROR \
    "$folder/bin/litellm" --config "$world/litellm.yaml" --host 127.0.0.1 --port 9030 --num_workers 1 --telemetry False
}
start_litellm() {
  cat >"$world/litellm.yaml" <<Y
model_list:
  - model_name: bench-model
    litellm_params: {model: openai/bench-model, api_base: "$mock/v1", api_key: $upstream_key, input_cost_per_token: 0.000001, output_cost_per_token: 0.000002}
litellm_settings: {telemetry: false, num_retries: 0}
general_settings: {master_key: sk-$client_key}
Y
  start litellm http://127.0.0.1:9030/health/readiness
  peer LiteLLM 9030 "$(bearer "sk-$client_key")" \
    "$("$folder/bin/python" -c 'import importlib.metadata as m; print(m.version("litellm"))'): the master key alone; without keys, limits and rows, for the engine of its database client is in no package registry"
}

mount_world
make_files
"$bench" mock --listen 127.0.0.1:9001 --key "$upstream_key" &
prepare_hermes
target direct 9001 "$(bearer "$upstream_key")" "" '{}'
say "== starting the gateways"
start_hermes

if [[ -n ${PROFILE:-} ]]; then
  # shellcheck source=bench/gateway/profile.sh
  source "$here/profile.sh"
  profile
  exit 0
fi

# What apt, npm or pip says of why it could not, or else its last word.
why() { grep -m 1 -E 'reason: |^ERROR: |^E: ' "$1" || grep -v '^ *$' "$1" | tail -n 1; }

for peer in nginx portkey litellm; do
  [[ -e $world/peers/$peer ]] || continue
  folder=$(<"$world/peers/$peer")
  if [[ -n $folder ]]; then
    "start_$peer"
  else
    targets+=("$(jq -nc --arg name "$peer" --arg why "$(why "$log/bench-$peer.log")" '{name: $name, missing: $why}')")
  fi
done

printf '%s\n' "${targets[@]}" | jq -s --arg mock "$mock" --argjson rounds "${ROUNDS:-5}" --argjson length "${LENGTH:-10}" \
  --argjson warmup "${WARMUP:-45}" --argjson rate "${RATE:-100}" --argjson streams "${STREAMS:-1000}" --argjson hold "${HOLD:-20}" \
  --argjson soak "${SOAK:-0}" \
  '{mock: $mock, rounds: $rounds, seconds: $length, warmup: $warmup, rate: $rate, connections: 16, streams: $streams, hold: $hold, soak: $soak, targets: .}' \
  >"$world/plan.json"
"$bench" "$([[ -n ${SOAK:-} ]] && echo soak || echo gateways)" "$world/plan.json"
