# Every command CI runs. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python
STAMPS := .stamps
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: help setup ui ui-check screenshots demo up test test-fast check fmt verify lock bench bench-full docs wheel acceptance clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMPS)/venv $(STAMPS)/ui ## virtual environment and dependencies, from the lock file

$(STAMPS)/venv: requirements.lock pyproject.toml
	@scripts/setup.sh
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/node: ui/package-lock.json scripts/setup_ui.sh scripts/node.sh $(STAMPS)/venv
	@scripts/setup_ui.sh
	@mkdir -p $(STAMPS) && touch $@

UI_SOURCES := $(shell find ui -path ui/node_modules -prune -o -type f -print)

$(STAMPS)/ui: $(STAMPS)/node $(UI_SOURCES)
	@echo "Building the web interface"
	@cd ui && ../scripts/node.sh npm run --silent build -- --logLevel error
	@mkdir -p $(STAMPS) && touch $@

ui: $(STAMPS)/ui ## the web interface, into the package

ui-check: $(STAMPS)/node ## lint, types and unit tests of the web interface
	cd ui && ../scripts/node.sh npm run --silent lint
	cd ui && ../scripts/node.sh npm run --silent types
	cd ui && ../scripts/node.sh npm run --silent test -- --reporter=dot

demo: $(STAMPS)/venv $(STAMPS)/ui ## a server, a real training workflow, changed, rolled back, gone on from a node; KEEP=1 leaves it up
	@$(PY) -m scripts.demo

up: $(STAMPS)/venv $(STAMPS)/ui ## a server on the per-user home folder
	@$(VENV)/bin/alula up

$(STAMPS)/test-tools: scripts/setup_test.sh requirements-frameworks.lock $(STAMPS)/venv
	@scripts/setup_test.sh
	@mkdir -p $(STAMPS) && touch $@

test: $(STAMPS)/venv $(STAMPS)/test-tools $(STAMPS)/ui ## the whole suite
	$(PY) -m pytest -n 2 --dist loadgroup tests

test-fast: $(STAMPS)/venv ## without what is marked slow, the Flyte clients and the browser
	$(PY) -m pytest -m "not slow" --ignore tests/acceptance --ignore tests/ui tests

acceptance: $(STAMPS)/venv ## unmodified Flyte clients against a real server
	$(PY) -m pytest tests/acceptance

check: $(STAMPS)/venv verify ui-check ## lint, types, import contracts
	ruff check .
	mypy
	lint-imports
	@echo "check: all clean"

fmt: $(STAMPS)/venv ## formats the code
	ruff format src tests bench examples scripts
	ruff check --fix .

verify: $(STAMPS)/venv $(STAMPS)/node ## regenerates what is generated and compares
	@scripts/verify.sh

lock: $(STAMPS)/venv ## the lock file from pyproject.toml; what is there keeps its version
	$(VENV)/bin/uv pip compile pyproject.toml --extra all --group dev --generate-hashes --no-header --no-emit-index-url --quiet -o requirements.lock
	$(VENV)/bin/uv pip compile --group frameworks --constraint requirements.lock --generate-hashes --no-header --no-emit-index-url --quiet -o requirements-frameworks.lock

bench: $(STAMPS)/venv $(STAMPS)/ui ## the short table of budgets
	$(PY) -m bench

bench-full: $(STAMPS)/venv $(STAMPS)/ui ## with the largest sizes and the peers that need no service
	$(PY) -m bench --full

screenshots: $(STAMPS)/venv $(STAMPS)/test-tools $(STAMPS)/ui ## every page on the demo's data, in build/screenshots
	@$(PY) -m scripts.screenshots

docs: $(STAMPS)/venv ## the docs site, in build/site
	$(PY) scripts/build_docs.py
	$(VENV)/bin/mkdocs build --strict --quiet
	@echo "docs: build/site/index.html"

wheel: $(STAMPS)/venv $(STAMPS)/ui ## the distribution, in dist/
	uv build --wheel --no-build-isolation -o dist

clean: ## removes what make made
	rm -rf $(STAMPS) dist build .mypy_cache .ruff_cache ui/node_modules src/alula/server/static
