#!/usr/bin/env bash
# 2026-11-28, CPython 3.11.7 with nbclient 0.11.0, nbconvert 7.17.2, ipywidgets 8.1.9, ipykernel 7.4.0.
# Guess: a widget that was closed (close(), or Widget.close_all()), which takes it off the screen in a browser and drops its model
# there, is not in the widget state that nbclient saves in the executed notebook (nor papermill and nbconvert --execute).
# So it is: nbclient saves each model that was ever opened. The state has the closed slider with its last value, the cell's output
# still its view, and nbconvert's HTML page both, so that the form that was done with stands beside what took its place. In a loop
# that shows a bar and closes it the state grows by each bar, its layout and its style. clear_output() takes the view away, and
# leaves the model in the file.
# It matters to whoever makes reports of executed notebooks: what the operator no longer saw is in them.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet nbclient==0.11.0 nbconvert==7.17.2 ipywidgets==8.1.9 ipykernel==7.4.0
cat > "$place/try.py" <<'PY'
import sys
from importlib.metadata import version

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
CELLS = [
    "import ipywidgets\nfrom IPython.display import clear_output",
    "form = ipywidgets.IntSlider(description='the form')\ndisplay(form)",
    "form.value = 7\nform.close()\ndisplay(ipywidgets.HTML('<b>done</b>'))",
    "for n in range(3):\n    bar = ipywidgets.IntProgress(description=f'bar {n}')\n    display(bar)\n    bar.close()\n    clear_output()",
    "ipywidgets.Widget.close_all()",
]
book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
NotebookClient(book, kernel_name="python3").execute()
state = book.metadata.widgets[STATE]["state"]
named = {item["state"].get("description") or item["state"].get("value"): key for key, item in state.items()
         if item["model_name"] in ("IntSliderModel", "IntProgressModel", "HTMLModel")}
shown = [output.data[VIEW]["model_id"] for cell in book.cells for output in cell.outputs if VIEW in output.get("data", {})]
page = HTMLExporter().from_notebook_node(book)[0]
print("nbclient", version("nbclient"), "ipywidgets", version("ipywidgets"))
print("models in the saved state:", len(state), "of them:", ", ".join(sorted(named)))
print("shown in outputs:", ", ".join(name for name, key in named.items() if key in shown))
print("the closed form's value in the state:", state[named["the form"]]["state"]["value"])
print("the HTML page has the closed form's model:", named["the form"] in page and '"the form"' in page)
as_seen = sorted(named) == ["<b>done</b>", "bar 0", "bar 1", "bar 2", "the form"] and state[named["the form"]]["state"]["value"] == 7
as_seen = as_seen and {name for name, key in named.items() if key in shown} == {"the form", "<b>done</b>"}
sys.exit(0 if as_seen and named["the form"] in page and '"the form"' in page else "this has changed")
PY
"$place/venv/bin/python" "$place/try.py" 2> "$place/log" || { cat "$place/log"; exit 1; }
