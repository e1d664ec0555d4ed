# Needs make and Python 3.11 or 3.12 with venv; everything else goes into .venv.

# PYTHON: the interpreter to build .venv with, by default the first of these that is 3.11 or 3.12.
CANDIDATES = python3.12 python3.11 python3
SUPPORTED = import sys, venv, ensurepip; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))
PYTHON ?= $(firstword $(foreach name,$(CANDIDATES),$(shell $(name) -c '$(SUPPORTED)' 2>/dev/null && echo $(name))))
BIN = .venv/bin
INSTALL = $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

# One test process more than there are processors: many tests wait. More than four crowd a machine's memory and disk.
PROCESSES = $(shell echo $$(( $$(nproc) < 3 ? $$(nproc) + 1 : 4 )))

.DEFAULT_GOAL = help
.DELETE_ON_ERROR:
.PHONY: help run test lint types bench eval format lock clean

help: ## show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/runtime.stamp ## serve the site (PORT=8000 DATA=data; PYTHON=… picks the interpreter)
	@$(BIN)/python -m webapp

test: .venv/dev.stamp ## run all tests
	@$(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder

lint: .venv/dev.stamp ## check style, layers of imports, and that the migrations make what the models say
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@export DATA=$$(mktemp -d) && trap 'rm -r "$$DATA"' EXIT && export LOG_LEVEL=warning && \
		$(BIN)/flask --app wsgi db upgrade && $(BIN)/flask --app wsgi db check

types: .venv/dev.stamp ## check types
	@$(BIN)/mypy

bench: .venv/dev.stamp ## measure the meter, the gate, log-ins by their time, and the catalogue
	@$(BIN)/python benchmarks/meter_memory.py
	@$(BIN)/python benchmarks/gate.py
	@$(BIN)/python -m benchmarks.login_timing
	@$(BIN)/python -m benchmarks.catalogue
	@$(BIN)/python -m benchmarks.catalogue_ptp

eval: .venv/dev.stamp ## measure how well search and detection find codes (ARGS=--write keeps the figures)
	@$(BIN)/python -m benchmarks.eval $(ARGS)

format: .venv/dev.stamp ## put the code in order
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: .venv/dev.stamp ## pin the newest versions of what pyproject.toml names
	@$(LOCK) --upgrade -o requirements.txt pyproject.toml
	@$(LOCK) --upgrade -o requirements-dev.txt --extra dev -c requirements.txt pyproject.toml

clean: ## remove the virtual environment and caches; the data folder stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	$(if $(PYTHON),,$(error Python 3.11 or 3.12 with venv is needed: apt-get install python3 python3-venv, or PYTHON=…))
	@echo "Making .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv

.venv/runtime.stamp: requirements.txt | $(BIN)/python
	@echo "Installing what the site needs"
	@$(INSTALL) -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt requirements.txt | $(BIN)/python
	@echo "Installing what the site and its tests need"
	@$(INSTALL) -r requirements-dev.txt
	@touch .venv/runtime.stamp $@
