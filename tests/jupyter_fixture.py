"""What the tests in a real browser share: a JupyterLab, a browser, and the folder that both work on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser import ROOT, Notebook, browser, jupyter_lab, require_browser
from tests.ports import is_answered
from tests.waiting import wait_for

PAGE = "notebooks/index.ipynb"
PARAMS = "params/emulator.yaml"


class Desk:
    """A JupyterLab, a browser, and the folder that both work on."""

    def __init__(self, folder: Path, address: str, running: Any, artefacts: Path) -> None:
        self.folder, self.address, self.artefacts, self._running = folder, address, artefacts, running
        self._tab: Notebook | None = None

    def open(self, path: str, *, beside: Notebook | None = None) -> Notebook:
        return Notebook(self._running, self.address, path, self.artefacts, beside=beside)

    @contextmanager
    def notebook(self, path: str) -> Iterator[Notebook]:
        """A notebook in the one tab that stays open, which is faster; its kernel ends with it."""
        self._tab = self.open(path, beside=self._tab)
        try:
            yield self._tab
        finally:
            self._tab.close()

    def page(self) -> Any:
        """An empty tab of the browser, for a page that is not a notebook."""
        return self._running.new_page()

    def params(self, name: str, *, into: str = PARAMS, **changes: str) -> None:
        """Lead a copy of the shipped parameters to an emulated host of a test's own, or elsewhere.

        Args:
            name: the host's name, or a whole target.
            into: the file.
            changes: what else is different: the value of a key of the file.
        """
        text = (ROOT / PARAMS).read_text()
        changes = {"target": name if ":" in name else f"emulator://{name}", "cut_seconds": "1.0", **changes}
        for key, value in changes.items():
            (old,) = (line for line in text.splitlines() if line.strip().startswith(f"{key}:"))
            text = text.replace(old, f"{old.partition(':')[0]}: {value}")
        (self.folder / into).write_text(text)

    def runs(self) -> list[dict[str, Any]]:
        """The summaries of all runs, the oldest first."""
        found = sorted((self.folder / "runs").glob("*/summary.json"))
        return [json.loads(path.read_text()) for path in found]

    def done(self, name: str) -> list[str]:
        """What the journals of a host's runs say was done, the oldest first."""
        lines = [
            json.loads(line)
            for path in sorted((self.folder / "runs").glob(f"*-{name}*/journal.jsonl"))
            for line in path.read_text().splitlines()
        ]
        return [line["step"] for line in lines if line["event"] == "done"]

    def fault(self, name: str, fault: str, value: object) -> None:
        """Set a fault of an emulated host that a page is about to start."""
        from hnskit.emulator import registry

        wait_for(lambda: registry.find(name) is not None)
        registry.get(name).ask({"do": "fault", "name": fault, "value": value})

    def wait_for(self, name: str) -> None:
        """Wait until an emulated host that was cut answers again."""
        from hnskit.emulator import registry

        entry = registry.find(name)
        assert entry is not None
        port = urlsplit(entry.http).port
        assert port is not None
        wait_for(lambda: is_answered(port))

    def proved(self, name: str) -> Path:
        """The folder of a run by the command line that set the redirect up and proved it."""
        self.params(name)
        command = [sys.executable, "-m", "hnskit", "run", PARAMS]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run(command, cwd=self.folder, env=environment, check=True, stdout=subprocess.DEVNULL)
        return sorted((self.folder / "runs").glob(f"*-{name}"))[-1]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One for the tests of a module: Playwright's loop must not go on under other tests."""
    require_browser()
    artefacts = Path(os.environ.get("HNSKIT_SCREENSHOTS") or ROOT / "runs" / "browser")
    artefacts.mkdir(parents=True, exist_ok=True)
    folder, state = tmp_path_factory.mktemp("desk"), tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HNSKIT_STATE_DIR", str(state))
        from hnskit.emulator import registry

        try:
            with jupyter_lab(folder, state) as address, browser() as running:
                yield Desk(folder, address, running, artefacts)
        finally:
            for entry in registry.running():
                registry.stop(entry.name)


def button(tab: Notebook, name: str) -> Any:
    return tab.front().get_by_role("button", name=name, exact=True)


def pressable(tab: Notebook, name: str, wanted: bool) -> None:
    """Wait until a button can, or cannot, be pressed."""
    from playwright.sync_api import expect

    expect(button(tab, name)).to_be_enabled(enabled=wanted)
