# Everything runs in .venv; outside this folder only `make chromium` changes something.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo serve test test-ray chromium screenshots lint types bench wheel clean
.DELETE_ON_ERROR:

demo: .venv/installed
	$(BIN)/mien demo

serve: .venv/web
	$(BIN)/mien serve

test: .venv/developer chromium
	$(BIN)/python -m pytest -q

# Ray takes some 250 MB and leaves what it brings in .venv; without it, `make test` skips these.
test-ray: .venv/developer
	$(BIN)/python -m pip install --quiet --editable '.[ray]'
	$(BIN)/python -m pytest -q tests/dataset/test_ray_engine.py

# Browser tests drive a Chromium of the system. Where there is none, Debian's is installed, by root or with sudo; where
# that cannot be done they are skipped.
APT := env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=1 -o Acquire::http::Timeout=30
chromium:
	@for name in chromium chromium-browser google-chrome chrome; do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ]; then root=; else root='sudo -n'; fi; \
	echo 'installing Chromium for the browser tests' >&2; \
	{ command -v apt-get && $$root $(APT) update && \
		$$root $(APT) install --yes --no-install-recommends chromium fonts-dejavu-core; } >/dev/null 2>&1 || \
	echo 'it cannot be installed here (that takes apt-get, its mirror, and root or sudo): browser tests are skipped' >&2

screenshots: .venv/developer chromium
	MIEN_SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest -q \
		tests/e2e/test_web_screenshots.py tests/e2e/test_web_live.py::test_it_looks_well_to_everyone

lint: .venv/developer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/developer
	$(BIN)/mypy

bench: .venv/developer
	$(BIN)/python benchmarks/run.py

wheel: .venv/developer
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf .venv .virtualenv dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis mien-demo.png

# Debian's Python may come without venv's ensurepip; pip can always fetch virtualenv into a folder of its own.
.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv || { \
		$(PYTHON) -m pip install --quiet --target .virtualenv virtualenv && \
		PYTHONPATH=.virtualenv $(PYTHON) -m virtualenv --quiet .venv; }
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/web: .venv/installed
	$(BIN)/python -m pip install --quiet --editable '.[web]'
	@touch $@

.venv/developer: .venv/installed
	$(BIN)/python -m pip install --quiet --editable '.[train,web,gallery,store,postgres]' --group dev
	@touch $@
