# Every target builds the environment first where it is missing or out of date.
#
#   make PYTHON=python3.12 test     with another Python
#   make test ARGS="-k panel -x"    hand options to pytest

VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/installed
ARGS   ?=
# The first Python here that is recent enough and can create environments.
FITS   := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python; do \
            $$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench clean

help: ## Show this list
	@echo "btalpha: hold the stocks with the highest predicted return"
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(STAMP) ## Run the main job on a simulated market and write a tearsheet (about a minute)
	@$(BIN)/btalpha backtest --demo --out runs/demo
	@test -s runs/demo/tearsheet.html || { echo "the run wrote no runs/demo/tearsheet.html" >&2; exit 1; }

test: $(STAMP) ## Run the tests, with the examples of the docstrings
	@$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

lint: $(STAMP) ## Check style, formatting and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright

bench: $(STAMP) ## Run the benchmarks one after the other
	@for file in scripts/benchmarks/[a-z]*.py; do \
	    echo "== $$file"; \
	    $(BIN)/python -m btalpha.scripts.benchmarks.$$(basename "$$file" .py) || exit 1; \
	done

clean: ## Remove the environment, the caches and the demo's output
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis runs/demo
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "btalpha needs Python 3.11 or later with venv (on Debian and" \
	    "Ubuntu: apt install python3-venv). Where it has another name: make PYTHON=/path/to/python" >&2; \
	    exit 1; }
	@$(PYTHON) -c '$(FITS)' || { echo "$(PYTHON) is not Python 3.11 or later with venv" >&2; exit 1; }
	@echo "Creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing btalpha and its tested dependencies into $(VENV) (some minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]' \
	    || { echo "The installation failed: see above; run make again to resume it" >&2; exit 1; }
	@touch $@
