"""The command line: exit statuses, what goes to stdout and what to stderr, and what is not imported."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from hnskit.facts.snapshot import dump_facts
from hnskit.model.objects import Container
from tests import sample_facts
from tests.host_process import emulated_host
from tests.terminal import hnskit, sets

ROOT = Path(__file__).parents[2]
PARAMS = str(ROOT / "params" / "emulator.yaml")
HEAVY = {"pandas", "pydantic", "pypsrp", "papermill", "ipywidgets", "IPython", "yaml", "requests"}


def imported_by(program: str) -> set[str]:
    """Names of the modules that a fresh interpreter has after a program."""
    text = f"import sys\ntry:\n    {program}\nexcept SystemExit:\n    pass\nprint('MODULES', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.rpartition("MODULES")[2].split())


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[list[str]]:
    with emulated_host(tmp_path / "state") as overrides:
        yield [PARAMS, *sets(overrides)]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"]])
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    """They are asked often, and answer at once."""
    modules = imported_by(f"from hnskit.commands.cli import main; main({arguments!r})")
    assert not modules & HEAVY


def test_importing_the_package_imports_nothing_heavy() -> None:
    """Names are loaded when they are used."""
    modules = imported_by("import hnskit")
    assert not modules & HEAVY
    assert not [name for name in modules if name.startswith("hnskit.")]


def test_every_public_name_is_there_and_a_module_hides_no_function() -> None:
    """Importing a submodule sets its name on the package."""
    import hnskit as package

    for name in package.__all__:
        assert getattr(package, name) is not None
    for name in ("plan", "apply", "destroy", "verify", "connect"):
        assert callable(getattr(package, name))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        package.nonsense  # noqa: B018


def test_a_mistake_in_the_parameters_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    """Each of them on stderr, and nothing on stdout."""
    ran = hnskit(capsys, "plan", PARAMS, "--set", "network.subnet=nonsense", "--set", "nope=1")
    assert (ran.status, ran.out) == (2, "")
    assert "network.subnet" in ran.err
    assert "nope" in ran.err
    assert "Traceback" not in ran.err


def test_a_wrong_use_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    """As click has it."""
    assert hnskit(capsys, "show", "nonsense").status == 2


def test_an_unreachable_host_is_status_3(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody listens at port 1; with --json the error is on stdout, too."""
    where = ["target=winrm://127.0.0.1:1", "connection.username=x", "connection.credential=env:HOME"]
    ran = hnskit(capsys, "facts", PARAMS, "--json", *sets(where))
    assert ran.status == 3
    assert ran.json()["error"] == "HostUnreachableError"
    assert ran.json()["exit_status"] == 3
    assert ran.json()["next_step"] in ran.err


def test_a_missing_variable_of_a_credential_is_status_3(capsys: pytest.CaptureFixture[str]) -> None:
    """Its name is said, and no host is asked."""
    where = ["target=winrm://127.0.0.1:1", "connection.username=x", "connection.credential=env:HNSKIT_NOT_SET"]
    ran = hnskit(capsys, "facts", PARAMS, *sets(where))
    assert ran.status == 3
    assert "HNSKIT_NOT_SET" in ran.err


def test_what_nobody_expected_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The traceback is for --debug."""

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("hnskit.params.loading.load_params", broken)
    ran = hnskit(capsys, "plan", PARAMS)
    assert (ran.status, ran.out) == (1, "")
    assert "ZeroDivisionError: division by zero" in ran.err
    assert "Traceback" not in ran.err
    assert "Traceback" in hnskit(capsys, "plan", PARAMS, "--debug").err


def test_an_interrupt_is_a_sentence_and_status_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As shells have it."""

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hnskit.params.loading.load_params", interrupted)
    ran = hnskit(capsys, "plan", PARAMS, "--json")
    assert ran.status == 130
    assert "Run the same command again" in ran.err
    assert (ran.json()["ok"], ran.json()["exit_status"], ran.json()["error"]) == (False, 130, "StoppedError")


