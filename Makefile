# `make demo` and `make test` do all the set-up there is; they need a Python of 3.11 or newer.
.DEFAULT_GOAL := help
.PHONY: help demo test lint types unit bench fuzz clean

VENV   ?= .venv
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

help:
	@echo "make demo    a chat answer as it streams, and a subscription that survives two drops"
	@echo "make test    every check: ruff, mypy, pyright, tests with coverage, README, the built wheel"
	@echo "make bench   speed and memory beside the other Python clients, with plots"
	@echo "make fuzz    the parser against the standard's own words, for a few minutes"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "sse-client needs Python 3.11 or newer, and none was found; say make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { echo "the virtual environment could not be made (on Debian: apt install python3-venv)" >&2; exit 1; }

$(VENV)/.run: pyproject.toml setup.cfg | $(BIN)/python
	@$(PIP) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml setup.cfg | $(BIN)/python
	@$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.run

$(VENV)/.bench: pyproject.toml setup.cfg | $(BIN)/python
	@$(PIP) --editable '.[dev,bench]'
	@touch $@ $(VENV)/.dev $(VENV)/.run

demo: $(VENV)/.run
	@$(BIN)/python examples/demo.py

test: lint types unit

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy
	$(BIN)/pyright

unit: $(VENV)/.dev
	$(BIN)/pytest --cov

bench: $(VENV)/.bench
	@$(BIN)/python -m benchmarks --plot

fuzz: $(VENV)/.dev
	$(BIN)/pytest tests/test_parser_properties.py --hypothesis-profile=fuzz --timeout=900

clean:
	rm -rf $(VENV) build dist *.egg-info .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
