# The commands of the house; `make` and `make help` print this list.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PORT ?= 8000
export DATA_DIR ?= .local
STAGE ?= dev
export CHALICE_CLI_VERSION_WARNING = 0
SOURCES := app.py chalicelib local ops tests

help: ## print this list
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | sed -E 's/:.*?## /\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.local: requirements.txt requirements-local.txt
	@$(PYTHON) tests/guards/python_version.py
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3-venv is missing: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-local.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.local requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

run: $(VENV)/.local ## the whole product on this machine (PORT, DATA_DIR)
	@$(BIN)/python -m local

serve: $(VENV)/.local ## the product for real subscribers (SETTINGS_FILE); see docs/serve.md
	@$(BIN)/python -m local serve

reset: ## forget the data of `make run`
	@! grep -qsx service "$(DATA_DIR)/purpose" || { echo "$(DATA_DIR) holds the data of a service; it is not reset"; exit 1; }
	@rm -rf -- "$(DATA_DIR)"

install: $(VENV)/.dev ## what the tests and checks need, the browser included
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq chromium fonts-noto-core >/dev/null; }

test: install ## every test, offline
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

storm: $(VENV)/.dev ## the full lists of faults, pairs and orders (MINUTES=n, STORM_SEED)
	STORM=1 STORM_MINUTES=$(MINUTES) $(BIN)/python -m pytest -q -n 2 tests/storm
	@$(if $(MINUTES),:,STORM_EVERY_ANCHOR=1 $(BIN)/python -m pytest -q -n 2 tests/services/test_years_of_periods.py)

check: $(VENV)/.dev ## format, lint, types, import law
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	bash tests/guards/site_types.sh

format: $(VENV)/.dev ## put the code into its one format
	$(BIN)/ruff check --fix-only --quiet $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

bench: $(VENV)/.dev package ## counted costs and ratios: store, agenda, request, package, import
	$(BIN)/python -m tests.bench

package: $(VENV)/.local ## the Lambda package and its template, in build/package (STAGE)
	rm -rf build/package
	$(BIN)/python -m ops package --stage $(STAGE)

deploy: $(VENV)/.local ## put the portal into AWS (STAGE; PLAN=1 only says what it would do)
	$(BIN)/python -m ops deploy --stage $(STAGE) $(if $(PLAN),--dry-run)

clean: ## remove what was built and installed
	rm -rf -- $(VENV) build

.PHONY: help run serve reset install test storm check format bench package deploy clean
