# Everything runs in .venv; nothing outside this folder is touched.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint types bench wheel clean
.DELETE_ON_ERROR:

demo: .venv/installed
	$(BIN)/mien demo

test: .venv/developer
	$(BIN)/python -m pytest -q

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

.venv/developer: .venv/installed
	$(BIN)/python -m pip install --quiet --editable '.[train]' --group dev
	@touch $@
