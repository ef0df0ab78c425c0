# Hermes. `make up`, then `make test`. Everything is done by the scripts in dev/, which can be run by hand as well.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# The JDK 25 at hand; the scripts find it in the same way.
export JAVA_HOME := $(shell source dev/lib.sh && find_jdk)

up: ## build what is missing, boot the local cluster, install Hermes, run a first chat (NODE_ONLY=1: only the cluster; CONTEXT=name REGISTRY=host/path: on a cluster of yours)
	@$(if $(CONTEXT),dev/context/up.sh,dev/up.sh)

down: ## stop the local cluster; its data stays (PURGE=1 removes it; CONTEXT=name: what make up installed there)
	@$(if $(CONTEXT),dev/context/down.sh,dev/node-down.sh)

test: ## all tests; boots a cluster of its own
	@dev/test.sh

test-fast: ## the tests that need no cluster
	@FAST=1 dev/test.sh

faults: ## the operator killed, lied to and cut off at every write; long (make test does a sample)
	@dev/faults.sh

soak: ## sandboxes made, used and ended on the running cluster, 1,000 times (CYCLES=n); nothing may be left (GATEWAY=1: 20 minutes of half load on the API)
	@$(if $(GATEWAY),SOAK=$${SOAK:-20} bench/gateway.sh,dev/soak.sh)

bench: ## measure, on the running cluster (SCALE=1: the operator with 10,000 tenants; GATEWAY=1: the API beside other gateways; these need no cluster)
	@$(if $(GATEWAY),bench/gateway.sh,$(if $(SCALE),bench/scale.sh,bench/run.sh))

fmt: ## format Java and Go
	@mvn -q -B spotless:apply
	@gofmt -w sandbox/daemon dev/node dev/collector gitops/check bench

image: ## make the images, without a cluster
	@dev/require.sh && dev/packages.sh && dev/build.sh && dev/images/import.sh --build-only

push: image ## take the images to REGISTRY; prints their names with digests
	@dev/context/push.sh operator control-api egress postgresql netcanary sandbox-python

help: ## this list
	@awk -F ': ## ' '/^[a-z-]+: ## / {printf "%-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: up down test test-fast faults soak bench fmt image push help
