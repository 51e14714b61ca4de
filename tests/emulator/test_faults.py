"""Each fault can be switched on, and the main job survives it or says what is wrong (docs/faults.md)."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner

from hnskit.applying.api import apply, destroy
from hnskit.applying.outcomes import Outcome
from hnskit.applying.polling import RetryPolicy
from hnskit.applying.verification import Verification, verify
from hnskit.emulator import registry, target
from hnskit.emulator.emulator_commands import emulator
from hnskit.emulator.host import create_host
from hnskit.emulator.host.faults import Faults, drawn_from
from hnskit.emulator.powershell.command import Cut, CutMode
from hnskit.errors import ConnectError, HnskitError, ParamsError, StepError
from hnskit.facts.host_facts import gather_facts
from hnskit.params.loading import load_params
from hnskit.params.schema import EmulatorFaults
from hnskit.planning.preflight import preflight, require_fit
from tests import sample_facts
from tests.in_process_host import Lab

PACE = RetryPolicy(patience=1.0, pause=0.1, longest_pause=0.3)
DOCUMENT = (Path(__file__).parent.parent.parent / "docs" / "faults.md").read_text(encoding="utf-8")


def set_up(lab: Lab, pace: RetryPolicy = PACE) -> tuple[Outcome, Verification]:
    """The main job over the wire, as a batch job does it."""
    wanted = sample_facts.desired()
    with lab.session() as session:
        facts = gather_facts(session)
        require_fit(preflight(wanted, facts))
        return apply(session, wanted, facts=facts, pace=pace), verify(session, wanted)


def take_away(lab: Lab) -> Outcome:
    with lab.session() as session:
        return destroy(session, sample_facts.desired(), by_name=True, facts=gather_facts(session), pace=PACE)


# Switching them on


def test_every_fault_is_a_parameter_and_in_the_docs() -> None:
    """One name everywhere; a parameter's default is that nothing goes wrong."""
    here = {item.name for item in fields(Faults)} - {"cut"}
    there = set(EmulatorFaults.model_fields) - {"cut_mode", "random"}
    documented = set(re.findall(r"^\| `(\w+)` \|", DOCUMENT, re.MULTILINE)) - {"cut", "cut_mode"}
    assert here == there == documented
    quiet = Faults(cut=None)
    assert {name: getattr(EmulatorFaults(), name) for name in here} == {name: getattr(quiet, name) for name in here}
    assert all(f"`{mode}`" in DOCUMENT for mode in get_args(CutMode))
    assert set(get_args(EmulatorFaults.model_fields["cut_mode"].annotation)) == set(get_args(CutMode))


@pytest.mark.parametrize(
    "override",
    [
        "emulator.faults.nonsense=1",
        "emulator.faults.disk_full=1",
        "emulator.faults.unspecified_errors=-1",
        "emulator.faults.cut_mode=explode",
        "emulator.faults.second_user=toaster x",
    ],
)
def test_a_wrong_fault_is_a_mistake_of_the_parameters(override: str) -> None:
    """Named before anything is contacted."""
    with pytest.raises(ParamsError) as caught:
        load_params(sample_facts.PARAMS, overrides=[override])
    assert [item.path for item in caught.value.mistakes] == [override.partition("=")[0]]


@pytest.mark.parametrize(
    ("name", "value"),
    [("nonsense", 1), ("disk_full", 1), ("reboot", 1.5), ("docker_seconds", "x"), ("docker_seconds", -1.0),
     ("hidden_network", True), ("cut", 3), ("cut", {"seconds": []}), ("cut", {"mod": "stall"}), ("cut_mode", "x"),
     ("random", "x"), ("second_user", "toaster x")],
)  # fmt: skip
def test_a_wrong_value_is_refused_by_the_host(name: str, value: Any) -> None:
    """With a sentence that says what is wanted."""
    host = create_host("lab")
    with pytest.raises(ValueError, match=r"\w+"):
        host.set_fault(name, value)
    assert host.faults == create_host("lab").faults


def test_reset_brings_back_the_faults_that_the_host_was_made_with() -> None:
    """And those that were added are gone."""
    host = create_host("lab", options={"faults": {"docker_seconds": 0.5}})
    host.set_fault("docker_seconds", 2.0)
    host.set_fault("disk_full", True)
    host.reset()
    assert (host.faults.docker_seconds, host.faults.disk_full) == (0.5, False)


