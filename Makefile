# Every target sets up what it needs; `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
.DEFAULT_GOAL := help
.PHONY: help setup sandbox demo up test lint types bench clean

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

demo: setup ## Run the example trading method on real prices and show the result
	@$(BIN)/pastetrader demo

up: setup ## Start everything and stay up until Ctrl-C
	@$(BIN)/pastetrader up

test: setup ## All tests, against a real PostgreSQL and a real Temporal
	$(BIN)/pytest

lint: setup ## Style and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup ## mypy, strict
	$(BIN)/mypy

bench: setup ## Figures beside hand-written Temporal code (a few minutes)
	$(BIN)/python -m bench

clean: ## Remove what was built here; data folders stay
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis bench/results demo-artifacts
