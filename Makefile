# Quaysite on this machine. Needs python3 (3.11 or newer) with venv, and make.
#
#   make run     Quaysite and a registry that trusts it, until Ctrl-C
#   make demo    a story that proves itself with skopeo or podman
#   make test    every test, end to end and on both databases
#   make screenshots   the pictures of the manual, taken anew
#   make bench   what is fast, and whether it is fast enough (benchmarks/README.md)
#   make faults  what clients see while something breaks (benchmarks/README.md)
#   make upgrade-check   an upgrade, and the way back, with both versions (docs/upgrade.md)
#   make abuse   what an attacker tries at a token service, here or at URL= (docs/abuse-kit.md)
#   make fuzz    generated input for the API, the model and the parsers, for long
#   make mutants whether the tests notice mistakes in what decides (docs/fuzzing.md)
#   make docs    the manual as a site, in site/; without network but for the tools, once
#   make docs-serve    shows it at 127.0.0.1:8001
#   make lint    style, types, imports, migrations, deployment checks, the manual
#   make requirements  compile requirements*.in, with a hash for every file
#   make audit   known vulnerabilities of what we use (docs/supply-chain.md)
#   make sbom    the bill of materials, dist/quaysite.cdx.json
#   make wheel   the wheel of the last commit, the same bytes each time
#   make licences  what the licences of our dependencies are, written down anew
#   make clean   remove what can be made again; the data in var/ stays
#
# Elsewhere: make run PORT=8001 REGISTRY_PORT=5001

PYTHON ?= python3
PORT ?= 8000
REGISTRY_PORT ?= 5000

VENV := .venv
IN_VENV := $(VENV)/bin/python
RUNTIME := $(VENV)/.requirements
DEVELOPMENT := $(VENV)/.requirements-dev
FUZZING := $(VENV)/.requirements-fuzzing
# Of its own: what makes the site needs other versions of what we depend on.
VENV_DOCS := .venv-docs
IN_VENV_DOCS := NO_MKDOCS_2_WARNING=1 $(VENV_DOCS)/bin/python -m mkdocs
DOCS := $(VENV_DOCS)/.requirements-docs
DOCS_ADDRESS ?= 127.0.0.1:8001
SUPPLY := .venv-supply
PIP := -m pip install --quiet --disable-pip-version-check --require-hashes

.DEFAULT_GOAL := run

# --- Running ---------------------------------------------------------------------

.PHONY: run
run: $(RUNTIME)
	@exec $(IN_VENV) manage.py quickstart --port $(PORT) --registry-port $(REGISTRY_PORT)

.PHONY: demo
demo: $(RUNTIME)
	@exec $(IN_VENV) manage.py demo --port $(PORT) --registry-port $(REGISTRY_PORT)

# --- Checking --------------------------------------------------------------------

.PHONY: test
test: $(DEVELOPMENT)
	@$(IN_VENV) -m tests.everything $(ARGS)

URL ?=

# Its exit code is 1 where something failed, and 2 where it could not be run.
.PHONY: abuse
abuse: $(DEVELOPMENT)
	@$(IN_VENV) -m abuse $(URL) $(ARGS)

# docs/fuzzing.md; one part of it alone: make fuzz-api, fuzz-model, fuzz-parsers
EXAMPLES ?= 300
STEPS ?= 10000
SECONDS ?= 300
TARGETS ?= basic bearer assertion query

.PHONY: fuzz fuzz-api fuzz-model fuzz-parsers
fuzz: fuzz-parsers fuzz-model fuzz-api

fuzz-api: $(DEVELOPMENT)
	@FUZZ_EXAMPLES=$(EXAMPLES) $(IN_VENV) -m pytest -q tests/api/test_schemathesis.py

fuzz-model: $(DEVELOPMENT)
	@FUZZ_STEPS=$(STEPS) $(IN_VENV) -m tests.everything -q tests/model

fuzz-parsers: $(FUZZING)
	@for target in $(TARGETS); do \
	  $(IN_VENV) -m tests.fuzzing $$target -max_total_time=$(SECONDS) || exit 1; done

# A part of it: make mutants ARGS=federation
.PHONY: mutants
mutants: $(DEVELOPMENT)
	@$(IN_VENV) -m tests.mutation $(ARGS)

