# shellcheck shell=bash
# Sourced by the two ways of `make up`: what both do on the cluster that KUBECONFIG names.

# usage: install_hermes VALUES_ARGUMENT...; the images are those of the environment (OPERATOR_IMAGE and so on)
install_hermes() {
  helm upgrade --install hermes "$HERMES_TREE/charts/hermes" --namespace hermes-system --create-namespace \
    --wait --timeout 5m \
    --set-string "images.operator=$OPERATOR_IMAGE" --set-string "images.controlApi=$CONTROL_API_IMAGE" \
    --set-string "images.postgresql=$POSTGRESQL_IMAGE" --set-string "images.netcanary=$NETCANARY_IMAGE" \
    --set-string "images.egress=$EGRESS_IMAGE" \
    --set-string "sandbox.image=$SANDBOX_IMAGE" "$@" >"$HERMES_BUILD/log/helm.log"
}

apply_quickstart() { # RUNTIMECLASS
  sed "s/runtimeClassName: gvisor/runtimeClassName: $1/" "$HERMES_TREE/examples/quickstart.yaml" |
    kubectl apply -f - >"$HERMES_BUILD/log/quickstart.log"
  kubectl wait --for=condition=Ready --timeout=120s \
    sandboxpolicies.hermes.dev/default tenants.hermes.dev/demo >>"$HERMES_BUILD/log/quickstart.log"
  kubectl wait --for=condition=Ready --timeout=60s --namespace default \
    apikeys.hermes.dev/quickstart >>"$HERMES_BUILD/log/quickstart.log"
}

write_env() { # PORT
  local key
  key=$(kubectl get secret quickstart-hermes --namespace default -o 'jsonpath={.data.HERMES_API_KEY}' | base64 -d)
  (
    umask 077
    {
      printf 'export HERMES_URL=http://127.0.0.1:%s\nexport HERMES_API_KEY=%s\nexport KUBECONFIG=%s\n' "$1" "$key" "$KUBECONFIG"
      # what E2B's clients read; some versions refuse a key that is not e2b_ and hexadecimal digits, so it is spelt in them
      printf 'export E2B_API_URL=http://127.0.0.1:%s\nexport E2B_SANDBOX_URL=http://127.0.0.1:%s\nexport E2B_API_KEY=e2b_%s\n' \
        "$1" $(($1 + 2)) "$(printf %s "$key" | od -An -v -tx1 | tr -d ' \n')"
    } >"$HERMES_BUILD/dev.env.part"
    mv "$HERMES_BUILD/dev.env.part" "$HERMES_BUILD/dev.env"
  )
}

wait_for_api() { # PORT
  local until=$((SECONDS + 60))
  until curl -sf --max-time 3 "http://127.0.0.1:$1/v1/health/ready" >/dev/null; do
    ((SECONDS < until)) || die "http://127.0.0.1:$1/v1/health/ready does not answer"
    sleep 0.2
  done
}

show_next() { # KUBECTL
  cat <<TEXT

What to try next (address and key are in build/dev.env):
  source build/dev.env && curl -s \$HERMES_URL/v1/models -H "Authorization: Bearer \$HERMES_API_KEY" | jq
  source build/dev.env && $1 get tenants,sandboxpolicies,apikeys -A
  source build/dev.env && $1 get pods -A -l hermes.dev/sandbox-state
TEXT
}
