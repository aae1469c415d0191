# Quaysite on this machine. Needs python3 (3.11 or newer) with venv, and make.
#
#   make run     Quaysite and a registry that trusts it, until Ctrl-C
#   make demo    a story that proves itself with skopeo or podman
#   make test    every test, end to end and on both databases
#   make screenshots   the pictures of the manual, taken anew
#   make bench   what is fast, and whether it is fast enough (benchmarks/README.md)
#   make fuzz    generated requests against every operation of the API, for long
#   make lint    style, types, imports, migrations, deployment checks
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

EXAMPLES ?= 300

.PHONY: fuzz
fuzz: $(DEVELOPMENT)
	@FUZZ_EXAMPLES=$(EXAMPLES) $(IN_VENV) -m pytest -q tests/api/test_schemathesis.py

.PHONY: screenshots
screenshots: $(DEVELOPMENT)
	@$(IN_VENV) -m pytest -q tests/browser/screenshots.py

.PHONY: bench
bench: $(DEVELOPMENT)
	@$(IN_VENV) -m benchmarks $(ARGS)

.PHONY: lint
lint: $(DEVELOPMENT)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(IN_VENV) manage.py makemigrations --check --dry-run
	SERVER_HOSTNAME=registry.example.com $(IN_VENV) manage.py check --deploy --fail-level WARNING

# --- The virtual environment -----------------------------------------------------

$(RUNTIME): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Quaysite needs Python 3.11 or newer: make run PYTHON=python3.12'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo 'Python cannot make virtual environments here: apt-get install python3-venv'; exit 1; }
	@echo 'Installing the dependencies into $(VENV) (once) ...'
	@$(PYTHON) -m venv $(VENV)
	@$(IN_VENV) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEVELOPMENT): requirements.txt requirements-dev.txt | $(RUNTIME)
	@echo 'Installing the development tools into $(VENV) (once) ...'
	@$(IN_VENV) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

.PHONY: clean
clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +
	@echo 'The data in var/ stays; rm -r var removes it.'
