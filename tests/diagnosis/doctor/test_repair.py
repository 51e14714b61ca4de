"""The repair of what doctor found: its commands, its plan, and what is left to the operator."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from hnskit.applying.journal import Journal
from hnskit.diagnosis.doctor import Finding, diagnose
from hnskit.diagnosis.doctor.repair import mended_by, plan_repair
from hnskit.facts.snapshot import save_facts
from hnskit.model import hns_json
from hnskit.model.objects import Policy
from hnskit.params.desired import ALL_PARTS, Part
from hnskit.params.selection import Selection
from hnskit.planning.setup import plan
from hnskit.planning.steps import Action, Step
from hnskit.runbook.step_notebook import StepNotebook
from hnskit.views.table import View
from tests import sample_facts
from tests.diagnosis.doctor.doctor_cases import WFP


def test_the_misspelt_key_is_found_and_the_plan_mends_it() -> None:
    """The trouble that the original author had."""
    policies = (*sample_facts.MADE_WITH, sample_facts.misspelt_policy())
    facts = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", policies=policies)
    found = diagnose(facts, desired=sample_facts.desired(), params_file="params/emulator.yaml")
    (finding,) = [item for item in found if item.severity == "error"]
    assert "OutbountNat" in finding.message
    assert "OutboundNat was probably meant" in finding.message
    assert "hnskit apply params/emulator.yaml --part policy" in finding.next_step
    repair = plan_repair(sample_facts.desired(), facts)
    assert [step.id for step in repair.pending] == ["update policy hnskit-client1"]
    assert mended_by(repair, found) == ((finding,), ())
    assert repair == plan(sample_facts.desired(), facts)


def commands(finding: Finding) -> list[list[str]]:
    """The commands of hnskit in what is to be done, as a shell reads them."""
    return [shlex.split(text) for text in re.findall(r"`(hnskit [^`]*)`", finding.next_step)]


def test_a_command_repeats_the_overrides_as_a_shell_takes_them() -> None:
    """Typed as it stands it is for the host that was looked at."""
    policies = (*sample_facts.MADE_WITH, sample_facts.misspelt_policy())
    facts = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", policies=policies)
    overrides = ["target=emulator://reb", "clients[0].command=[ping.exe, -t, localhost]"]
    (finding,) = [
        item
        for item in diagnose(facts, desired=sample_facts.desired(), params_file="my lab.yaml", overrides=overrides)
        if item.severity == "error"
    ]
    where = ["my lab.yaml", *(word for text in overrides for word in ("--set", text))]
    assert commands(finding) == [
        ["hnskit", "apply", *where, "--part", "policy"],
        ["hnskit", "doctor", *where, "--fix"],
    ]


def test_a_command_without_known_parameters_is_for_no_host() -> None:
    """The default file's would be another one than the snapshot's."""
    other = Policy("L4WFPPROXY", {**WFP.settings, "OutboundProxyPort": "15009"})
    facts = sample_facts.with_endpoint(
        sample_facts.complete(), "hnskit-client1", policies=(*sample_facts.MADE_WITH, WFP, other)
    )
    (finding,) = [item for item in diagnose(facts) if item.check == "policy-doubled"]
    assert [words[:4] for words in commands(finding)] == [["hnskit", "policy", "list", "PARAMS"]]


@pytest.mark.parametrize("bridge", ["gone", "there"])
def test_the_advised_parts_can_be_applied(bridge: str) -> None:
    """After a reboot, with the bridge gone or there: no command ends with `apply the part network first`."""
    facts = sample_facts.complete()
    facts = replace(
        facts,
        networks=() if bridge == "gone" else facts.networks,
        adapters=facts.adapters[:1],
        interfaces=facts.interfaces[:1],
        addresses=facts.addresses[:1],
        compartments=facts.compartments[:1],
    )
    found = [
        item
        for item in diagnose(facts, desired=sample_facts.desired(), params_file="p.yaml")
        if item.name and "hnskit apply" in item.next_step
    ]
    advised = {item.name: commands(item)[0] for item in found}
    assert {"hnskit-gateway", "hnskit-proxy", "hnskit-client1"} <= set(advised)
    for words in advised.values():
        parts = [Part(words[number + 1]) for number, word in enumerate(words) if word == "--part"]
        assert plan(sample_facts.desired(), facts, parts=parts or ALL_PARTS).pending
        assert not plan(sample_facts.desired(), facts, parts=parts or ALL_PARTS).refused
    alone = {"hnskit-client1": "clients", "hnskit-proxy": "proxy"} if bridge == "there" else {}
    for name in ("hnskit-client1", "hnskit-proxy"):
        assert advised[name] == ["hnskit", "apply", "p.yaml", *(("--part", alone[name]) if alone else ())]


def test_a_notebook_s_commands_have_its_overrides(tmp_path: Path) -> None:
    """Those of its parameters and those of its form."""
    policies = (*sample_facts.MADE_WITH, sample_facts.misspelt_policy())
    facts = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", policies=policies)
    target = f"target=snapshot:{save_facts(facts, tmp_path / 'now.json')}"
    session = StepNotebook("network", Selection(sample_facts.PARAMS, (target,)), tmp_path / "2")
    said = " ".join(session.diagnosis.diagnose().frame["next_step"])
    assert f"hnskit apply {sample_facts.PARAMS} --set {target} --part policy" in said


@pytest.mark.parametrize(("wide", "mends"), [("169.254.0.0/16", False), ("", True)])
def test_a_wider_policy_beside_the_redirect_is_found(wide: str, mends: bool) -> None:
    """Once for the pair, with a command that does something: what is for a whole prefix no plan takes away."""
    there = next(item for item in sample_facts.complete().endpoints if item.name == "hnskit-client1")
    policies = (hns_json.proxy_policy("10.0.1.21:80", wide, 80), *there.policies)
    facts = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", policies=policies)
    (finding,) = [item for item in diagnose(facts, desired=sample_facts.desired()) if item.check == "policy-doubled"]
    assert "2 proxy policies claim" in finding.message
    assert ("hnskit apply" in finding.next_step) is mends
    assert bool(plan(sample_facts.desired(), facts).pending) is mends


def test_a_notebook_plans_the_repair_with_what_the_journals_know(tmp_path: Path) -> None:
    """As `hnskit doctor --fix` does: an endpoint that only a journal shows to be hnskit's goes."""
    facts = replace(sample_facts.complete(), networks=(), containers=())
    snapshot = save_facts(facts, tmp_path / "now.json")
    target = f"snapshot:{snapshot}"
    journal = Journal(tmp_path / "1" / "journal.jsonl", target)
    for endpoint in facts.endpoints:
        step = Step(Part.NETWORK, Action.CREATE, "endpoint", endpoint.name, "")
        journal.finished(step, endpoint.id, 0.0)
    session = StepNotebook("network", Selection(sample_facts.PARAMS, (f"target={target}",)), tmp_path / "2")
    ids = set(cast(View, session.diagnosis.repair()).frame["id"])
    assert {f"delete endpoint {item.name} ({item.id})" for item in facts.endpoints} <= ids


def test_what_belongs_to_others_is_left_to_the_operator() -> None:
    """The engine has no step for it, and the finding has the command."""
    stranger = replace(sample_facts.complete().endpoints[1], id="E-9", name="stranger", address="10.0.1.99",
        compartment_id=None, policies=(*sample_facts.MADE_WITH, sample_facts.misspelt_policy()))  # fmt: skip
    facts = sample_facts.complete()
    facts = replace(facts, endpoints=(*facts.endpoints, stranger))
    found = diagnose(facts, desired=sample_facts.desired())
    mended, left = mended_by(plan_repair(sample_facts.desired(), facts), found)
    assert mended == ()
    assert [item.check for item in left] == ["policy-key"]
