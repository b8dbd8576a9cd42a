# The gateway's commands. Each sets up .venv from requirements-dev.lock first, when that has not been done or the lock has changed.
#   make demo ARGS=--check      arguments for the command behind a target go in ARGS

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PIP_OPTIONS := --quiet --quiet --no-input --disable-pip-version-check --progress-bar off
PIP     = $$($(BIN)/python -m pip --version >/dev/null 2>&1 && echo $(BIN)/python || echo $(PYTHON)) -m pip

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench chaos openapi docs lock audit sbom image clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## run the gateway with a simulated shop and warehouse and watch orders go through (ARGS=--check: play a day and judge it)
	@$(BIN)/gateway demo $(ARGS)

# Thousands of tests with real processes share two busy cores. One that fails is run once more; the summary names it as RERUN.
test: check ## everything that must pass: check, then all tests (PostgreSQL too if this machine has its server)
	@$(BIN)/python -m pytest --reruns=1 $(ARGS)

check: $(READY) ## formatting, lint, types and the direction of imports
	@$(BIN)/ruff format --check --quiet --output-format concise . || { echo "make format puts these in shape."; exit 1; }
	@$(BIN)/ruff check --quiet --output-format concise .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > $(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }
	@echo "check: formatting, lint, types and imports are in order"

format: $(READY) ## put the code in shape
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

bench: $(READY) ## measure the figures the gateway promises, as ratios within one run
	@$(BIN)/python -m tests.bench $(ARGS)

chaos: $(READY) ## random histories with faults against real processes, judged (ARGS=--crashes: the scripted bad days at full length)
	@$(BIN)/python -m tests.chaos.histories $(ARGS)

openapi: $(READY) ## write openapi/gateway.json and the pages of docs/ that are made from the code
	@$(BIN)/python -m app.commands.documents

docs: $(READY) ## build the documentation's site into build/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict 2>$(VENV)/docs.log || { cat $(VENV)/docs.log; exit 1; }
	@echo "docs: build/site/index.html"

# One lock for every Python and platform (markers say what is only for some), hashes of all files, no addresses.
COMPILE = build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
lock: ## choose the newest allowed versions and write the four locks
	@$(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip install $(PIP_OPTIONS) uv
	@$(COMPILE) pyproject.toml > build/requirements.lock
	@$(COMPILE) pyproject.toml --extra dev -c build/requirements.lock --no-annotate > build/requirements-dev.lock
	@$(COMPILE) --group build -c build/requirements-dev.lock --no-annotate > build/requirements-build.lock
	@$(COMPILE) --group audit -c build/requirements-dev.lock --no-annotate > build/requirements-audit.lock
	@{ echo "# What the gateway runs on; written by: make lock"; cat build/requirements.lock; } > requirements.lock
	@{ echo "# What the gateway is built and tested with; written by: make lock"; cat build/requirements-dev.lock; } > requirements-dev.lock
	@{ echo "# What makes the gateway's wheel; written by: make lock"; cat build/requirements-build.lock; } > requirements-build.lock
	@{ echo "# What looks for known vulnerabilities and writes the bill of materials; written by: make lock"; cat build/requirements-audit.lock; } > requirements-audit.lock
	@rm -rf build/lock build/requirements*.lock

AUDIT      := build/audit
ADVISORIES := https://api.osv.dev
# A list that nobody answers for is not a clean bill: then the exit status is not 0 either.
audit: $(AUDIT)/.ready ## look for known vulnerabilities in what the locks hold
	@if ! $(AUDIT)/bin/python -c "import requests; requests.get('$(ADVISORIES)', timeout=10)" 2>/dev/null; then \
	    echo "audit: nothing was checked. The list of known vulnerabilities ($(ADVISORIES)) cannot be reached from here."; exit 2; \
	fi
	@failed=; for lock in requirements.lock requirements-build.lock requirements-dev.lock requirements-audit.lock; do \
	    echo "$$lock:"; $(AUDIT)/bin/pip-audit --disable-pip --require-hashes --progress-spinner off -s osv -r $$lock || failed=$$failed\ $$lock; \
	done; [ -z "$$failed" ] || { echo "audit: see above what is known of$$failed"; exit 1; }
	@echo "audit: nothing is known against what the locks hold"

SBOM = build/sbom.cdx.json
sbom: $(AUDIT)/.ready ## write the bill of materials of what the gateway runs on (CycloneDX, build/sbom.cdx.json)
	@rm -rf build/runtime && $(BIN)/python -m venv --without-pip build/runtime
	@$(PIP) --python build/runtime/bin/python install $(PIP_OPTIONS) --require-hashes -r requirements.lock
	@$(AUDIT)/bin/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml --mc-type application --output-file $(SBOM) build/runtime/bin/python
	@rm -rf build/runtime
	@echo "sbom: $(SBOM)"

# An image is built on one base, named by its digest, where the registry can be asked for it. BASE=name@sha256:… names another one.
BASE  = python:3.11-slim
IMAGE = ongoing-gateway
image: ## build the container image, its base pinned by digest (BASE=…, IMAGE=…)
	@set -e; base=$(BASE); case $$base in *@sha256:*) ;; *) \
	    if digest=$$(docker buildx imagetools inspect $$base --format '{{.Manifest.Digest}}' 2>/dev/null) && [ -n "$$digest" ]; then base=$$base@$$digest; \
	    else echo "image: no registry tells the digest of $$base; it is used as this machine has it. BASE=$$base@sha256:… pins it."; fi;; esac; \
	version=$$(sed -n 's/^__version__ = "\(.*\)"/\1/p' app/__init__.py); \
	docker build --build-arg BASE=$$base --build-arg VERSION=$$version --build-arg REVISION=$$(git rev-parse HEAD 2>/dev/null || echo unknown) -t $(IMAGE):$$version .; \
	echo "image: $(IMAGE):$$version on $$base"

