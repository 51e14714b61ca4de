"""Pictures of every notebook at the screen, in both themes, of a host with many clients of long names: to be looked at.

    python -m benchmarks.screenshots OUT [--clients 20] [--notebook 62_host]

An emulated host is set up by `hnskit run`, then each notebook is run in JupyterLab in a real browser and photographed
from top to bottom. What is wider than its place is printed: a table that scrolls, a text that leaves its picture.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tests.browser import HEIGHT, ROOT, WIDTH, Notebook, browser, jupyter_lab

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
_MOST = 15  # pictures of one notebook
_FRONT = ".jp-NotebookPanel:not(.lm-mod-hidden)"
_WIDE = f"""() => {{ const wide = [];
for (const one of document.querySelectorAll('{_FRONT} .jp-OutputArea-output *')) {{
  if (one.scrollWidth > one.clientWidth + 2 && one.clientWidth && getComputedStyle(one).overflowX !== 'visible'
      && !['INPUT', 'TEXTAREA'].includes(one.tagName))
    wide.push(`${{one.tagName}} ${{one.scrollWidth - one.clientWidth}} px: ${{one.innerText.slice(0, 60)}}`); }}
for (const one of document.querySelectorAll('{_FRONT} .jp-OutputArea-output svg text')) {{
  const own = one.getBoundingClientRect(), all = one.closest('svg').getBoundingClientRect();
  if (own.right > all.right + 1 || own.left < all.left - 1) wide.push('text out of its picture: ' + one.textContent); }}
return wide; }}"""
_SCROLL = f"""(top) => {{ const panel = document.querySelector('{_FRONT} .jp-WindowedPanel-outer');
panel.scrollTop = top; return [...panel.querySelectorAll('.jp-Cell')].pop().getBoundingClientRect().bottom; }}"""


def main() -> int:
    """Take them; status 1 if anything is wider than its place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--notebook", action="append", default=[], help="this one, and no other; again for more")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    names = given.notebook or sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    found: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory(prefix="hnskit-look-") as place:
        folder, state = Path(place) / "desk", Path(place) / "state"
        folder.mkdir()
        os.environ["HNSKIT_STATE_DIR"] = str(state)
        try:
            with jupyter_lab(folder, state) as address, browser() as running:
                _whole_notebooks(folder)
                _set_up(folder, given.clients)
                for name in names:
                    tab = Notebook(running, address, f"notebooks/{name}.ipynb", given.out)
                    tab.run_all()
                    tab.page.wait_for_timeout(2500)
                    found[name] = _photograph(tab, name, given.out)
                    print(name, json.dumps(found[name], ensure_ascii=False), flush=True)
                    tab.close()
                    tab.leave()
        finally:
            from hnskit.emulator import registry

            for entry in registry.running():
                registry.stop(entry.name)
    return 1 if any(found.values()) else 0


def _whole_notebooks(folder: Path) -> None:
    """JupyterLab draws all cells, not only those in view."""
    place = folder / ".jupyter" / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text('{"windowingMode": "none"}')


def _set_up(folder: Path, clients: int) -> None:
    """The redirect on an emulated host, for so many clients whose names differ in their last letters."""
    file = folder / "params" / "emulator.yaml"
    params = yaml.safe_load(file.read_text(encoding="utf-8"))
    params["target"] = f"emulator://look{clients}"
    if clients != len(params["clients"]):
        first = params["clients"][0]
        name = "payments-frontend-windows-container-west-europe"
        params["clients"] = [{**first, "name": f"{name}-{number:02}"} for number in range(1, clients + 1)]
    file.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    command = [sys.executable, "-m", "hnskit", "run", "params/emulator.yaml"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)


def _photograph(tab: Notebook, name: str, out: Path) -> list[str]:
    """All of a notebook in both themes; what is wider than its place."""
    page: Any = tab.page
    wide: list[str] = []
    page.set_viewport_size({"width": WIDTH, "height": 1500})
    for theme, title in THEMES.items():
        tab.theme(title)
        page.wait_for_timeout(900)
        wide = wide or page.evaluate(_WIDE)
        for number in range(_MOST):
            bottom = page.evaluate(_SCROLL, number * 1350)
            page.wait_for_timeout(350)
            page.screenshot(path=out / f"{name}-{theme}-{number}.png")
            if bottom <= 1500:
                break
    tab.theme(THEMES["light"])
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    return wide


if __name__ == "__main__":
    sys.exit(main())
