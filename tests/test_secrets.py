"""A canary in every place that a secret may come in: it is found nowhere afterwards."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets
import pytest

from hnskit.errors import ParamsError
from hnskit.fleet.inventory import load_inventory
from hnskit.params.loading import load_params
from hnskit.remote import credentials
from hnskit.runbook.widgets.secrets import secret_box
from hnskit.running import runner
from tests.host_process import emulated_host
from tests.terminal import hnskit

PARAMS = Path(__file__).parent.parent / "params" / "emulator.yaml"
CANARY = "canary-7f3e91-secret"
KEYRING = """
import os

from keyring.backend import KeyringBackend


class Keyring(KeyringBackend):
    priority = 1

    def get_password(self, service, username):
        return os.environ["HNSKIT_CANARY"]

    def set_password(self, service, username, password):
        raise NotImplementedError
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[list[str]]:
    with emulated_host(tmp_path / "state") as overrides:
        yield overrides


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    yield
    credentials._typed.clear()


def real_door(tmp_path: Path, lab: list[str], reference: str) -> list[str]:
    """Overrides that reach the emulated host as any Windows host is reached, with a reference of the test's choice."""
    from hnskit.emulator import registry

    entry, _ = registry.start(lab[0].rpartition("/")[2], options={"cut_seconds": 0.2})
    port = entry.http.rpartition(":")[2].partition("/")[0]
    return [f"target=winrm://127.0.0.1:{port}", "connection.transport=http", f"connection.username={entry.username}",
            f"connection.credential={reference}"]  # fmt: skip


def found_in(folder: Path) -> list[str]:
    """Files that have the canary in them."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


def test_a_refused_login_leaves_no_secret_behind(
    lab: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From a variable, a file and a keyring: not in notebooks, results, journal, report, logs or on the screen."""
    file = tmp_path / "password"
    file.write_text(CANARY)
    file.chmod(0o600)
    monkeypatch.setenv("HNSKIT_CANARY", CANARY)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend" / "canary_keyring.py").write_text(KEYRING)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "backend"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "canary_keyring.Keyring")
    for reference in ("env:HNSKIT_CANARY", f"file:{file}", "keyring:hnskit-test"):
        summary = runner.run(
            PARAMS, overrides=real_door(tmp_path, lab, reference), runs=tmp_path / "runs", only=["00_preflight"]
        )
        assert summary.exit_status == 3, summary.to_json()["error"]
        assert "login" in json.dumps(summary.to_json()["error"]), "the secret was not even tried"
        assert CANARY not in json.dumps(summary.to_json())
    file.unlink()
    assert found_in(tmp_path) == []
    said = capsys.readouterr()
    assert CANARY not in said.out + said.err


def test_a_run_that_goes_well_has_no_password_in_any_file(lab: list[str], tmp_path: Path) -> None:
    """The emulated host's own password, which really was used."""
    from hnskit.emulator import registry

    entry, _ = registry.start(lab[0].rpartition("/")[2], options={"cut_seconds": 0.2})
    password = Path(entry.password_file).read_text().strip()
    summary = runner.run(PARAMS, overrides=lab, runs=tmp_path / "runs")
    assert summary.ok
    files = [path for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    assert len(files) > 20
    assert [path for path in files if password.encode() in path.read_bytes()] == []


@pytest.mark.parametrize(
    "override",
    [f"connection.password={CANARY}", f"connection.credential={CANARY}", f"target=winrm://admin:{CANARY}@host"],
)
def test_a_secret_in_the_wrong_place_is_refused_without_being_repeated(override: str, tmp_path: Path) -> None:
    """Before any notebook is begun, so that papermill writes no parameter down."""
    summary = runner.run(PARAMS, overrides=[override], runs=tmp_path)
    assert summary.exit_status == 2
    assert CANARY not in json.dumps(summary.to_json()["error"], default=str)
    assert found_in(tmp_path) == []


def test_the_box_at_the_screen_is_empty_once_it_is_typed(tmp_path: Path) -> None:
    """The widget's state, which JupyterLab can save into the notebook, has nothing; the process knows it."""
    params = load_params(
        PARAMS, overrides=["target=winrm://host", "connection.username=admin", "connection.credential=prompt"]
    )
    told: list[str] = []
    box, note = secret_box(params, lambda: told.append("typed"))
    box.value = CANARY
    assert told == ["typed"]
    assert "known to this kernel" in secret_box(params)[1].value
    other = load_params(
        PARAMS, overrides=["target=winrm://other", "connection.username=admin", "connection.credential=prompt"]
    )
    assert "of admin on winrm://other: type it" in secret_box(other)[1].value
    assert credentials.resolve("prompt", "admin", "winrm://host").reveal() == CANARY
    states = json.dumps([widget.get_state() for widget in (box, note)], default=str)
    assert CANARY not in states
    assert CANARY not in json.dumps(ipywidgets.Widget.get_manager_state(), default=str)


def test_the_page_hands_the_password_on_by_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the environment of the run, never on its command line."""
    from hnskit.runbook.widgets import StartPage, start_page

    monkeypatch.chdir(tmp_path)
    text = PARAMS.read_text().replace("target: emulator://lab", "target: winrm://host")
    text = text.replace("  auth: negotiate\n", "  auth: negotiate\n  username: admin\n  credential: prompt\n")
    (tmp_path / "host.yaml").write_text(text)
    started: list[Any] = []
    monkeypatch.setattr(start_page, "launch", lambda *arguments, **named: started.append((arguments, named)))
    shown = StartPage(Path("host.yaml"), tmp_path / "runs", tmp_path)
    assert shown._run.disabled
    assert "Type the password" in shown._note.value
    box, _ = shown._secret.children
    box.value = CANARY
    assert not shown._run.disabled
    monkeypatch.setattr(shown, "_follow", lambda process: None)
    shown._run.click()
    ((arguments, named),) = started
    assert CANARY not in repr(arguments) + repr(named["overrides"])
    assert CANARY in named["environment"].values()
    assert CANARY not in json.dumps(ipywidgets.Widget.get_manager_state(), default=str)
    assert found_in(tmp_path) == []


@pytest.mark.parametrize("form", ["defaults: {password: %s}\nhosts: []\n", "hosts: [{name: a, password: %s}]\n"])
def test_a_secret_in_an_inventory_is_in_no_traceback_either(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The library that checks it repeats what it was given."""
    inventory = tmp_path / "hosts.yaml"
    inventory.write_text(form % CANARY)
    ended = hnskit(capsys, "fleet", "facts", str(inventory), "--debug", "--json")
    assert (ended.status, "Traceback" in ended.err) == (2, True)
    assert CANARY not in ended.err + ended.out
    with pytest.raises(ParamsError) as refused:
        load_inventory(inventory)
    assert CANARY not in "".join(traceback.format_exception(refused.value))
