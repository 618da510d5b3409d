# Two commands do everything on a fresh machine that has make and Python 3.11 or newer:
#
#   make demo     run an example app and print the links to click     (APP=flask PORT=8000 DATA=.demo)
#   make test     everything CI runs: lint, format, types, tests     (ARGS="-k links" WORKERS=auto)
#
#   make oldest   the tests on the built wheel, with the oldest packages that we allow
#   make check    lint, format and types only
#   make torture  the tests of faults at length: 1,000 kills         (KILLS=1000)
#   make docs     the documentation as a site, in site/index.html
#   make bench    the benchmarks
#   make locale   compile the message catalogues
#   make clean    delete .venv*, .demo, caches and builds
#
# The first run installs into .venv and needs a package index; later runs work offline.
# Another Python: make test PYTHON=python3.12

PYTHON ?= python3
APP ?= flask
PORT ?= 8000
DATA ?= .demo$(filter-out flask,$(APP))
WORKERS ?= auto
KILLS ?= 1000
ARGS ?=

VENV := .venv/bin/python

# -I: a caller's PYTHONPATH, or a script's neighbours, must not come between.
SETUP = $(PYTHON) -I tools/setup.py

unexport PYTHONPATH PYTHONHOME

.PHONY: help demo test oldest check torture docs bench locale clean python lint

help:
	@sed -n '/^#/!q; s/^#  \{0,1\}//p' Makefile

demo: python
	@$(SETUP) demo
	@$(VENV) examples/$(APP)_app/run.py --port "$(PORT)" --data "$(DATA)"

test: python
	@$(SETUP) dev
	@$(SETUP) oldest
	@$(SETUP) newest
	@$(VENV) -I tools/browser.py
	@$(MAKE) --no-print-directory lint
	$(VENV) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

oldest: python
	@$(SETUP) dev
	@$(SETUP) oldest
	$(VENV) tools/oldest.py $(ARGS)

check: python
	@$(SETUP) dev
	@$(MAKE) --no-print-directory lint

lint:
	$(VENV) -m ruff check
	$(VENV) -m ruff format --check
	$(VENV) -m mypy

torture: python
	@$(SETUP) dev
	PORTALKIT_KILLS=$(KILLS) $(VENV) -m pytest -n $(WORKERS) tests/faults $(ARGS)

docs: python
	@$(SETUP) dev
	$(VENV) -m sphinx -E -W --keep-going -n -q -b html docs site
	@echo "site/index.html"

bench: python
	@$(SETUP) dev
	$(VENV) benchmarks/run.py $(ARGS)

locale: python
	@$(SETUP) dev
	$(VENV) -I tools/catalogues.py $(ARGS)

clean:
	rm -rf .venv .venv-oldest .venv-newest .demo .demodjango dist build site .coverage .coverage.* htmlcov
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "portalkit needs Python 3.11 or newer; '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)" >&2; \
	  echo "Install a newer one, or name it: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; \
	  exit 1; }
