"""JupyterLab in a real browser: a server with folders of its own, and a page that an operator's clicks go to.

Chromium is Debian's (`apt-get install chromium`), driven by Playwright for Python. Where there is none the tests are
skipped, and say so; with HNSKIT_NEEDS_BROWSER set, as CI does, they fail.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port
from tests.waiting import LONG

ROOT = Path(__file__).parent.parent
TOKEN = "browser-test"
PATIENCE = int(1000 * LONG)  # milliseconds
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--disable-dev-shm-usage")  # fmt: skip

# Long enough to see all of it, since a screenshot shows what is in view.
WIDTH, HEIGHT = 1360, 1000


def chromium() -> str:
    """Where the browser is."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("HNSKIT_CHROMIUM") or next(filter(None, map(shutil.which, names)), "")


def require_browser() -> None:
    """Skip where no browser is; never in CI."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        lack = "Playwright is not installed: pip install playwright"
    else:
        lack = "" if chromium() else "no Chromium here: apt-get install chromium, or name one in HNSKIT_CHROMIUM"
    if lack and os.environ.get("HNSKIT_NEEDS_BROWSER"):
        pytest.fail(lack)
    if lack:
        pytest.skip(lack)


@contextmanager
def jupyter_lab(folder: Path, state: Path) -> Iterator[str]:
    """A server on a copy of the project's notebooks and parameters; yields its address."""
    for name in ("notebooks", "params"):
        shutil.copytree(ROOT / name, folder / name)
    home = folder / ".jupyter"
    port = free_port()
    places = {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "DATA")}
    # Short: a kernel's sockets are there.
    runtime = Path(f"/tmp/hnskit-{os.getpid()}") if os.name == "posix" else home / "runtime"
    environment = {
        **os.environ, **places, "JUPYTER_RUNTIME_DIR": str(runtime), "HNSKIT_STATE_DIR": str(state),
        "IPYTHONDIR": str(home / "ipython"), "PYTHONPATH": str(ROOT), "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }  # fmt: skip
    settings = home / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser", "--allow-root",
        "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={folder}", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=None",
    ]  # fmt: skip
    log = folder / "lab.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=stream, stderr=stream)
    try:
        address = f"http://127.0.0.1:{port}/"
        _wait_for(address, process, log)
        yield address
    finally:
        process.terminate()
        process.wait(LONG)
        shutil.rmtree(runtime, ignore_errors=True)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}api?token={TOKEN}", timeout=LONG):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start: {log.read_text(errors='replace')[-2000:]}")


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium with one context, in which there are tabs."""
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS])
        try:
            context = running.new_context(
                viewport={"width": WIDTH, "height": HEIGHT}
            )  # one for all tabs: they share what was loaded
            context.set_default_timeout(PATIENCE)
            expect.set_options(timeout=PATIENCE)
            yield context
        finally:
            running.close()


class Notebook:
    """A notebook in JupyterLab.

    Args:
        browser: what opens a new tab of the browser for it.
        beside: a notebook in whose tab it is opened instead, which is faster.
    """

    page: Any

    def __init__(
        self, browser: Any, address: str, path: str, artefacts: Path, *, beside: Notebook | None = None
    ) -> None:
        self._artefacts = artefacts
        self._path = path
        self.address = address
        if beside is not None:
            self.page = beside.page
            opened = f"window.jupyterapp.commands.execute('docmanager:open', {{path: {path!r}}})"
            self.page.evaluate(f"async () => {{ await {opened}; }}")
        else:
            self.page = browser.new_page()
            self.page.goto(f"{address}lab/tree/{path}?token={TOKEN}&reset")
        self.page.wait_for_function(
            f"window.jupyterapp?.shell.currentWidget?.context?.path === {path!r} && "
            "window.jupyterapp.shell.currentWidget.context.isReady"
        )
        self._run(
            "app.shell.collapseLeft(); await panel.sessionContext.ready;"
            " await panel.sessionContext.session?.kernel?.info;"
        )

    def theme(self, name: str) -> None:
        """Change JupyterLab's theme, as the Settings menu does."""
        self._run(f"await app.commands.execute('apputils:change-theme', {{theme: {name!r}}});")

    def _run(self, script: str) -> Any:
        """Run a script in JupyterLab on `panel`, this notebook's, which is brought to the front.

        JupyterLab may have put another notebook there meanwhile. A script that does not come to its end, as when a
        kernel's answer is lost, fails.
        """
        late = f"new Promise((_, no) => setTimeout(() => no(new Error('JupyterLab did not finish it')), {PATIENCE}))"
        return self.page.evaluate(
            f"""async () => Promise.race([{late}, (async () => {{
                const app = window.jupyterapp;
                const panel = [...app.shell.widgets('main')].find(one => one.context?.path === {self._path!r});
                while (app.shell.currentWidget !== panel) {{
                    app.shell.activateById(panel.id);
                    await new Promise(yes => setTimeout(yes, 20));
                }}
                const command = name => app.commands.execute(name, {{semanticWidget: panel.id}});
                {script}
            }})()])"""
        )

    def run_all(self) -> None:
        """Run all cells, and come back when they are done, as far as JupyterLab tells: an answer may be lost to it."""
        self._run(
            "await Promise.race([command('notebook:run-all-cells'),"
            f" new Promise(yes => setTimeout(yes, {PATIENCE // 4}))]);"
        )

    def run_below(self, text: str) -> None:
        """Run the cell that has a text in its source, and all below it."""
        self._at(text, "await command('notebook:run-all-below');")

    def run_above(self, text: str) -> None:
        """Run all cells above the one that has a text in its source."""
        self._at(text, "await command('notebook:run-all-above');")

    def go_to(self, text: str) -> None:
        """Scroll to the cell that has a text in its source: JupyterLab draws only what is near the view."""
        self._at(text, "await book.scrollToItem(at, 'start');")

    def _at(self, text: str, script: str) -> None:
        self._run(
            f"""const book = panel.content;
            const at = book.widgets.findIndex(cell => cell.model.type === 'code' &&
                cell.model.sharedModel.getSource().includes({text!r}));
            book.activeCellIndex = at; book.deselectAll(); {script}"""
        )

    def save(self) -> None:
        """Save the notebook, as Ctrl+S does."""
        self._run("await panel.context.save();")

    def outputs(self, what: str = "") -> Any:
        """What is in the outputs of the notebook that is in front."""
        return self.front().locator(f".jp-OutputArea-output {what}")

    def front(self) -> Any:
        """The notebook that is in front, without JupyterLab around it."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    def interrupt(self) -> None:
        """Press the button with the square: interrupt the kernel."""
        self.page.get_by_role("button", name="Interrupt the kernel").click()

    def lose_kernel(self) -> None:
        """The kernel's process ends, as when the machine runs out of memory; JupyterLab says so, and starts another."""
        self._run("panel.sessionContext.session.kernel.requestExecute({code: 'import os; os._exit(1)'});")
        self.page.get_by_role("dialog").get_by_role("button", name="Ok").click()

    def see(self, text: str | re.Pattern[str], *, seconds: float = LONG) -> Any:
        """Wait until a text is to be seen in an output."""
        from playwright.sync_api import TimeoutError as NotSeen

        found = self.outputs().get_by_text(text).first
        try:
            found.wait_for(timeout=1000 * seconds)
        except NotSeen:
            said = "\n".join(self.outputs().all_inner_texts())
            raise AssertionError(f"{text!r} is not to be seen ({self.picture('not-seen')}), but: {said}") from None
        return found

    def picture(self, name: str) -> Path:
        """Keep what is to be seen now."""
        path = self._artefacts / f"{name}.png"
        self.page.wait_for_timeout(200)  # JupyterLab draws what was scrolled to a little later
        self.page.screenshot(path=path)
        return path

    def close(self) -> None:
        """Close the notebook and end its kernel."""
        self._run("await panel.sessionContext.shutdown(); panel.dispose();")

    def leave(self) -> None:
        """Close the browser's tab, as the operator does; the kernel goes on."""
        self.page.close()
