# Hermes. `make up`, then `make test`. Everything is done by the scripts in dev/, which can be run by hand as well.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# The JDK 25 at hand; the scripts find it in the same way.
export JAVA_HOME := $(shell source dev/lib.sh && find_jdk)

up: ## build what is missing, boot the local cluster, install Hermes, run a first chat (NODE_ONLY=1: only the cluster)
	@dev/up.sh

down: ## stop the local cluster; its data stays (PURGE=1 removes it)
	@dev/node-down.sh

test: ## all tests; boots a cluster of its own
	@dev/test.sh

test-fast: ## the tests that need no cluster
	@FAST=1 dev/test.sh

bench: ## measure, on the running cluster
	@bench/run.sh

fmt: ## format Java and Go
	@mvn -q -B spotless:apply
	@gofmt -w sandbox/daemon dev/node

image: ## make the images, without a cluster
	@dev/require.sh && dev/packages.sh && dev/build.sh && dev/images/import.sh --build-only

help: ## this list
	@awk -F ': ## ' '/^[a-z-]+: ## / {printf "%-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: up down test test-fast bench fmt image help
