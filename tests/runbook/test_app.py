"""The app: the start page and the diagnosis pages without code, by Voilà, in a real browser."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hnskit.errors import HnskitError, ParamsError
from hnskit.facts.snapshot import save_facts
from tests.browser import ROOT, TOKEN, browser, require_browser
from tests.ports import free_port
from tests.sample_facts import complete, fresh
from tests.waiting import LONG, wait_for

pytestmark = pytest.mark.slow
"""It takes longer than `make test` may; test_browser.py has the walkthrough."""

HERE = "127.0.0.1"
RUN = "20260101-000000-other"


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=LONG):
            return True
    except OSError:
        return False


@contextmanager
def served(folder: Path, state: Path) -> Iterator[str]:
    """The app on a copy of notebooks and parameters; its address without the page's name."""
    for name in ("notebooks", "params"):
        shutil.copytree(ROOT / name, folder / name)
    kept = folder / "runs" / RUN / "snapshots"
    kept.mkdir(parents=True)
    save_facts(fresh(), kept / "network-before.json")
    save_facts(complete(), kept / "policy-after.json")
    file = folder / "params" / "emulator.yaml"
    file.write_text(file.read_text().replace("emulator://lab", "emulator://app"))
    port = free_port()
    environment = {**os.environ, "HNSKIT_STATE_DIR": str(state), "JUPYTER_TOKEN": TOKEN, "PYTHONPATH": str(ROOT),
                   "JUPYTER_RUNTIME_DIR": str(state / "jupyter")}  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "hnskit", "app", "--no-browser", "--port", str(port)], cwd=folder, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        address = f"http://{HERE}:{port}/voila/"
        wait_for(lambda: answers(f"{address}static/voila.js?token={TOKEN}") or process.poll() is not None, seconds=LONG)
        yield f"{address}render/"
    finally:
        process.terminate()
        process.wait(LONG)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    require_browser()
    state = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HNSKIT_STATE_DIR", str(state))
        from hnskit.emulator import registry

        try:
            with served(tmp_path_factory.mktemp("app"), state) as address, browser() as running:
                yield address, running
        finally:
            for entry in registry.running():
                registry.stop(entry.name)


def opened(pages: tuple[str, Any], name: str) -> Any:
    address, running = pages
    page = running.new_page()
    page.goto(f"{address}{name}.ipynb?token={TOKEN}")
    return page


def test_without_the_token_nothing_is_served(pages: tuple[str, Any]) -> None:
    """Whoever reaches the page can change hosts: it asks who is there."""
    with urllib.request.urlopen(f"{pages[0]}index.ipynb", timeout=LONG) as answer:
        assert "login" in answer.geturl()
        assert b"Parameters" not in answer.read()


def test_the_start_page_sets_the_redirect_up_and_proves_it(pages: tuple[str, Any]) -> None:
    """Somebody is at the screen: there is the form, no code, and the run's proof at the end."""
    from playwright.sync_api import expect

    page = opened(pages, "index")
    page.get_by_role("button", name="Connect", exact=True).click()
    page.get_by_text("It is fit for the redirect").wait_for()
    expect(page.get_by_text("Nobody is at the screen")).to_have_count(0)
    expect(page.get_by_text(re.compile("runbook"))).to_have_count(0)
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("in place and proved").first.wait_for()
    page.close()


def test_a_diagnosis_page_follows_its_lists_and_its_box(pages: tuple[str, Any]) -> None:
    """No cell can be run there: who asks is chosen, what a host printed is pasted, and the page shows it."""
    page = opened(pages, "60_explain")
    asker = page.get_by_label("Who asks")
    asker.fill("10.0.1.77")
    asker.press("Enter")
    page.get_by_text("10.0.1.77").first.wait_for()
    page.locator("textarea").fill(
        '[{"ID": "E-1", "Name": "pasted-endpoint", "IPAddress": "10.0.1.20", "Policies": []}]'
    )
    page.get_by_role("button", name="Read", exact=True).click()
    page.get_by_text("The cells below show it").first.wait_for()
    page.get_by_text("taken for", exact=False).first.wait_for()

    page.close()


@pytest.mark.parametrize("name", ["61_doctor", "62_host", "63_stale_endpoints"])
def test_each_diagnosis_page_looks_at_the_host_again_and_shows_no_code(pages: tuple[str, Any], name: str) -> None:
    from playwright.sync_api import expect

    page = opened(pages, name)
    page.get_by_role("button", name="Look", exact=True).click()
    page.get_by_text("The cells below show it.").first.wait_for()
    expect(page.get_by_text(re.compile("runbook"))).to_have_count(0)
    if name == "61_doctor":
        code = page.get_by_label("Code or text")
        code.fill("0x803b0013")
        code.press("Enter")
        page.get_by_text("HCN_E_", exact=False).first.wait_for()
    page.close()


def test_a_run_s_snapshot_is_chosen_and_compared_with_another(pages: tuple[str, Any]) -> None:
    """The target follows the list, and the cells follow the target."""
    from playwright.sync_api import expect

    page = opened(pages, "64_compare_snapshots")
    listed = page.locator("select").filter(has_text="or choose a snapshot that a run has kept")
    listed.select_option(label=f"{RUN}: policy-after")
    page.get_by_text("The cells below show it.").first.wait_for()
    expect(page.get_by_label("target", exact=True)).to_have_value(re.compile(r"policy-after\.json$"))
    earlier = page.get_by_label("Earlier snapshot")
    earlier.fill(f"runs/{RUN}/snapshots/network-before.json")
    earlier.press("Enter")
    page.get_by_text(f"since runs/{RUN}").first.wait_for()
    page.close()


def test_an_app_that_is_ended_by_a_signal_leaves_no_server_behind(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    with served(tmp_path / "app", tmp_path / "state") as address:
        server = f"{address.removesuffix('render/')}static/voila.js?token={TOKEN}"
        assert answers(server)
    wait_for(lambda: not answers(server), seconds=LONG)


def test_a_port_that_is_taken_is_told_with_a_free_one_and_left_aside_where_none_was_asked_for() -> None:
    from hnskit.commands import app_command

    with socket.socket() as taken:
        taken.bind((HERE, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(app_command, "_PORT", port)
            assert app_command._port(None) > port
            with pytest.raises(HnskitError, match=f"port {port} of this machine is taken") as caught:
                app_command._port(port)
    assert int(caught.value.next_step.rpartition(" ")[2]) > port


def test_a_parameter_file_that_is_not_there_is_told_before_anything_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    from hnskit.commands import app_command

    monkeypatch.setenv("HNSKIT_PARAMS", "nowhere.yaml")
    with pytest.raises(ParamsError, match=r"nowhere\.yaml"):
        app_command._environment()
    monkeypatch.setenv("HNSKIT_PARAMS", "params/emulator.yaml")
    assert Path(app_command._environment()["HNSKIT_PARAMS"]).is_absolute()
