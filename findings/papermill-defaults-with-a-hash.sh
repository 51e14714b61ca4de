#!/usr/bin/env bash
# 2026-11-28, CPython 3.11.7 with papermill 2.7.0.
# Guess: papermill.inspect_notebook (`papermill --help-notebook`, and the tools that draw a form from it) tells names, types and
# defaults of a parameters cell as Python reads them.
# So it is: lines are taken apart by a pattern that knows no strings. A # in a default ends it: "emulator://lab#1" is told as
# "emulator://lab without its second quote, and the rest of it, with the type comment behind, as the help text. A default
# with " = " in it, several on a line (a = 1; b = 2) and a = b = 1 are no parameters: a run that is given one of them warns of an
# unknown parameter, although it is set. A line that is no assignment, as an if or `port: int`, is glued to the default before it.
# It matters to whoever checks parameters against inspect_notebook before a run, or shows its defaults: ask Python's ast instead.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet papermill==2.7.0 ipykernel==7.4.0
cat > "$place/try.py" <<'PY'
import logging
import sys
from importlib.metadata import version

import nbformat
import papermill

SOURCE = '''target = "emulator://lab#1"  # type: str
filter = "label = proxy"
first = 1; second = 2
names = []
port: int
plain = 5  # type: int a number
'''
compile(SOURCE, "parameters", "exec")
warned = []
logging.getLogger("papermill").addHandler(type("Kept", (logging.Handler,), {"emit": lambda _, one: warned.append(one.getMessage())})())
book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE, metadata={"tags": ["parameters"]})])
book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
nbformat.write(book, "in.ipynb")
print("papermill", version("papermill"))
told = papermill.inspect_notebook("in.ipynb")
for name, item in told.items():
    print(f"{name}: default {item['default']!r}, type {item['inferred_type_name']}, help {item['help']!r}")
warned.clear()
papermill.execute_notebook("in.ipynb", "out.ipynb", {"filter": "a"}, prepare_only=True)
unknown = [line for line in warned if "filter" in line and "nknown" in line]
print("given filter=a:", *unknown)
as_seen = list(told) == ["target", "names", "plain"] and told["plain"]["default"] == "5"
as_seen = as_seen and told["target"]["default"] == '"emulator://lab' and told["target"]["inferred_type_name"] == "None"
sys.exit(0 if as_seen and told["names"]["default"] == "[]port: int" and unknown else "this has changed")
PY
cd "$place"
venv/bin/python try.py 2> log || { cat log; exit 1; }