def test_the_mode_of_a_cut_that_is_switched_off_stays_off() -> None:
    """cut_seconds 0 means no cut, in whatever mode."""
    host = create_host("lab", options={"cut_seconds": 0, "faults": {"cut_mode": "stall"}})
    assert host.faults.cut is None
    host = create_host("lab", options={"cut_seconds": 2, "faults": {"cut_mode": "stall"}})
    assert host.faults.cut == Cut(2.0, "stall")


def test_the_same_seed_draws_the_same_faults() -> None:
    """And different seeds do not all draw the same."""
    drawn = [drawn_from(seed) for seed in range(20)]
    assert drawn == [drawn_from(seed) for seed in range(20)]
    assert len({json.dumps(item) for item in drawn}) > 10
    assert all(1 <= len(item) <= 3 for item in drawn)


@pytest.fixture
def lab_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("HNSKIT_STATE_DIR", str(tmp_path))
    yield "faulty"
    if registry.find("faulty") is not None:
        registry.stop("faulty")


def test_faults_are_switched_on_by_the_command_line_and_by_parameters(lab_name: str) -> None:
    """At the start, on a host that runs, and through the target; a wish that was met is not met again."""
    run = CliRunner().invoke
    started = run(emulator, ["start", lab_name, "--fault", "docker_seconds=0.1", "--fault", "disk_full", "--json"])
    assert started.exit_code == 0, started.output
    changed = run(emulator, ["fault", lab_name, "hidden_network", "secret", "--json"])
    assert json.loads(changed.output)["faults"] == {
        "cut": {"seconds": 3.0, "mode": "refuse"}, "docker_seconds": 0.1, "disk_full": True, "hidden_network": "secret",
    }  # fmt: skip
    assert "fault hidden_network secret" in run(emulator, ["status", lab_name]).output
    options = {"faults": {"unspecified_errors": 2, "disk_full": False, "random": None}}
    target.resolve(f"emulator://{lab_name}", options)
    entry = registry.get(lab_name)
    assert entry.ask({"do": "status"})["host"]["faults"]["unspecified_errors"] == 2
    entry.ask({"do": "fault", "name": "unspecified_errors", "value": 1})
    target.resolve(f"emulator://{lab_name}", options)
    assert entry.ask({"do": "status"})["host"]["faults"]["unspecified_errors"] == 1
    target.resolve(f"emulator://{lab_name}", {})
    left = entry.ask({"do": "status"})["host"]["faults"]
    assert "unspecified_errors" not in left
    assert left["disk_full"] is True  # of the start: parameters take back only what they have wished for
    with pytest.raises(ConnectError, match="there are: cut"):
        entry.ask({"do": "fault", "name": "nonsense", "value": 1})


def test_a_host_does_not_start_with_a_fault_that_is_none(lab_name: str) -> None:
    """The reason is in the error."""
    with pytest.raises(ConnectError, match="nonsense is not a fault"):
        registry.start(lab_name, options={"faults": {"nonsense": 1}})


# What the main job survives


@pytest.mark.parametrize("mode", get_args(CutMode))
def test_the_job_survives_a_cut(tmp_path: Path, mode: str) -> None:
    """Setting up and taking away, each of which cuts the host off once."""
    with Lab(tmp_path, cut_seconds=0.2, faults={"cut_mode": mode}) as lab:
        _, proof = set_up(lab)
        assert proof.ok, proof.to_text()
        take_away(lab)
        assert lab.facts().networks[0].name == "nat"
        assert lab.facts().endpoints == ()


@pytest.mark.parametrize(
    "faults",
    [
        {"management_ip_late": 0.6},
        {"unspecified_errors": 2},
        {"docker_seconds": 0.05},
        {"hns_restart": 1},
        {"reboot": 1},
        {"second_user": "endpoint hnskit-client1"},
        {"second_user": "policy hnskit-client1"},
        *({"random": seed} for seed in range(4)),
    ],
    ids=str,
)
def test_the_whole_job_survives_a_fault(tmp_path: Path, faults: dict[str, Any]) -> None:
    """It ends with the proof that every client is redirected."""
    with Lab(tmp_path, cut_seconds=0.2, faults=faults) as lab:
        _, proof = set_up(lab)
        assert proof.ok, proof.to_text()


def test_a_post_is_refused_right_after_a_delete() -> None:
    """With the words of Juniper's report; when the time is over, it is taken."""
    host = create_host("lab", options={"cut_seconds": 0, "faults": {"refuse_after_delete": 600.0}})
    body = json.dumps({"Type": "L2Bridge", "Name": "n", "Subnets": [{"AddressPrefix": "10.0.1.0/24"}]})
    made = json.loads(host.hns.call("POST", "/networks", body)[1])["Output"]
    host.hns.call("DELETE", f"/networks/{made['ID']}", "")
    assert "{Object Exists}" in host.hns.call("POST", "/networks", body)[1]
    host.set_fault("refuse_after_delete", 0.0)
    assert json.loads(host.hns.call("POST", "/networks", body)[1])["Success"]


