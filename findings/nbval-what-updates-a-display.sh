#!/usr/bin/env bash
# 2026-11-28, CPython 3.11.7 with nbval 0.11.0, nbclient 0.11.0 and ipykernel 7.4.0.
# Guess: a notebook that nbclient has just executed (papermill and nbconvert --execute do it through nbclient) passes
# `pytest --nbval`, if each run prints the same.
# So it is: it fails in each cell that updates what it has shown. nbclient applies update_display_data and clear_output, so that
# the file has the last state; nbval passes over both messages ("unhandled iopub msg") and compares with what was shown first, or
# with all that was ever printed. What is captured by an ipywidgets Output is "unexpected output" to nbval: nbclient puts it into
# the widget's state, and not among the cell's outputs.
# It matters where notebooks with progress (display_id, IPython's ProgressBar, clear_output in a loop) are tested by nbval: mark
# their cells with NBVAL_IGNORE_OUTPUT, or compare executed files instead.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet nbval==0.11.0 nbclient==0.11.0 ipykernel==7.4.0 ipywidgets==8.1.9
cat > "$place/make.py" <<'PY'
import nbformat
from nbclient import NotebookClient

NOTEBOOKS = {
    "plain": ["print('done')"],
    "update": ["shown = display('0 of 1', display_id=True)\nshown.update('1 of 1')"],
    "bar": ["from IPython.display import ProgressBar\nfor _ in ProgressBar(3):\n    pass"],
    "clear": ["from IPython.display import clear_output\nfor n in range(3):\n    clear_output(wait=True)\n    print(n)"],
    "captured": ["import ipywidgets\nlog = ipywidgets.Output()", "with log:\n    print('inside')"],
}
for name, cells in NOTEBOOKS.items():
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    NotebookClient(book, kernel_name="python3").execute()
    nbformat.write(book, f"{name}.ipynb")
PY
cd "$place"
venv/bin/python make.py 2> log || { cat log; exit 1; }
status=0
for name in plain update bar clear captured; do
    code=0
    venv/bin/python -m pytest --nbval -q --color=no -p no:cacheprovider "$name.ipynb" > "$name.txt" 2>&1 || code=$?
    echo "$name: pytest --nbval ends with $code; $(grep -m1 -E '^  [^ ].* == |Unexpected output' "$name.txt" || true)"
    wanted=1
    [ "$name" = plain ] && wanted=0
    [ "$code" = "$wanted" ] || { echo "  seen before: $wanted"; status=1; }
done
exit "$status"