def test_the_whole_job_without_notebooks(lab: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """plan, apply, verify, destroy: each with one JSON text on stdout, and the host at the end as it was found."""
    runs = ["--runs", str(tmp_path / "runs")]
    before = hnskit(capsys, "facts", *lab, "--json").json()
    assert hnskit(capsys, "plan", *lab, "--json").json()["pending"] == 17
    unproved = hnskit(capsys, "verify", *lab, "--json")
    assert (unproved.status, unproved.json()["ok"]) == (1, False)

    applied = hnskit(capsys, "apply", *lab, "--json", *runs)
    assert (applied.status, applied.json()["changed"]) == (0, 17)
    assert "network goes away" in applied.err
    assert len(list((tmp_path / "runs").glob("*/journal.jsonl"))) == 1
    assert hnskit(capsys, "apply", *lab, "--json", *runs).json()["changed"] == 0
    proved = hnskit(capsys, "verify", *lab)
    assert proved.status == 0
    assert proved.out.startswith("PROVED")

    rows = hnskit(capsys, "show", "endpoints", *lab, "--json").json()["items"]
    assert [row["name"] for row in rows] == ["hnskit-client1", "hnskit-client2", "hnskit-gateway", "hnskit-proxy"]
    table = hnskit(capsys, "show", "endpoints", *lab, "--format", "csv").out
    assert [row["name"] for row in csv.DictReader(io.StringIO(table))] == [row["name"] for row in rows]

    gone = hnskit(capsys, "destroy", "--yes", *lab, "--json", *runs)
    assert gone.status == 0
    after = hnskit(capsys, "facts", *lab, "--json").json()
    for part in ("networks", "endpoints", "containers", "compartments", "images"):
        assert [row.get("id") for row in after[part]] == [row.get("id") for row in before[part]], part
    assert [row["address"] for row in after["addresses"]] == [row["address"] for row in before["addresses"]]


def test_a_part_can_be_applied_alone_and_refuses_what_it_lacks(
    lab: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The policy needs a proxy: status 4, and nothing is changed."""
    ran = hnskit(capsys, "apply", *lab, "--part", "policy", "--runs", str(tmp_path / "runs"))
    assert ran.status == 4
    assert "apply the part proxy first" in ran.err
    assert not (tmp_path / "runs").exists()


def test_a_plan_with_refusals_is_status_4(lab: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With the number of them."""
    ran = hnskit(capsys, "plan", *lab, "--set", "network.adapter=Foo")
    assert ran.status == 4
    assert "1 refused" in ran.out.splitlines()[-1]


def test_what_cannot_be_read_is_status_4_and_no_empty_table(lab: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Docker does not run: that there are no containers is not known."""
    down = [*lab, "--set", "emulator.faults={docker_stopped: true}"]
    for command in (["show", "containers"], ["plan"]):
        ran = hnskit(capsys, *command, *down)
        assert (ran.status, ran.out) == (4, "")
        assert "containers:" in ran.err
    assert hnskit(capsys, "show", "networks", *down).status == 0


def test_images_are_shown(lab: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Of an image that is left somebody can know."""
    assert "nanoserver:1809" in hnskit(capsys, "facts", *lab).out
    assert "nanoserver:1809" in hnskit(capsys, "show", "images", *lab).out


def test_an_operator_s_own_network_survives_a_destroy(
    lab: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Nothing was to do for the network, and the journal has it as found; without any journal it stays, too."""
    runs = tmp_path / "runs"
    assert hnskit(capsys, "apply", *lab, "--part", "network", "--runs", str(tmp_path / "other")).status == 0
    stranger = hnskit(capsys, "destroy", "--yes", *lab, "--runs", str(tmp_path / "none"))
    assert "Kept: network hnskit-l2bridge: no journal says" in stranger.out
    assert "--by-name" in stranger.out
    applied = hnskit(capsys, "apply", *lab, "--part", "network", "--runs", str(runs))
    assert "Nothing to do." in applied.out
    assert len(list(runs.glob("*/journal.jsonl"))) == 1
    kept = hnskit(capsys, "destroy", "--yes", *lab, "--runs", str(runs), "--by-name")
    assert "Kept: network hnskit-l2bridge: it was there before hnskit" in kept.out
    gone = hnskit(capsys, "destroy", "--yes", *lab, "--runs", str(tmp_path / "other"))
    assert "Nothing of hnskit's is left." in gone.out


def test_an_apply_with_nothing_to_do_leaves_no_run_folder(
    lab: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """All that it finds is known from the first one's journal."""
    here = [*lab, "--part", "network", "--runs", str(tmp_path / "runs")]
    assert hnskit(capsys, "apply", *here).status == 0
    (run_dir,) = (tmp_path / "runs").iterdir()
    assert "Nothing to do." in hnskit(capsys, "apply", *here).out
    assert list((tmp_path / "runs").iterdir()) == [run_dir]


def test_apply_shows_its_plan_and_a_proof_that_fails_is_said_once(
    lab: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The plan before anything is changed, on stderr; the checks on stdout, and on stderr only what to do."""
    applied = hnskit(capsys, "apply", *lab, "--part", "network", "--runs", str(tmp_path / "runs"))
    assert "+ create network hnskit-l2bridge: it is not there" in applied.err
    unproved = hnskit(capsys, "verify", *lab)
    assert unproved.status == 1
    assert "No such container" not in unproved.err
    assert "hnskit doctor" in unproved.err


def test_the_emulator_s_commands_are_loaded_by_their_entry_point(capsys: pytest.CaptureFixture[str]) -> None:
    """They stand in the help, and work."""
    assert "emulator" in hnskit(capsys, "--help").out
    assert "start" in hnskit(capsys, "emulator", "--help").out


def test_help_cuts_no_sentence_off(capsys: pytest.CaptureFixture[str]) -> None:
    """Each command says what it does, those by entry point too."""
    said = hnskit(capsys, "--help").out
    assert "..." not in said.partition("Commands:")[2]
    assert "Explain how a connection would go" in said
    assert "See hnskit" not in said
    for group in ("emulator", "policy"):
        assert "..." not in hnskit(capsys, group, "--help").out.partition("Commands:")[2]


def test_facts_json_masks_as_a_saved_snapshot_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Other people's containers are on the host too, and so are their passwords."""
    container = Container("C", "c", "i", "s", "running", ("app", "--password", "CANARY"), {"my.token": "CANARY"})
    saved = sample_facts.complete()
    raw = json.loads(dump_facts(saved))
    raw["containers"].append(json.loads(json.dumps(asdict(container), default=dict)))
    file = tmp_path / "host.json"
    file.write_text(json.dumps(raw))
    ran = hnskit(capsys, "facts", PARAMS, "--set", f"target=snapshot:{file}", "--json")
    assert ran.status == 0, ran.err
    assert "CANARY" not in ran.out
    assert '"***"' in ran.out