def test_the_job_survives_a_post_that_is_refused_right_after_a_delete(tmp_path: Path) -> None:
    """What was taken away is made again at once."""
    with Lab(tmp_path, faults={"refuse_after_delete": 0.5}) as lab:
        set_up(lab)
        take_away(lab)
        _, proof = set_up(lab, RetryPolicy(attempts=10, pause=0.1, longest_pause=0.3))
        assert proof.ok


def test_a_policy_of_somebody_else_is_kept(tmp_path: Path) -> None:
    """The one that came between facts and apply."""
    with Lab(tmp_path, faults={"second_user": "policy hnskit-client1"}) as lab:
        set_up(lab)
        (endpoint,) = lab.facts().endpoints_named("hnskit-client1")
        assert [item.type for item in endpoint.policies] == ["OutBoundNAT", "L2Driver", "ACL", "PROXY"]


# What it cannot go on after, and says so


@pytest.mark.parametrize(
    ("faults", "sentence"),
    [
        ({"hidden_network": "hnskit-l2bridge"}, "A network with this name already exists"),
        ({"disk_full": True}, "There is not enough space on the disk"),
        ({"docker_stopped": True}, "nothing was changed"),
        ({"docker_missing": True}, "docker.exe was not found on PATH"),
        ({"hns_missing": True}, "the Containers feature of Windows is not installed"),
        ({"wifi": True}, "is Wi-Fi, where L2Bridge does not work"),
        ({"second_user": "network hnskit-l2bridge"}, "it is there with 10.77.0.0/24"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_job_says_what_is_wrong(tmp_path: Path, faults: dict[str, Any], sentence: str) -> None:
    """In one paragraph."""
    with Lab(tmp_path, faults=faults) as lab, pytest.raises(HnskitError) as caught:
        set_up(lab)
    assert sentence in caught.value.paragraph()


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [("metadata_route_lost", "route to 169.254.169.254/32"), ("static_address_lost", "address 10.0.0.5 is gone")],
)
def test_what_was_lost_in_the_move_is_named_and_the_proof_fails(tmp_path: Path, fault: str, sentence: str) -> None:
    """The set-up itself is done."""
    with Lab(tmp_path, faults={fault: True}) as lab:
        outcome, proof = set_up(lab)
    assert any(sentence in note for note in outcome.notes)
    assert not proof.ok


def test_after_a_restart_of_hns_in_the_middle_the_job_is_run_again(tmp_path: Path) -> None:
    """Whether the first finished or not, the second run ends with the proof."""
    with Lab(tmp_path, cut_seconds=0.2, faults={"hns_restart": 4}) as lab:
        with contextlib.suppress(StepError):
            set_up(lab)
        _, proof = set_up(lab)
        assert proof.ok, proof.to_text()


@pytest.mark.parametrize("loses_bridges", [False, True], ids=["bridge kept", "bridge lost"])
def test_after_a_reboot_in_the_middle_the_job_is_run_again(tmp_path: Path, loses_bridges: bool) -> None:
    """Whether the first finished or not, the second run ends with the proof."""
    faults = {"reboot": 9, "reboot_loses_bridges": loses_bridges}
    with Lab(tmp_path, cut_seconds=0.2, faults=faults) as lab:
        with contextlib.suppress(HnskitError):
            set_up(lab)
        _, proof = set_up(lab)
        assert proof.ok, proof.to_text()


def test_what_the_host_does_by_itself_meets_no_fault() -> None:
    """Docker's own network is there again after a reboot, whatever is refused to others."""
    faults = {"unspecified_errors": 3, "refuse_after_delete": 600.0}
    host = create_host("lab", options={"cut_seconds": 0, "faults": faults})
    host.set_fault("reboot", True)
    assert [item.json["Name"] for item in host.hns.networks] == ["nat"]
    assert host.faults.unspecified_errors == 3


def test_a_second_tries_count_is_used_up() -> None:
    """More refusals than tries are an error."""
    host = create_host("lab", options={"cut_seconds": 0, "faults": {"unspecified_errors": 1}})
    body = json.dumps({"Type": "L2Bridge", "Name": "n", "Subnets": [{"AddressPrefix": "10.0.1.0/24"}]})
    assert [json.loads(host.hns.call("POST", "/networks", body)[1])["Success"] for _ in range(2)] == [False, True]