.PHONY: screenshots
screenshots: $(DEVELOPMENT)
	@$(IN_VENV) -m pytest -q tests/browser/screenshots.py

.PHONY: bench
bench: $(DEVELOPMENT)
	@$(IN_VENV) -m benchmarks $(ARGS)

.PHONY: faults
faults: $(DEVELOPMENT)
	@$(IN_VENV) -m benchmarks.faults $(ARGS)

.PHONY: upgrade-check
upgrade-check: $(DEVELOPMENT)
	@$(IN_VENV) -m tests.deploy.upgrade_check $(ARGS)

# Not --quiet: it hides warnings from --strict, which then lets them pass.
.PHONY: docs
docs: $(DOCS)
	@$(IN_VENV_DOCS) build --strict
	@echo 'The manual is in site/; make docs-serve shows it.'

.PHONY: docs-serve
docs-serve: $(DOCS)
	@exec env $(IN_VENV_DOCS) serve --dev-addr $(DOCS_ADDRESS)

.PHONY: lint
lint: $(DEVELOPMENT) docs
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(IN_VENV) manage.py makemigrations --check --dry-run
	SERVER_HOSTNAME=registry.example.com $(IN_VENV) manage.py check --deploy --fail-level WARNING

# --- The supply chain (docs/supply-chain.md) ----------------------------------------

# What stands in the compiled files stays, unless an .in file says otherwise. Extras are
# kept: pip finds no hash for a package that another wants with an extra.
COMPILE := $(SUPPLY)/bin/uv pip compile --quiet --universal --python-version 3.11 \
  --generate-hashes --no-strip-extras --no-annotate \
  --custom-compile-command 'make requirements'

.PHONY: requirements
requirements: $(SUPPLY)/.requirements
	@for kind in '' -tracing -dev -supply -docs -fuzzing; do \
	  $(COMPILE) requirements$$kind.in --output-file requirements$$kind.txt || exit; done

.PHONY: audit
audit: $(DEVELOPMENT) $(SUPPLY)/.requirements
	@$(IN_VENV) -m supply.audit $(SUPPLY)/bin/pip-audit

.PHONY: sbom
sbom: $(SUPPLY)/.requirements
	@mkdir -p dist
	@$(SUPPLY)/bin/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml \
	  --mc-type application --output-reproducible --validate --output-file dist/quaysite.cdx.json

.PHONY: wheel
wheel: $(DEVELOPMENT)
	@$(IN_VENV) -m supply.wheel dist

.PHONY: licences
licences: $(RUNTIME)
	@$(IN_VENV) -m supply.licences --write

$(SUPPLY)/.requirements: requirements-supply.txt
	@echo 'Installing the tools of the supply chain into $(SUPPLY) (once) ...'
	@$(PYTHON) -m venv $(SUPPLY)
	@$(SUPPLY)/bin/python $(PIP) -r requirements-supply.txt
	@touch $@

# --- The virtual environment -----------------------------------------------------

$(RUNTIME): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Quaysite needs Python 3.11 or newer: make run PYTHON=python3.12'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo 'Python cannot make virtual environments here: apt-get install python3-venv'; exit 1; }
	@echo 'Installing the dependencies into $(VENV) (once) ...'
	@$(PYTHON) -m venv $(VENV)
	@$(IN_VENV) $(PIP) -r requirements.txt
	@touch $@

$(DEVELOPMENT): requirements.txt requirements-tracing.txt requirements-dev.txt | $(RUNTIME)
	@echo 'Installing the development tools into $(VENV) (once) ...'
	@$(IN_VENV) $(PIP) -r requirements-dev.txt
	@touch $@

$(FUZZING): requirements-fuzzing.txt | $(DEVELOPMENT)
	@$(IN_VENV) $(PIP) -r requirements-fuzzing.txt
	@touch $@

$(DOCS): requirements-docs.txt
	@echo 'Installing what makes the manual into $(VENV_DOCS) (once) ...'
	@$(PYTHON) -m venv $(VENV_DOCS)
	@$(VENV_DOCS)/bin/python $(PIP) -r requirements-docs.txt
	@touch $@

.PHONY: clean
clean:
	rm -rf $(VENV) $(VENV_DOCS) $(SUPPLY) site dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +
	@echo 'The data in var/ stays; rm -r var removes it.'
