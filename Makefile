# make run     the redirect on an emulated Windows host, notebook by notebook, and its proof
# make test    everything that can be checked without a Windows host
# make test-all  the same, with the fault and kill matrices and more random hosts (some twenty minutes)
# make test-random  as make test, in random order: its seed is in the head of the output
# make lab     JupyterLab on the start page, notebooks/index.ipynb
# make app     the start page and the diagnosis pages without code, in a browser (Voilà)
# make lint    ruff and mypy
# make bench   WinRM requests, bytes and seconds
# make picture docs/redirect.svg anew, from the emulated host
# make fuzz    a coverage-guided fuzzer on every reader, for FUZZ seconds (600)
# make docs    the documentation as a site, in build/site/html
# make binder  what mybinder.org does with this repository, in a fresh environment
# make engines  what the two engines of the emulated host say differently
# make lock    the lock files anew (needs uv)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Says every 4 s that a command is still at work.
SAYING := $(wildcard .ci/saying)
NEED_PYTHON := $(wildcard .ci/need-python)
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: app docs fuzz binder browser reach picture engines run test test-random test-all lab lint bench lock setup setup-dev clean

run: setup
	@$(BIN)/hnskit run params/emulator.yaml

# A container's user, or WSL's, is often root; Jupyter wants to be told that this is meant.
AS_ROOT := $(shell [ "$$(id -u)" = 0 ] && echo --allow-root)

lab: setup
	$(BIN)/jupyter lab $(AS_ROOT) --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks/index.ipynb

app: setup
	@$(PIP) --no-deps --require-hashes -r requirements-app.lock
	@$(BIN)/hnskit app

test: setup-dev browser reach
	$(BIN)/python -m pytest -n auto --dist worksteal

test-random: setup-dev browser reach
	$(BIN)/python -m pytest -o addopts="--strict-markers --strict-config -ra -m 'not slow'" -n auto --dist worksteal

test-all: setup-dev browser reach
	HNSKIT_EXAMPLES=50 $(BIN)/python -m pytest -n auto --dist worksteal -m "slow or not slow"

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m benchmarks.redirect
	$(BIN)/python -m benchmarks.notebooks

# Chromium, where it is missing and can be installed.
browser:
	@.ci/install-browser

# An sshd, a KDC, a proxy, likewise.
reach: setup-dev
	@.ci/install-reach
	@.ci/install-kerberos $(BIN)

binder:
	@$(PYTHON) binder/replay.py

# With addresses given, so that the picture is the same each time.
PICTURE := params/emulator.yaml --set target=emulator://picture --set emulator.cut_seconds=0 \
	--set proxy.address=10.0.1.10 --set clients[0].address=10.0.1.20 --set clients[1].address=10.0.1.21
picture: setup
	@$(BIN)/hnskit apply $(PICTURE) --runs $(VENV)/picture
	@$(BIN)/hnskit facts $(PICTURE) --picture docs/redirect.svg
	@$(BIN)/hnskit emulator stop picture

FUZZ ?= 600
fuzz: setup-dev
	@$(PIP) --require-hashes -r tests/fuzz.lock
	@$(BIN)/python -m tests.fuzz $(FUZZ)

docs: setup-dev
	@$(PIP) --no-deps --require-hashes -r docs/requirements.lock
	@$(BIN)/python -m benchmarks.site

engines: setup-dev
	$(BIN)/python -m tests.emulator.protocol

setup: $(VENV)/hnskit.stamp

setup-dev: $(VENV)/dev.stamp

$(VENV)/hnskit.stamp: requirements.lock pyproject.toml
	@$(if $(NEED_PYTHON),$(NEED_PYTHON) $(PYTHON))
	@echo "setting up $(VENV) (once, one to two minutes)"
	@$(SAYING) $(PYTHON) -m venv $(VENV)
	@$(SAYING) $(PIP) --no-deps --require-hashes -r requirements.lock
	@$(SAYING) $(PIP) --no-deps --no-build-isolation --editable .
	@$(SAYING) $(BIN)/python -m compileall -q hnskit
	@touch $@

$(VENV)/dev.stamp: $(VENV)/hnskit.stamp requirements-dev.lock
	@$(PIP) --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

# Versions of everything, with hashes, for every platform and Python from 3.11 on; no index is named.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header
lock:
	$(LOCK) pyproject.toml --extra build --output-file requirements.lock
	$(LOCK) pyproject.toml --extra build --extra dev --output-file requirements-dev.lock
	$(LOCK) pyproject.toml --extra app --constraint requirements-dev.lock --output-file requirements-app.lock
	for client in pypsrp-beta ansible pywinrm kerberos runners; do \
		$(LOCK) tests/clients/$$client.in --output-file tests/clients/$$client.lock; done
	$(LOCK) tests/fuzz.in --output-file tests/fuzz.lock
	$(LOCK) pyproject.toml --extra docs --constraint requirements-dev.lock --output-file docs/requirements.lock

clean:
	rm -rf $(VENV) runs build
