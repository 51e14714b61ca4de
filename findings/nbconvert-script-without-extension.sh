#!/usr/bin/env bash
# 2026-11-28, CPython 3.11.7 with nbconvert 7.17.2 and nbformat 5.11.1.
# `nbconvert --to script` names its file after
# metadata.language_info.file_extension alone. A Python notebook whose language_info has only its name, which is all that
# nbformat's schema requires of it (and what is left where outputs and versions were stripped), is written as NAME.txt.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" --disable-pip-version-check install --quiet nbconvert==7.17.2 nbformat==5.11.1
cd "$place"
"$place/env/bin/python" - <<'P'
import nbformat

for name, language in (("bare", {"name": "python"}), ("whole", {"name": "python", "file_extension": ".py"})):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1)")])
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}, "language_info": language}
    nbformat.validate(notebook)
    nbformat.write(notebook, f"{name}.ipynb")
P
"$place/env/bin/jupyter-nbconvert" --to script --log-level ERROR bare.ipynb whole.ipynb
ls bare.* whole.*
test -f bare.txt
test ! -e bare.py
test -f whole.py
