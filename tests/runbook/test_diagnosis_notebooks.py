"""The notebooks that only look, through plain papermill, on a snapshot of a host."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import papermill
import pytest

from hnskit import runbook
from hnskit.errors import SnapshotError
from hnskit.errors.hns_codes import KnownCode
from hnskit.facts.snapshot import save_facts
from hnskit.runbook.diagnosis_notebook import CodeList, HostDiagnosis
from hnskit.runbook.pasted_input import Paste
from hnskit.runbook.screen import Sentence
from hnskit.running.papermill_engine import SharedKernelEngine
from tests import sample_facts
from tests.notebook_html import escaped_twice
from tests.sample_facts import complete, fresh

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder in which notebooks are executed, all of them in one kernel."""
    yield tmp_path_factory.mktemp("notebooks")
    SharedKernelEngine.close(now=True)


def execute(name: str, folder: Path, parameters: Mapping[str, object]) -> Path:
    """Execute a notebook; the executed one."""
    out = folder / f"{name}.ipynb"
    papermill.execute_notebook(
        ROOT / "notebooks" / out.name, out, parameters, engine_name="hnskit", progress_bar=False, cwd=folder
    )
    return out


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("62_host", "hnskit-l2bridge"),
        ("63_stale_endpoints", "left behind"),
        ("64_compare_snapshots", "new endpoint hnskit-proxy"),
    ],
)
def test_it_runs_on_a_snapshot_and_changes_nothing(name: str, wanted: str, folder: Path, tmp_path: Path) -> None:
    """A host that cannot be reached is looked at all the same."""
    file = save_facts(complete(), tmp_path / "now.json")
    parameters = {"params_file": str(ROOT / "params" / "emulator.yaml"), "overrides": [f"target=snapshot:{file}"]}
    if name == "64_compare_snapshots":
        parameters["earlier"] = str(save_facts(fresh(), tmp_path / "then.json"))
    out = execute(name, folder, parameters)
    assert wanted in out.read_text(encoding="utf-8")
    assert escaped_twice(out) == []
    assert not (folder / "runs").exists()


HOSTILE = """PS C:\\> Get-HnsEndpoint | ConvertTo-Json -Depth 20
[{"ID": "E-1", "Name": "<img src=x onerror=alert(1)>", "IPAddress": "10.0.1.20", "PrefixLength": 24, "State": 2,
  "GatewayAddress": "10.0.1.2", "VirtualNetwork": "N-1", "Type": "L2Bridge", "MacAddress": "00-15-5D-00-00-14",
  "SharedContainers": [], "Policies": [{"Type": "PROXY", "IP": "169.254.169.254", "Port": "80",
  "Destination": "10.0.1.9:80", "OutbountNat": true}]}]
"""


@pytest.mark.parametrize(
    ("name", "wanted"), [("61_doctor", "OutboundNat was probably meant"), ("60_explain", "OutbountNat")]
)
def test_it_runs_on_a_paste_and_contacts_no_host(name: str, wanted: str, folder: Path) -> None:
    """The parameter `paste`, headless; what is in it stays text, wherever it is shown."""
    parameters = {
        "params_file": str(ROOT / "params" / "emulator.yaml"),
        "overrides": ["target=winrm://nobody.invalid"],
        "paste": HOSTILE,
    }
    cells = json.loads(execute(name, folder, parameters).read_text(encoding="utf-8"))["cells"]
    outputs = [item for cell in cells for item in cell.get("outputs", [])]
    shown = json.dumps(outputs)
    assert "Taken for 1 endpoint" in shown
    assert wanted in shown
    assert "no host was contacted" in shown
    for output in outputs:
        assert "text/markdown" not in output.get("data", {})
        assert "<img" not in "".join(output.get("data", {}).get("text/html", ""))


def test_a_paste_is_a_text_a_file_or_a_zip(tmp_path: Path) -> None:
    """And one that says nothing of a host is refused in a sentence."""
    file = tmp_path / "endpoints.txt"
    file.write_text(HOSTILE, encoding="utf-16")
    archive = tmp_path / "logs.zip"
    with zipfile.ZipFile(archive, "w") as into:
        into.write(file, "endpoint.txt")
    for content in (HOSTILE, str(file), str(archive)):
        paste = runbook.paste(content, interactive=False)
        assert "Taken for 1 endpoint" in paste.to_text()
        session = runbook.choose(sample_facts.PARAMS, interactive=False).look("doctor", paste=paste)
        assert isinstance(session, runbook.PastedNotebook)
        assert isinstance(session.diagnosis.repair(), Sentence)
        assert len(session.facts.endpoints) == 1
    with pytest.raises(SnapshotError):
        runbook.paste("nothing\nof a host\n", interactive=False)
    assert runbook.paste("", interactive=False).reading is None


def test_the_box_reads_at_once_and_keeps_no_text() -> None:
    """Text and file: what was taken stands below it, escaped; a widget's state has nothing of it."""
    from hnskit.runbook.widgets.paste_box import _Box

    paste = Paste(interactive=True)
    box = _Box(paste)
    box._text.value = HOSTILE
    box._take_text()
    assert paste.reading is not None
    assert (box._text.value, "Taken for 1 endpoint" in box._note.value) == ("", True)
    paste.forget()
    box._text.value = "<b>nothing</b> of a host\n"
    box._take_text()
    assert paste.reading is None
    assert "<b>nothing" not in box._note.value
    box._file.value = ({"name": "x.txt", "content": memoryview(HOSTILE.encode()), "type": "", "size": 1,
                        "last_modified": datetime(2026, 1, 1, tzinfo=UTC)},)  # fmt: skip
    assert paste.reading is not None
    assert box._file.value == ()


def test_several_codes_of_a_log_are_shown_below_one_another() -> None:
    """And a code, or its text, by itself."""
    found = HostDiagnosis.code("failed: x (0x490)\nfailed: y (0x803b0013)")
    assert isinstance(found, CodeList)
    assert [item.code for item in found] == [0x490, 0x803B0013]
    assert isinstance(HostDiagnosis.code("Element not found"), KnownCode)


def test_a_paste_that_is_refused_leaves_none_before_it_in_force() -> None:
    """What the cells below look at is never an earlier paste."""
    paste = Paste(interactive=False)
    paste.read(b'[{"ID": "a", "Name": "x", "IPAddress": "10.0.1.3", "VirtualNetwork": "n", "State": 1}]')
    assert paste.reading is not None
    with pytest.raises(SnapshotError):
        paste.read(b"nothing of a host")
    assert paste.reading is None
