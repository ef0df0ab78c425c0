#!/usr/bin/env bash
# Makes the node's one volume. When its claim was deleted, its data goes too, as dynamic storage would have it, and the
# volume is there for the next claim.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/node-lib.sh"
export KUBECONFIG=$NODE_KUBECONFIG
folder=$NODE_DIR/data/volumes/local-1

if [[ $(kubectl get persistentvolume local-1 --ignore-not-found -o 'jsonpath={.status.phase}') == Released ]]; then
  kubectl delete persistentvolume local-1 >/dev/null
  rm -rf "$folder"
fi
if [[ ! -d $folder ]]; then
  mkdir -p "$folder"
  chown 65532:65532 "$folder"
fi
kubectl apply -f "$HERMES_TREE/dev/node/conf/volume.yaml" >/dev/null
