# Needs Python 3.11 or newer, nothing else. `make run` is the way in; every target may be repeated.

PORT ?= 8000
DATA_DIR ?= ./var
MAINSTAY_ENV ?= development
export PORT DATA_DIR MAINSTAY_ENV

# The newest tested Python first; the set-up itself explains when what it got is too old.
BASE_PYTHON := $(firstword $(foreach name,python3.11 python3.12 python3.13 python3 python,$(shell command -v $(name) 2>/dev/null)))
PYTHON := .venv/bin/python
# -I: the set-up uses the standard library only, and modules beside it must not shadow it.
BOOTSTRAP = $(if $(BASE_PYTHON),$(BASE_PYTHON) -I maintenance_site/bootstrap.py,$(error No Python found. Install Python 3.11 or newer and try again))
PLAIN := env -u DATABASE_URL -u REDIS_URL -u CELERY_BROKER_URL -u RABBITMQ_URL
# Settings of an invented production site, for the deployment check.
PRODUCTION := MAINSTAY_ENV=production ALLOWED_HOSTS=mainstay.example SITE_URL=https://mainstay.example \
	DATABASE_URL=postgresql://mainstay@database.example/mainstay REDIS_URL=redis://redis.example/0 \
	SMTP_URL=smtp://mail.example SECRET_KEY=$(shell printf 'Qw7-%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)zR2x
# Neighbours stay together, so that one process reads what they share; who is done first takes from the other.
# Compiled modules are kept, so that processes started by tests need not compile them anew.
PYTEST := env PYTHONDONTWRITEBYTECODE= $(PYTHON) -m pytest -q -n 2 --dist worksteal

.PHONY: help setup setup-dev run test test-thorough lint format services services-stop test-services bench acceptance acceptance-bookings acceptance-orders acceptance-events lock

help:
	@echo "make setup          install everything the site needs, prepare the database"
	@echo "make run            set up, load the demo, start the site (PORT=$(PORT), DATA_DIR=$(DATA_DIR))"
	@echo "make test           the tests on SQLite, in minutes"
	@echo "make test-thorough  what walks everything there is, and the pages in a real browser, on SQLite"
	@echo "make lint           style, types, architecture, templates, migrations, deployment settings"
	@echo "make format         let ruff format the code"
	@echo "make services       install and start PostgreSQL, Redis and RabbitMQ (Debian)"
	@echo "make services-stop  stop them"
	@echo "make test-services  all of these tests on these servers"
	@echo "make bench          measure, print JSON (ARGS='--sizes 10000' for a quick look)"
	@echo "make acceptance     a year of the main job on the records of 891 lifts and escalators"
	@echo "make acceptance-bookings  119,390 hotel bookings and 79,948 flights, imported and asked for conflicts"
	@echo "make acceptance-orders  42,365 breakdowns imported and asked for failures; a city's 2,615 deadlines"
	@echo "make acceptance-events  10,000 changes while programs and servers are killed: nothing is lost"
	@echo "make lock           renew the versions that requirements.txt brings along"

setup:
	@$(BOOTSTRAP)
	@$(PYTHON) manage.py migrate --verbosity 0
	@echo "Ready. Start the site with: make run"

setup-dev:
	@$(BOOTSTRAP) --dev

run:
	@$(BOOTSTRAP)
	@exec $(PYTHON) -m maintenance_site.up

test: setup-dev
	$(PLAIN) $(PYTEST) -m "not thorough and not browser" $(ARGS)

test-thorough: setup-dev
	$(PLAIN) $(PYTEST) -m "thorough or browser" $(ARGS)

services: setup-dev
	@$(PYTHON) -m maintenance_site.services start

services-stop:
	@$(PYTHON) -m maintenance_site.services stop

test-services: setup-dev services
	set -a && . var/services.env && set +a && $(PYTEST) $(ARGS)

bench: setup-dev
	$(PYTHON) -m tests.bench $(ARGS)

acceptance: setup-dev
	$(PYTHON) -m tests.acceptance.dcmetro $(ARGS)

acceptance-bookings: setup-dev
	$(PYTHON) -m tests.acceptance.hotel
	$(PYTHON) -m tests.acceptance.flights

acceptance-orders: setup-dev
	$(PYTHON) -m tests.acceptance.outages
	$(PYTHON) -m tests.acceptance.boston

acceptance-events: setup-dev services
	set -a && . var/services.env && set +a && LOG_LEVEL=WARNING $(PYTHON) -m tests.acceptance.chaos $(ARGS)

format: setup-dev
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

lint: setup-dev
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	$(PYTHON) -m djlint . --lint --quiet
	$(PLAIN) $(PYTHON) manage.py makemigrations --check --dry-run
	$(PLAIN) $(PRODUCTION) $(PYTHON) manage.py check --deploy --fail-level WARNING

lock: setup-dev
	: > maintenance_site/constraints.txt
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-header \
		tests/requirements.txt --output-file maintenance_site/constraints.txt
	cd maintenance_site/vendor && npm install --package-lock-only --ignore-scripts
