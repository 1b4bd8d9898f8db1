# Every target that people run; `make help` prints the comment behind `##`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
UI     := src/imagedepot/ui/static/index.html
PIP    := $(BIN)/python -m pip --disable-pip-version-check
RERUNS ?= 0

.DEFAULT_GOAL := help
.PHONY: help setup ui run dist deb container demo test coverage test-deps check format docs screenshots bench soak lock

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): requirements.lock requirements-dev.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install -q --require-hashes -r requirements-dev.lock
	$(PIP) install -q --no-deps --no-build-isolation -e .
	touch $(READY)

setup: $(READY) ## Make the virtual environment with the locked packages

web/node_modules/.ready: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	touch $@

$(UI): web/node_modules/.ready $(shell find web/src web/bundle web/public web/index.html web/vite.config.ts web/tsconfig.json -type f -not -name schema.ts) docs/openapi.json
	cd web && npm run build
	touch $@

ui: $(UI) ## Build the web UI into the package

run: $(READY) $(UI) ## Set everything up and start the service with its web UI
	exec $(BIN)/imagedepot serve

dist: $(READY) $(UI) ## Build the wheel with the web UI, the sdist and their checksums into dist/
	rm -rf dist
	$(BIN)/hatchling build -d dist
	cd dist && sha256sum imagedepot-* >SHA256SUMS

deb: dist ## Build a Debian package from the wheel, for ARCH and PYTHON_VERSION (this host's, 3.11)
	packaging/deb/build dist
	cd dist && sha256sum imagedepot* >SHA256SUMS

container: dist ## Build the container image imagedepot:latest from the wheel, by podman, buildah or docker
	set -e; for engine in podman buildah docker; do command -v $$engine >/dev/null && break; done; \
	[ $$engine = docker ] || format="--format docker"; \
	$$engine build $$format -f packaging/container/Containerfile -t imagedepot:latest .

demo: $(READY) ## A two-minute tour against a registry on this machine, without a network
	$(BIN)/python -m tools.demo

test-deps: ## Install the Debian packages that the tests run for real (root on Debian; TEST_DEPS=no declines)
	sh tools/test-deps

test: $(READY) $(UI) test-deps check ## Set everything up and run every test
	cd web && npm test
	$(BIN)/python -m pytest -n 2 --dist loadfile --reruns $(RERUNS)

coverage: $(READY) $(UI) test-deps ## Run every test, and list what lines and branches none reaches; no part of `make test`
	rm -rf .coverage
	$(BIN)/coverage run -m pytest -n 2 --dist loadfile
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --show-missing

check: $(READY) web/node_modules/.ready ## Lint, types, import direction, docs up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.docs --check
	cd web && npm run check

format: $(READY) web/node_modules/.ready ## Put the code in its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd web && npm run format

docs: $(READY) ## Write the generated parts of docs/ anew
	$(BIN)/python -m tools.docs

screenshots: $(READY) $(UI) ## Take a picture of every page, laptop and phone, light and dark
	$(BIN)/python -m tools.screenshots

soak: $(READY) ## Let the service work for minutes beside crowds and faults; never part of the tests
	$(BIN)/python -m soak $(SOAK)

bench: $(READY) ## Measure beside curl, skopeo, crane (where it is installed) and docker; writes docs/bench.md
	$(BIN)/python -m bench

lock: ## Write the lock files anew from pyproject.toml
	test -x $(BIN)/uv || ($(PYTHON) -m venv $(VENV) && $(PIP) install -q uv)
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra fleet pyproject.toml -o requirements-fleet.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --group dev pyproject.toml requirements-build.in -o requirements-dev.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate tests/ground/swift.in -o tests/ground/swift.lock
