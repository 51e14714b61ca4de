# make run     the redirect on an emulated Windows host, notebook by notebook, and its proof
# make test    everything that can be checked without a Windows host
# make test-all  the same, with all of the fault and kill matrices and many more random hosts (some minutes)
# make lab     JupyterLab on notebooks/
# make lint    ruff and mypy
# make bench   WinRM requests, bytes and seconds
# make engines  what the two engines of the emulated host say differently
# make lock    the lock files anew (needs uv)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: engines run test test-all lab lint bench lock setup setup-dev clean

run: setup
	@$(BIN)/hnskit run params/emulator.yaml

lab: setup
	$(BIN)/jupyter lab --ServerApp.root_dir=. notebooks/00_preflight.ipynb

test: setup-dev
	$(BIN)/python -m pytest -n auto

test-all: setup-dev
	HNSKIT_EXAMPLES=200 $(BIN)/python -m pytest -n auto -m "slow or not slow"

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m benchmarks.redirect

engines: setup-dev
	$(BIN)/python -m tests.emulator.protocol

setup: $(VENV)/hnskit.stamp

setup-dev: $(VENV)/dev.stamp

$(VENV)/hnskit.stamp: requirements.lock pyproject.toml
	@echo "setting up $(VENV) (once, about half a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --no-deps --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q hnskit
	@touch $@

$(VENV)/dev.stamp: $(VENV)/hnskit.stamp requirements-dev.lock
	@$(PIP) --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

# Versions of everything, with hashes, for every platform and Python from 3.11 on; no index is named.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml
lock:
	$(LOCK) --extra build --output-file requirements.lock
	$(LOCK) --extra build --extra dev --output-file requirements-dev.lock

clean:
	rm -rf $(VENV) runs
