#!/usr/bin/env bash
# 2026-11-27, jupyter_scheduler 2.12.1, with Python 3.11.7.
# add_parameters writes each of a job's parameters as `name = value` without quotes: values are Python expressions, not texts.
# The text /srv/host.yaml is a SyntaxError in the executed notebook, and `prod` the name of a variable; '"prod"' is the text.
# papermill's parameterize_notebook, which tags its cell alike, writes the same value as a quoted text.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet jupyter-scheduler==2.12.1 papermill==2.7.0
cat > "$place/try.py" <<'PY'
import ast

import nbformat
from jupyter_scheduler.parameterize import add_parameters
from papermill.parameterize import parameterize_notebook


def notebook():
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("place = ''", metadata={"tags": ["parameters"]})])
    book.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    book.metadata["papermill"] = {}
    return book


def injected(book):
    (cell,) = [cell for cell in book.cells if "injected-parameters" in cell.metadata.get("tags", ())]
    return cell.source


def is_python(source):
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


given = {"place": "/srv/host.yaml"}
scheduled = injected(add_parameters(notebook(), given))
milled = injected(parameterize_notebook(notebook(), given))
print(f"jupyter-scheduler: {scheduled!r}, Python: {is_python(scheduled)}")
print(f"papermill:         {milled!r}, Python: {is_python(milled)}")
assert not is_python(scheduled)
assert 'place = "/srv/host.yaml"' in milled
assert is_python(injected(add_parameters(notebook(), {"place": '"/srv/host.yaml"'})))
print("as described")
PY
"$place/venv/bin/python" "$place/try.py"
