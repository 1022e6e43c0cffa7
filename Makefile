# Everything starts here. `make` alone prints this list. Needs only make and Python 3.11 or newer.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ASSETS := api/dashboard/assets
# Compiled once and kept, whatever the environment says: every worker and every server would compile it all for itself.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest
# More than the cores there are: a test waits for databases and servers more than it works.
WORKERS ?= 4
CODE := ledger projections replay api tests benchmarks

.PHONY: help
help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(STAMP)  ## virtual environment and pinned dependencies; does nothing when they are up to date

$(STAMP): requirements/dev.txt requirements/lifetimes.txt requirements/node.txt pyproject.toml $(ASSETS)/package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Tallystick needs Python 3.11 or newer: make setup PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { echo "could not make a virtual environment; on Debian: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
	  -r requirements/lifetimes.txt
	@command -v node >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r requirements/node.txt
	cd $(ASSETS) && PATH="$(abspath $(BIN)):$$PATH" npm ci --ignore-scripts --no-audit --no-fund --silent
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: pins
pins: setup  ## resolve requirements/*.in to exact versions with hashes
	cd requirements && for name in dev runtime node lifetimes; do \
	  ../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --no-emit-find-links $$(test $$name != runtime || echo --constraints dev.txt) \
	    $$(test $$name != lifetimes || echo --no-deps) $(PINS_FLAGS) $$name.in --output-file $$name.txt >/dev/null || exit 1; \
	done

.PHONY: run
run: setup  ## the server on http://127.0.0.1:8000, with its own database and sample data
	$(BIN)/tallystick serve --demo

.PHONY: test
test: setup  ## the suite; its slow and fault parts at a small size
	$(PYTEST) -n $(WORKERS) -m "not slow and not fault"

.PHONY: test-full
test-full: setup  ## the whole suite at its full size; the database part on PostgreSQL 15 too where the machine has it
	$(PYTEST) -n $(WORKERS)
	@if test -x /usr/lib/postgresql/15/bin/initdb; then \
	  echo "again on PostgreSQL 15"; TALLYSTICK_TEST_POSTGRES=/usr/lib/postgresql/15/bin \
	  $(PYTEST) -n $(WORKERS) -m "database and not slow and not fault"; fi

.PHONY: lint
lint: setup docs-check  ## style, types, who may import whom, generated docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: setup  ## rewrite the code in the agreed shape
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

# Modules that write pages under docs/. A page names its module in its first lines, so a page without one is found.
GENERATORS := ledger.docs
define each_generator
	@for module in $(GENERATORS); do \
	  if test -e "$$(echo $$module | tr . /).py"; then $(BIN)/python -m $$module $(1) || exit 1; \
	  elif grep -rlqs "python -m $$module" docs --include='*.md' --include='*.json' --exclude-dir=decisions; then \
	    echo "docs/ holds pages written by $$module, which is gone"; exit 1; fi; done
endef

.PHONY: docs
docs: setup  ## write the generated pages under docs/
	$(call each_generator,)

.PHONY: docs-check
docs-check: setup
	$(call each_generator,--check)

.PHONY: tour
tour: setup  ## run the README's tour for real
	$(BIN)/python -m tests.tour

.PHONY: cookbook
cookbook: setup  ## ask every question of docs/audit-cookbook.md of a tenth of the CDNOW ledger
	$(BIN)/python -m tests.cookbook

.PHONY: pictures
pictures: setup  ## the pictures of docs/pictures: the main pages of the sample company, in two widths, light and dark
	$(BIN)/python -m tests.browser.pictures

.PHONY: bench
bench: setup  ## the numbers of docs/performance.md
	$(BIN)/python -m benchmarks

.PHONY: demo-cdnow
demo-cdnow: setup  ## 69,659 real purchases through the HTTP API, checked against DuckDB
	$(BIN)/tallystick demo --cdnow "$$(find $(VENV)/lib -name CDNOW_master.txt)"

.PHONY: check
check: lint test tour cookbook  ## what CI runs
