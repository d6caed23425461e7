# `make demo` and `make test` do all the set-up; they need Python 3.11 or newer.
.DEFAULT_GOAL := help
.PHONY: soak docs pictures servers engines help demo test check lint types mypy pyright pyright-packages collected unit shard quick bench \
	fuzz cluster clean

VENV   ?= .venv
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
BIN    := $(VENV)/bin
# pip would compile 14,000 modules, most of which are never imported; Python compiles a module at its first import.
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
LINK   := sse_client/adapters

# The tests start thousands of processes. With this variable set, each would compile the package and the tests again.
unexport PYTHONDONTWRITEBYTECODE

# The number of test processes. Each test file runs in one of them, the long files first (tests/shards.py).
WORKERS ?= 3
PYTEST  := $(BIN)/pytest --numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder

TEST_TIME := 10 to 20 minutes on two cores

help:
	@echo "make demo    a chat answer as it streams, and a subscription that survives two drops"
	@echo "make check   ruff, mypy, pyright and the quick tests, in under a minute, to run while you work"
	@echo "make test    every check: ruff, mypy, pyright, the site, tests with coverage, README, the built wheel; $(TEST_TIME)"
	@echo "make shard   one part of make test's tests, without coverage: SHARD=2/4 runs the second of four"
	@echo "make servers from make test: the clients against other projects' servers and proxies, which it installs"
	@echo "make engines from make test: the relay on a real Redis, batches on Dask and Ray, and hosts that die"
	@echo "make docs    the pages as a site, in site/"
	@echo "make pictures  draw the terminals and the diagram on the pages again, from real output"
	@echo "make bench   speed and memory beside the other Python clients, with plots"
	@echo "make soak    tens of thousands of events, reconnects and chats under faults: checks that none is lost and nothing leaks; with a plot"
	@echo "make cluster hosts that die: a feed through Redis, and chats on Dask and Ray, with plots"
	@echo "make fuzz    parser, framing, codings, heads and payloads against oracles, for a few minutes"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "sse-client needs Python 3.11 or newer, and none was found; say make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { echo "the virtual environment could not be made (on Debian: apt install python3-venv)" >&2; exit 1; }

# An archive or a checkout may come without the link, or with a file that holds its target (on Windows).
$(LINK)/__init__.py:
	@rm -f $(LINK) && ln -s ../adapters $(LINK)

$(VENV)/.run: pyproject.toml setup.cfg | $(BIN)/python $(LINK)/__init__.py
	@echo "installing what the package needs into $(VENV): half a minute, in silence"
	@$(PIP) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml setup.cfg | $(BIN)/python $(LINK)/__init__.py
	@echo "installing the tools of the tests into $(VENV): some minutes the first time, in silence"
	@$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.run

$(VENV)/.bench: pyproject.toml setup.cfg | $(BIN)/python $(LINK)/__init__.py
	@echo "installing the tools of the benchmarks into $(VENV): some minutes the first time, in silence"
	@$(PIP) --editable '.[dev,bench]'
	@touch $@ $(VENV)/.dev $(VENV)/.run

demo: $(VENV)/.run
	@$(BIN)/python examples/demo.py

# The checks run in parallel first; the tests come after them, as some measure time and need both cores.
test: announce-test lint
	@$(MAKE) --no-print-directory --jobs=3 pyright mypy collected docs
	@$(MAKE) --no-print-directory unit

# Warnings are errors.
docs: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

pictures: $(VENV)/.dev
	@cd tests && ../$(BIN)/python -m pictures

check: announce-check lint
	@$(MAKE) --no-print-directory --jobs=3 mypy pyright-packages quick

.PHONY: announce-test announce-check
announce-test:
	@echo "make test: ruff, mypy and pyright, then the tests with coverage in $(WORKERS) processes; $(TEST_TIME)"

announce-check:
	@echo "make check: ruff, then mypy, pyright and the quick tests at the same time; under a minute on two cores"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: mypy pyright

mypy: $(VENV)/.dev
	$(BIN)/mypy

pyright: $(VENV)/.dev
	$(BIN)/pyright

pyright-packages: $(VENV)/.dev
	$(BIN)/pyright sse_client adapters

# One process compiles the tests and what they import; otherwise each test process would.
collected: $(VENV)/.dev
	@found=$$($(BIN)/pytest --collect-only -qq tests) || { echo "$$found"; exit 1; }

# `--cov` comes last: it would take a folder after it as the source to measure.
unit: $(VENV)/.dev
	$(PYTEST) tests --cov

# One part of the tests, for a machine of its own: each test file is in exactly one of the shards, 1/4 to 4/4.
SHARD ?= 1/4

shard: $(VENV)/.dev
	$(PYTEST) --shard=$(SHARD) tests

# Parts of the tests, for those who work on these parts.
servers: $(VENV)/.dev
	$(PYTEST) tests/servers tests/proxies

engines: $(VENV)/.dev
	$(PYTEST) tests/relay tests/batch tests/cluster

# The tests of modules that need neither a server nor a process. Those that double an input and compare what it costs are
# left to `make unit`: they take as long as all others together.
QUICK := tests/core tests/http tests/parser tests/transports/requests $(wildcard $(addprefix tests/test_,$(addsuffix .py,\
	checkpoint compat errors events extension footprint import_paths options package policy readme request)))

quick: $(VENV)/.dev
	$(PYTEST) --quiet -k "not (proportion or linear or large)" $(QUICK)

bench: $(VENV)/.bench
	@$(BIN)/python -m benchmarks --plot

fuzz: $(VENV)/.dev
	$(PYTEST) --hypothesis-profile=fuzz --timeout=900 $(shell grep -rl "^@given" tests)

SOAK_EVENTS     ?= 100000
SOAK_RECONNECTS ?= 10000
SOAK_CHATS      ?= 100000
SOAK_RECORDS    ?= $(CURDIR)/build/soak

soak: $(VENV)/.bench
	@echo "$(SOAK_EVENTS) events through faults, $(SOAK_RECONNECTS) reconnects and $(SOAK_CHATS) chats in each client: some ten minutes"
	SOAK_EVENTS=$(SOAK_EVENTS) SOAK_RECONNECTS=$(SOAK_RECONNECTS) SOAK_CHATS=$(SOAK_CHATS) SOAK_RECORDS=$(SOAK_RECORDS) \
		$(PYTEST) --verbose tests/soak
	@cd tests && $(abspath $(BIN))/python -m soak.plot $(SOAK_RECORDS)

# As root on Linux, the hosts are network namespaces; otherwise they are processes.
cluster: $(VENV)/.bench
	@command -v redis-server >/dev/null || { echo "redis-server is needed (Debian: apt install redis-server)" >&2; exit 1; }
	@cd tests && ../$(BIN)/python -m cluster && ../$(BIN)/python -m cluster.speed

clean:
	rm -rf $(VENV) build dist site *.egg-info .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
