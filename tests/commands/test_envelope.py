"""What `--json` prints: one object of a documented form, for every command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from hnskit import commands
from hnskit.commands.envelope import SCHEMA, enveloped
from hnskit.facts.anything import load_facts
from hnskit.facts.snapshot import save_facts
from hnskit.local.state_dir import STATE_VARIABLE
from tests import sample_facts
from tests.fleet.fleet_hosts import emulated_fleet, inventory_file
from tests.host_process import emulated_host
from tests.terminal import commands_of, hnskit, sets

PARAMS = str(Path(__file__).parents[2] / "params" / "emulator.yaml")
FORMS: dict[str, Any] = json.loads((Path(commands.__file__).parent / "result.schema.json").read_text())


def require_form(data: Any, name: str) -> None:
    """Hold a result against its form."""
    jsonschema.validate(data, {**FORMS, "$ref": f"#/$defs/{name}"}, jsonschema.Draft202012Validator)


@pytest.fixture
def saved(tmp_path: Path) -> str:
    return str(save_facts(sample_facts.complete(), tmp_path / "host.json"))


def test_a_list_becomes_items_and_the_result_s_own_target_counts() -> None:
    assert enveloped([1], target="a") == {"schema": SCHEMA, "target": "a", "ok": True, "items": [1]}
    assert enveloped({"target": "b", "x": 1}, target="a", ok=False) == {
        "schema": SCHEMA, "target": "b", "ok": False, "x": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("facts", ("facts", "SAVED")),
        ("doctor", ("doctor", "SAVED")),
        ("show", ("show", "endpoints", "SAVED")),
        ("show", ("show", "routes", "SAVED")),
        ("policy_list", ("policy", "list", "snapshot:SAVED")),
        ("list", ("policy", "lookup", "hnskit-client1", "snapshot:SAVED")),
        ("explain", ("explain", "SAVED", "--from", "hnskit-client1", "--to", "169.254.169.254:80")),
        ("list", ("explain", "SAVED", "--all", "--to", "169.254.169.254:80")),
        ("plan", ("plan", PARAMS, "--set", "target=snapshot:SAVED")),
        ("plan", ("plan", "--destroy", PARAMS, "--set", "target=snapshot:SAVED")),
        ("plan", ("apply", "--dry-run", PARAMS, "--set", "target=snapshot:SAVED")),
        ("drift", ("drift", PARAMS, "--set", "target=snapshot:SAVED")),
        ("preflight", ("preflight", PARAMS, "--set", "target=snapshot:SAVED")),
        ("preflight", ("preflight", "--connection", PARAMS, "--set", "target=snapshot:SAVED")),
        ("compare", ("compare", "SAVED", "SAVED")),
        ("runs", ("runs",)),
        ("errors", ("errors", "0x490")),
        ("errors", ("errors",)),
        ("errors_of_file", ("errors", "SAVED")),
        ("export_cni", ("export", "cni", PARAMS, "--plugin", "sdnbridge", "--proxy", "10.0.1.9")),
        ("error", ("facts", "there/is/none.json")),
        ("error", ("show", "endpoint", "SAVED")),
        ("error", ("explain", "SAVED", "--from", "nobody", "--to", "10.0.1.1:80")),
    ],
)
def test_each_command_prints_its_form_and_ok_is_its_exit_status(
    capsys: pytest.CaptureFixture[str], saved: str, form: str, words: tuple[str, ...]
) -> None:
    ended = hnskit(capsys, *(word.replace("SAVED", saved) for word in words), "--json")
    require_form(ended.json(), form)
    assert list(ended.json())[:3] == ["schema", "target", "ok"]
    assert ended.json()["ok"] is (ended.status == 0)


def test_the_form_of_what_changes_a_host_and_of_what_is_said_of_an_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    runs = ("--runs", str(tmp_path / "runs"))
    with emulated_host(tmp_path / "state") as overrides:
        lab = (PARAMS, *sets(overrides), "--json")
        require_form(hnskit(capsys, "apply", *lab, *runs, "--part", "network").json(), "apply")
        require_form(hnskit(capsys, "verify", *lab).json(), "verify")
        refused = hnskit(capsys, "destroy", *lab, *runs)
        require_form(refused.json(), "error")
        assert (refused.status, refused.json()["target"]) == (2, overrides[0].partition("=")[2])
        words = ("--endpoint", "hnskit-gateway", "--kind", "ACL", "--action", "Allow", "--direction", "In")
        require_form(hnskit(capsys, "policy", "add", *lab, *runs, *words).json(), "policy_change")
        require_form(hnskit(capsys, "destroy", "--yes", *lab, *runs).json(), "destroy")


def test_the_form_of_a_run_of_its_report_and_of_what_keeps_a_host(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    runs = ("--runs", str(tmp_path / "runs"))
    with emulated_host(tmp_path / "state") as overrides:
        lab = (PARAMS, *sets(overrides), "--json")
        ran = hnskit(capsys, "run", *lab, *runs, "--only", "00_preflight").json()
        require_form(ran, "run")
        require_form(json.loads((Path(ran["run_dir"]) / "summary.json").read_text()) | {"schema": SCHEMA}, "run")
        require_form(hnskit(capsys, "report", ran["run_dir"], "--json").json(), "report")
        (past,) = hnskit(capsys, "runs", *runs, "--json").json()["items"]
        assert (past["kind"], past["ok"], past["target"]) == ("run", True, ran["target"])
        require_form(hnskit(capsys, "runs", *runs, "--json").json(), "runs")
        kept = hnskit(capsys, "keep", *lab, *runs, "--once")
        require_form(kept.json(), "keep")
        assert kept.json()["ok"] is (kept.status == 0)


def test_the_form_of_a_fleet_s_results(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    runs = ("--runs", str(tmp_path / "runs"))
    with emulated_fleet(tmp_path, 2) as names:
        inventory = str(inventory_file(tmp_path, [f"emulator://{name}" for name in names]))
        require_form(hnskit(capsys, "fleet", "hosts", inventory, "--json").json(), "fleet_hosts")
        drift = hnskit(capsys, "fleet", "drift", inventory, *runs, "--json")
        require_form(drift.json(), "fleet")
        assert (drift.json()["ok"], drift.status) == (False, 1)
        require_form(hnskit(capsys, "emulator", "list", "--json").json(), "emulator_list")
        require_form(hnskit(capsys, "emulator", "status", names[0], "--json").json(), "emulator_host")
        require_form(hnskit(capsys, "emulator", "cut", names[0], "0.1", "--json").json(), "emulator_change")
        require_form(hnskit(capsys, "emulator", "reset", names[0], "--json").json(), "emulator_change")


def test_the_form_of_a_new_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    require_form(hnskit(capsys, "init", str(tmp_path / "new"), "--json").json(), "init")


def test_policies_of_an_endpoint_are_objects(capsys: pytest.CaptureFixture[str], saved: str) -> None:
    rows = hnskit(capsys, "show", "endpoints", saved, "--json").json()["items"]
    (client,) = (row for row in rows if row["name"] == "hnskit-client1")
    assert [policy["type"] for policy in client["policies"]].count("PROXY") == 1
    assert all(isinstance(policy["settings"], dict) for policy in client["policies"])


def test_what_facts_prints_is_a_snapshot(capsys: pytest.CaptureFixture[str], saved: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.json"
    copy.write_text(hnskit(capsys, "facts", saved, "--json").out)
    assert load_facts(copy).endpoints == load_facts(saved).endpoints


def test_every_command_but_the_app_prints_json() -> None:
    without = {path for path, command in commands_of() if not any("--json" in option.opts for option in command.params)}
    assert without == {"app", "emulator docker"}  # whose words are docker's own


SPECIAL = {
    "emulator cut": "emulator_change", "emulator fault": "emulator_change", "emulator list": "emulator_list",
    "emulator reset": "emulator_change", "emulator start": "emulator_host", "emulator status": "emulator_host",
    "emulator stop": "emulator_change", "fleet hosts": "fleet_hosts", "policy lookup": "list",
    **{f"policy {verb}": "policy_change" for verb in ("add", "change", "clear", "remove")},
}  # fmt: skip
"""Command -> its form, where that has not the command's own name."""


def test_every_command_s_json_has_a_form() -> None:
    for path, command in commands_of():
        if any("--json" in option.opts for option in command.params):
            first = path.split()[0]
            name = SPECIAL.get(path, "fleet" if first == "fleet" else path.replace(" ", "_"))
            assert name in FORMS["$defs"], path


@pytest.mark.parametrize("command", ["status", "stop", "reset"])
def test_an_error_about_an_emulated_host_has_it_as_target(
    command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    ended = hnskit(capsys, "emulator", command, "nowhere", "--json")
    assert (ended.status, ended.json()["target"]) == (3, "emulator://nowhere")
