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
	rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis mien-demo

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/developer: .venv/installed
	$(BIN)/python -m pip install --quiet --editable '.[train]' --group dev
	@touch $@
