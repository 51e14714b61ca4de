#!/usr/bin/env bash
# 2026-11-27, hatchling 1.27.0 (packaging 25.0, pathspec 0.12.1, pluggy 1.6.0, trove-classifiers 2025.9.11.17,
# editables 0.5), Python 3.11.
#
# `[tool.hatch.build.targets.wheel.sources]` puts a folder from beside a package into the package: the wheel has
# pkg/data/a.txt. The editable wheel of the same configuration has not: it succeeds with exit status 0, says nothing,
# and what it installs finds no pkg/data. A program that reads its data below its package works once installed, and fails
# in the checkout of whoever develops it. So such a program has to look in both places.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check hatchling==1.27.0 packaging==25.0 pathspec==0.12.1 \
    pluggy==1.6.0 trove-classifiers==2025.9.11.17 editables==0.5

mkdir -p app/pkg app/data
echo 'VALUE = 1' >app/pkg/__init__.py
echo hello >app/data/a.txt
cat >app/pyproject.toml <<'TOML'
[build-system]
requires = ["hatchling==1.27.0"]
build-backend = "hatchling.build"
[project]
name = "app"
version = "1"
[tool.hatch.build.targets.wheel]
include = ["pkg", "data"]
[tool.hatch.build.targets.wheel.sources]
data = "pkg/data"
TOML
cat >look.py <<'PY'
import os, subprocess, sys, zipfile
from hatchling.build import build_editable, build_wheel
os.chdir("app")
for build in (build_wheel, build_editable):
    name = build("../" + build.__name__)
    names = zipfile.ZipFile(f"../{build.__name__}/{name}").namelist()
    print(f"{build.__name__}: pkg/data/a.txt", "is in it" if "pkg/data/a.txt" in names else "is not in it")
PY
venv/bin/python look.py >seen
venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-index build_editable/*.whl
venv/bin/python - >>seen <<'PY'
from importlib.resources import files
print("installed editable: pkg/data/a.txt", "is found" if (files("pkg") / "data" / "a.txt").is_file() else "is not found")
PY
cat seen
diff seen - <<'SEEN'
build_wheel: pkg/data/a.txt is in it
build_editable: pkg/data/a.txt is not in it
installed editable: pkg/data/a.txt is not found
SEEN
