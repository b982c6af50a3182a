# The two commands of README.md are `make up` and `make test`.
.DEFAULT_GOAL := help
SHELL := /bin/sh
# PYTHON may name any Python 3.11 or 3.12.
PYTHON ?= python3
INFRA := .sluice/venvs/infra/bin
RUNTIME := .sluice/venvs/runtime/bin

.PHONY: help install install-tests up down clean test test-quick lint types bench schema

help: ## says what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: ## installs everything into the checkout
	@$(PYTHON) -m scripts.install

install-tests: ## the same, with the servers that only tests need
	@$(PYTHON) -m scripts.install platform tests

up: install ## the whole platform on this machine, with a first pipeline run
	@./sluice up

down: ## stops the platform, leaves its data
	@./sluice down

clean: ## stops the platform and removes all that was made and installed
	@if [ -x $(INFRA)/python ]; then ./sluice down --quiet; fi
	@chmod -R u+w .sluice 2>/dev/null || true
	@rm -rf .sluice

# Tests of what runs on Airflow lie in folders named `runtime` and run in its environment, all others in `infra`.
# Two at a time, each file whole in one worker: its tests may share a platform.
PYTEST := -m pytest -q -n 2 --dist loadfile
IN_INFRA := $(INFRA)/python $(PYTEST) --ignore-glob='*/runtime/*' tests
IN_RUNTIME := $(RUNTIME)/python $(PYTEST) $(wildcard tests/*/runtime)

test: install-tests ## every test
	@$(IN_INFRA)
	@$(IN_RUNTIME)

test-quick: install ## the tests that take seconds and need no service
	@$(INFRA)/python $(PYTEST) -m "not slow" --ignore-glob='*/runtime/*' tests/unit tests/contract
	@$(RUNTIME)/python $(PYTEST) -m "not slow" tests/unit/runtime

lint: install ## style
	@$(INFRA)/ruff check .
	@$(INFRA)/ruff format --check .

types: install ## types, strict
	@$(INFRA)/mypy environments modules policies releases services stacks scripts
	@$(RUNTIME)/mypy dags/runtime dags/pipelines spark releases/contents/dag_reader.py releases/gate/runtime_reader.py
	@cd dags/bundle && ../../$(RUNTIME)/mypy --config-file ../../pyproject.toml sluice_bundle

schema: install ## writes the JSON Schema of the environment files
	@$(INFRA)/python -m environments.schema

bench: install-tests ## prints how fast things are, as ratios against peers
	@$(INFRA)/python -m tests.bench