clean: ## remove .venv and every cache; data/ stays
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	@find app tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A fresh machine may have a python3 that is too old beside one that fits. One that the tests have run on goes first, any newer one will do;
# a PYTHON that was named goes before all. Debian without python3-venv has no ensurepip: then the pip that the machine has installs into
# .venv from outside. All that is said here goes to standard error: standard output is the command's (make demo ARGS=--json).
OLDEST := 11
NEWEST := 14
PYTHONS := $(PYTHON) python3.14 python3.13 python3.12 python3.11
$(READY): requirements-dev.lock pyproject.toml
	@set -e; exec >&2; python=; \
	for newest in $(if $(filter file,$(origin PYTHON)),$(NEWEST)) 99; do for candidate in $(PYTHONS); do \
	    if [ -z "$$python" ] && $$candidate -c "import sys; sys.exit(not (3, $(OLDEST)) <= sys.version_info[:2] <= (3, $$newest))" 2>/dev/null; \
	    then python=$$candidate; fi; \
	done; done; \
	if [ -z "$$python" ]; then \
	    echo "The gateway needs Python 3.$(OLDEST) or newer; $(PYTHON) here is: $$($(PYTHON) --version 2>&1)."; \
	    echo "Install one, or name it: make PYTHON=/path/to/python3.$(NEWEST)"; exit 1; \
	fi; \
	if ! $$python -c "import sys; sys.exit(sys.version_info[:2] > (3, $(NEWEST)))"; then \
	    echo "Warning: the gateway is tested with Python 3.$(OLDEST) to 3.$(NEWEST); $$python is newer: $$($$python --version)."; \
	fi; \
	if ! $(BIN)/python -c '' 2>/dev/null; then \
	    echo "Setting up $(VENV) with $$($$python --version), once; about a minute …"; \
	    $$python -m venv $(VENV) >/dev/null 2>&1 || $$python -m venv --clear --without-pip $(VENV); \
	else echo "The lock has changed: bringing $(VENV) up to date …"; fi; \
	if $(BIN)/python -m pip --version >/dev/null 2>&1; then pip="$(BIN)/python -m pip"; else pip="$$python -m pip --python $(BIN)/python"; fi; \
	$$pip install $(PIP_OPTIONS) --require-hashes -r requirements-dev.lock; \
	$$pip install $(PIP_OPTIONS) --no-deps --no-build-isolation --no-index -e .; \
	touch $(READY)

$(AUDIT)/.ready: requirements-audit.lock | $(READY)
	@$(BIN)/python -m venv --clear --without-pip $(AUDIT)
	@$(PIP) --python $(AUDIT)/bin/python install $(PIP_OPTIONS) --require-hashes -r requirements-audit.lock
	@touch $@
