#!/usr/bin/env bash
# Keys and certificates of the node's programs, and a kubeconfig for each client. Made once, kept with the data.
# usage: node-pki.sh FOLDER ADDRESS NODENAME
set -euo pipefail
pki=$1 address=$2 node=$3
[[ -f $pki/complete ]] && exit 0
rm -rf "$pki"
umask 077
mkdir -p "$pki"
cd "$pki"

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

cert() { # NAME SUBJECT EXTENSION
  key "$1"
  openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -out "$1.crt" \
    -extfile <(printf '%s\n' "$3") 2>/dev/null
  rm "$1.csr"
}

kubeconfig() { # NAME
  cat >"$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters:
  - name: hermes-dev
    cluster:
      server: https://$address:6443
      certificate-authority-data: $(base64 -w0 ca.crt)
users:
  - name: $1
    user:
      client-certificate-data: $(base64 -w0 "$1.crt")
      client-key-data: $(base64 -w0 "$1.key")
contexts:
  - name: hermes-dev
    context: { cluster: hermes-dev, user: $1 }
current-context: hermes-dev
YAML
}

key ca
openssl req -x509 -new -key ca.key -subj /CN=hermes-dev -days 3650 -out ca.crt
key service-accounts
names=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local
cert apiserver /CN=kube-apiserver "subjectAltName=$names,DNS:localhost,IP:127.0.0.1,IP:10.96.0.1,IP:$address"
cert kubelet "/O=system:nodes/CN=system:node:$node" "subjectAltName=DNS:$node,IP:$address"
cert admin /O=system:masters/CN=admin extendedKeyUsage=clientAuth
for program in kube-controller-manager kube-scheduler kube-proxy; do
  cert "$program" "/CN=system:$program" extendedKeyUsage=clientAuth
done
for client in admin kubelet kube-controller-manager kube-scheduler kube-proxy; do
  kubeconfig "$client"
done
touch complete
