# Two commands to start with: `make demo` runs the shop, `make test` runs every test.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
ONLY ?=
ORDERS ?= 2000
SEED ?= 1
PY := .venv/bin/python
STAMP := .venv/.installed
SHOP_STAMP := .venv/.installed-shop
# pip would compile on one core; what compileall cannot compile is never imported.
install = $(PY) -m pip install --quiet --disable-pip-version-check --no-compile -r $(1) \
	&& { $(PY) -m compileall -q -j 0 .venv/lib >/dev/null 2>&1 || :; }
CHECK_ENV := SECRET_KEY=only-for-the-check-0123456789-abcdefghijklmnopqrstuvwxyz SITE_URL=https://shop.example \
	DATABASE_URL=sqlite:///:memory: REDIS_URL=redis://127.0.0.1:6379/0 EMAIL_URL=smtps://mail.example \
	STRIPE_SECRET_KEY=sk_live_check STRIPE_PUBLISHABLE_KEY=pk_live_check STRIPE_WEBHOOK_SECRET=whsec_check

.PHONY: help setup demo test check types screenshots bench storm lock messages clean

help: ## list the commands
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## create .venv with the pinned dependencies; does nothing when up to date

$(STAMP): $(SHOP_STAMP) requirements-dev.txt
	@echo "Installing what requirements-dev.txt pins ..."
	@$(call install,requirements-dev.txt)
	@touch $@

$(SHOP_STAMP): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@echo "Installing what requirements.txt pins (half a minute) ..."
	@$(call install,requirements.txt)
	@touch $@

demo: $(SHOP_STAMP) ## run the shop on this machine until Ctrl-C [PORT=8000]
	@DEMO=1 $(PY) manage.py demo --port $(PORT)

test: setup ## the whole suite on SQLite, then on PostgreSQL + Redis
	@$(PY) -m tests.run

check: setup ## lint, format, types, imports, migrations, deploy check
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@git ls-files -z 'templates/*.html' | xargs -0 -r .venv/bin/djhtml --check --tabwidth 2
	@git ls-files -z 'templates/*.html' | xargs -0 -r .venv/bin/djade --target-version 5.2 --check
	@$(PY) -m tests.project.conventions
	@$(PY) -m mypy .
	@.venv/bin/lint-imports
	@$(CHECK_ENV) $(PY) manage.py makemigrations --check --dry-run
	@$(CHECK_ENV) $(PY) manage.py check --deploy --fail-level WARNING
	@echo "check: ok"

types: setup ## compare the Stripe double with Stripe's public TypeScript types (needs Node.js and npm)
	@$(PY) -m tests.stripe_double.types

screenshots: setup ## take the README's screenshots from a fresh demo
	@$(PY) -m tests.browser.screenshots

bench: setup ## measure speed and size, on PostgreSQL + Redis [ONLY=name]
	@$(PY) -m tests.bench $(ONLY)

storm: setup ## many buyers, faults and kills, then the audit [ORDERS=2000] [SEED=1]
	@$(PY) -m tests.storm --orders $(ORDERS) --seed $(SEED)

lock: setup ## compile requirements*.in to the pinned files
	@for name in requirements requirements-dev; do \
	  .venv/bin/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-trusted-host \
	    --no-emit-find-links --output-file=$$name.txt $$name.in; done

messages: setup ## collect visible strings for translation (needs GNU gettext)
	@command -v xgettext >/dev/null || { echo "GNU gettext is not installed: install the package gettext."; exit 1; }
	@$(CHECK_ENV) $(PY) manage.py makemessages --locale en --no-obsolete --no-location --ignore '.venv/*' --ignore 'tests/*' --verbosity 0

clean: ## remove what the commands above made, the demo's data included
	rm -rf .venv .cache var bench.json
