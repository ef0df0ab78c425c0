#!/usr/bin/env bash
# Forwards a port of 127.0.0.1 to the API, again and again. Started by up.sh, ended by down.sh. usage: forward.sh PORT
while :; do
  kubectl port-forward --namespace hermes-system --address 127.0.0.1 service/hermes-api "$1:8080" "$(($1 + 2)):8082"
  sleep 0.5
done
