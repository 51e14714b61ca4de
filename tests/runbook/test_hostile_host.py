"""A host whose every text means harm, in a real browser: no marker runs, and no request leaves.

JupyterLab on the notebooks, live and trusted; nbconvert's page of what a run has executed; the report; the pictures.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from hnskit.emulator.host.hostile import TITLE
from tests.jupyter_fixture import PARAMS, Desk

pytestmark = pytest.mark.slow
"""It takes longer than `make test` may; test_browser.py has the walkthrough."""

STEPS = ("00_preflight", "10_l2bridge_network", "20_proxy_container", "30_client_containers", "40_proxy_policy")
REST = ("50_verify", "60_explain", "61_doctor", "63_stale_endpoints", "64_compare_snapshots")


@contextmanager
def watched(page: Any) -> Iterator[list[str]]:
    """Requests of an open page for what is not a file of its own; at the end its title must not be changed."""
    asked: list[str] = []

    def note(request: Any) -> None:
        if not re.match(r"http://127\.0\.0\.1:(?!9/)|file:|data:|blob:", request.url):
            asked.append(request.url)

    page.on("request", note)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    try:
        yield asked
        page.wait_for_timeout(300)  # an image's error handler runs after its request has failed
        assert page.title() != TITLE  # the title of a picture may have it, as a part of the host's own text
        assert page.evaluate("document.title") != TITLE
        assert (asked, dialogs) == ([], [])
    finally:
        page.remove_listener("request", note)


@pytest.fixture(scope="module")
def run_dir(desk: Desk) -> Path:
    """A run on such a host: the redirect is set up and proved as on any other."""
    desk.params("hostile", hostile="true", cut_seconds="0.2")
    command = [sys.executable, "-m", "hnskit", "run", PARAMS]
    done = subprocess.run(command, cwd=desk.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted((desk.folder / "runs").glob("*-hostile"))[-1]


def shown_by(desk: Desk, *names: str) -> None:
    for name in names:
        with desk.notebook(f"notebooks/{name}.ipynb") as tab, watched(tab.page):
            tab.run_all()
            tab.outputs().filter(has_text="hostile").first.wait_for()


def test_nothing_runs_in_jupyterlab(desk: Desk, run_dir: Path) -> None:
    """Of the host at a glance, which is where a product's name was script."""
    assert run_dir
    shown_by(desk, "62_host")


def test_nothing_runs_in_any_notebook(desk: Desk, run_dir: Path) -> None:
    assert run_dir
    shown_by(desk, *STEPS, *REST)


def test_nothing_runs_in_what_a_run_leaves(desk: Desk, run_dir: Path, tmp_path: Path) -> None:
    """nbconvert's pages of its executed notebooks, its report, its pictures; and these are XML."""
    from nbconvert import HTMLExporter

    page = desk.page()
    pages = [run_dir / "report.html", *sorted(run_dir.glob("pictures/*.svg"))]
    for notebook in sorted(run_dir.glob("*.ipynb")):
        html, _ = HTMLExporter(require_js_url="", mathjax_url="").from_filename(str(notebook))
        assert "text/markdown" not in notebook.read_text(encoding="utf-8")
        pages.append(tmp_path / f"{notebook.stem}.html")
        pages[-1].write_text(html, encoding="utf-8")
    for path in pages:
        with watched(page):
            page.goto(path.as_uri())
    for path in (*run_dir.glob("pictures/*.svg"), run_dir / "junit.xml"):
        ElementTree.parse(path)
    page.close()
