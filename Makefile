# Every target sets up what it needs; `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
.DEFAULT_GOAL := help
UI_STAMP := ui/node_modules/.installed
BROWSER := $(or $(CHROMIUM),/usr/bin/chromium)
# It counts what its process leaves behind, so no other test may share that process.
ALONE := tests/activities/sandbox/test_many_runs.py
.PHONY: help setup sandbox packages browser demo up ui-dev client test nightly lint types bench screenshots clean

help: ## This list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(STAMP) sandbox ## Virtual environment, locked dependencies, sandbox

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "the venv module is missing: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Installed when we may; everything but Python and Shell tools works without it.
sandbox:
	@command -v bwrap >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing bubblewrap, the sandbox of Python and Shell tools"; \
	    (apt-get install -qq -y bubblewrap || (apt-get update -qq && apt-get install -qq -y bubblewrap)) >/dev/null; \
	  else \
	    echo "Python and Shell tools need bubblewrap: sudo apt-get install bubblewrap"; \
	  fi; }

packages: setup ## numpy and pandas for Python tools of `make up`
	@$(BIN)/pastetrader packages install

$(UI_STAMP): ui/package-lock.json
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a === 20 && +b >= 9) ? 0 : 1)' 2>/dev/null || { echo "the designer needs Node.js 20.9 or newer with npm"; exit 1; }
	cd ui && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# The designer's tests run in Debian's browser; nothing is downloaded by them.
browser:
	@test -x "$(BROWSER)" || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing chromium, the browser of the designer's tests"; \
	    (apt-get install -qq -y chromium || (apt-get update -qq && apt-get install -qq -y chromium)) >/dev/null; \
	  else \
	    echo "the designer's tests need a browser: sudo apt-get install chromium, or CHROMIUM=/path/to/one"; exit 1; \
	  fi; }

demo: setup ## Run the example trading method on real prices and show the result
	@$(BIN)/pastetrader demo

up: setup ## Start everything and stay up until Ctrl-C
	@$(BIN)/pastetrader up

ui-dev: setup $(UI_STAMP) ## The designer with reload on port 3000, beside a running `make up`
	cd ui && npm run dev

client: setup $(UI_STAMP) ## Generate the designer's client from the API
	$(BIN)/python -m api.openapi > ui/lib/api/openapi.json
	cd ui && npm run --silent api

test: setup $(UI_STAMP) browser ## All tests, against a real PostgreSQL, a real Temporal and a real browser
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder --ignore $(ALONE)
	$(BIN)/pytest $(ALONE)
	cd ui && npm test
	cd ui && npm run build
	cd ui && CHROMIUM=$(BROWSER) npm run e2e

nightly: setup ## What takes long at its full size: 10,000 calls in the sandbox, an agent through 25 kills
	SANDBOX_RUNS=10000 $(BIN)/pytest $(ALONE)
	AGENT_TURNS=200 AGENT_KILLS=25 $(BIN)/pytest tests/chaos/test_agent_kill.py
	LARGE_MEGABYTES=100 $(BIN)/pytest tests/activities/tools/test_shell_files.py tests/api/artifacts/test_large_values.py

lint: setup $(UI_STAMP) ## Style and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	cd ui && npm run lint

types: setup $(UI_STAMP) ## mypy and TypeScript, both strict
	$(BIN)/mypy
	cd ui && npm run types

bench: setup ## Figures beside hand-written Temporal code (a few minutes)
	$(BIN)/python -m bench

screenshots: setup $(UI_STAMP) browser ## Take the pictures of the documentation again
	cd ui && npm run build && CHROMIUM=$(BROWSER) npm run screenshots

clean: ## Remove what was built here; data folders stay
	rm -rf $(VENV) .cache build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis bench/results demo-artifacts ui/node_modules ui/.next ui/out ui/test-results
