"""Each check on a host that has its trouble and on one that has not; all of them on what real hosts printed."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from hnskit.applying.journal import Journal
from hnskit.diagnosis.doctor import CHECKS, Finding, diagnose, findings_text
from hnskit.diagnosis.doctor.repair import mended_by, plan_repair
from hnskit.errors import SnapshotError
from hnskit.facts.anything import load_facts
from hnskit.facts.completeness import ABSENT, Completeness
from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot import parse_facts, save_facts
from hnskit.model import hns_json
from hnskit.model.objects import Policy, System
from hnskit.params.desired import ALL_PARTS, Desired, Part
from hnskit.params.selection import Selection
from hnskit.planning.provenance import Provenance
from hnskit.planning.setup import plan
from hnskit.planning.steps import Action, Step
from hnskit.runbook.step_notebook import StepNotebook
from hnskit.views.table import View
from tests import sample_facts

HERE = Path(__file__).parent
CASES = HERE / "cases"
SAMPLES = HERE.parents[1] / "samples" / "hns"
GOLDEN = HERE / "golden.json"
ALSO: dict[str, set[str]] = {
    "endpoint-degraded": {"policy-unattached"},
    "hns-restarted": {"endpoint-missing"},
    "endpoint-missing": {"redirect-half"},
}
"""What a case's trouble brings along."""

each = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)


def case(name: str) -> dict[str, Any]:
    return dict(json.loads((CASES / f"{name}.json").read_text(encoding="utf-8")))


def host(changes: dict[str, Any] | None = None) -> Facts:
    """The host of the cases, with some of its parts in place of its own; null leaves one out."""
    parts = {**json.loads((CASES / "_well.json").read_text(encoding="utf-8")), **(changes or {})}
    return parse_facts({name: value for name, value in parts.items() if value is not None})


def wanted(data: dict[str, Any]) -> Desired | None:
    """What a case's `parameters`, values in place of those of params/emulator.yaml, ask for."""
    return sample_facts.desired(*data["parameters"]) if "parameters" in data else None


def test_the_host_of_the_cases_is_well() -> None:
    """So whatever is found in a case is of that case's own change."""
    assert diagnose(host()) == ()


def test_there_is_a_case_for_each_check_and_no_other() -> None:
    """A new check comes with its test data."""
    assert {path.stem for path in CASES.glob("[!_]*.json")} == {check.name for check in CHECKS}
    assert len({check.name for check in CHECKS}) == len(CHECKS)


@each
def test_a_check_finds_its_trouble_and_nothing_else_does(check: Any) -> None:
    """Severity, object and message, word for word."""
    data = case(check.name)
    found = diagnose(host(data["sick"]), desired=wanted(data))
    own = [item for item in found if item.check == check.name]
    assert [{key: getattr(item, key) for key in ("severity", "object", "message")} for item in own] == data["finds"]
    assert {item.check for item in found} - {check.name} <= ALSO.get(check.name, set())


@each
def test_a_check_finds_nothing_on_a_host_that_is_well(check: Any) -> None:
    """No false alarm."""
    assert not [item for item in diagnose(host(case(check.name).get("well"))) if item.check == check.name]


@each
def test_a_finding_says_what_shows_it_what_to_do_and_where_that_is_known_from(check: Any) -> None:
    """And can be printed."""
    data = case(check.name)
    for item in diagnose(host(data["sick"]), desired=wanted(data)):
        assert item.evidence
        assert item.next_step.endswith(".")
        assert item.reference
        assert len(item.to_text().splitlines()) == 4
        assert json.loads(json.dumps(item.to_json()))["check"] == item.check


def sample_findings() -> dict[str, list[str]]:
    """What the doctor says of every public sample by itself."""
    said = {}
    for path in sorted(SAMPLES.rglob("*")):
        if not path.is_file() or path.parent == SAMPLES:
            continue
        try:
            found = diagnose(load_facts(path))
        except SnapshotError as error:
            said[path.relative_to(SAMPLES).as_posix()] = [f"not readable: {error.message}"]
            continue
        said[path.relative_to(SAMPLES).as_posix()] = [
            f"{item.severity} {item.check}: {item.object}: {item.message} [{item.evidence}]" for item in found
        ]
    return said


def test_what_is_found_in_the_public_samples_is_what_a_person_has_read() -> None:
    """To renew it: python -m tests.diagnosis.doctor.test_doctor, and read the difference."""
    assert sample_findings() == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_every_policy_of_the_samples_is_listed() -> None:
    """As many rows as the host printed policies."""
    from hnskit.views.frames import policies

    for path in sorted(SAMPLES.glob("[en]*/*.json")):
        obj = json.loads(path.read_text(encoding="utf-8"))
        printed = (obj.get("Output") or obj).get("Policies") or []
        assert len(policies(load_facts(path))) == len(printed), path.name


def test_a_host_with_the_redirect_has_no_error_and_no_warning() -> None:
    """What hnskit makes is well by its own measure."""
    found = diagnose(sample_facts.complete(), desired=sample_facts.desired(), params_file="params/emulator.yaml")
    assert {item.severity for item in found} <= {"note"}


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


def test_a_static_address_is_found_on_the_wanted_adapter_in_any_letter_case() -> None:
    """As Windows compares names of adapters."""
    facts = sample_facts.fresh()
    facts = replace(facts, addresses=tuple(replace(item, origin="Manual") for item in facts.addresses))
    found = diagnose(facts, desired=sample_facts.desired("network.adapter=ethernet"))
    assert "static-address" in [item.check for item in found]


def test_a_book_plans_the_repair_with_what_the_journals_know(tmp_path: Path) -> None:
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


WFP = Policy("L4WFPPROXY", {"OutboundProxyPort": "15001", "UserSID": "S-1-5-18"})


def said_of(facts: Facts) -> dict[str, str]:
    """Message of each check, of all that is found of the first client."""
    return {item.check: item.message for item in diagnose(facts) if item.name == "hnskit-client1"}


def test_an_l4wfpproxy_on_an_hns_that_has_none_is_not_answered() -> None:
    """By the version of the host's HNS; where that is not known nothing is said."""
    facts = sample_facts.with_endpoint(
        sample_facts.complete(), "hnskit-client1", policies=(*sample_facts.MADE_WITH, WFP)
    )
    assert "HNS 9.3 has no such policy" in said_of(facts)["wfp-unanswered"]
    assert said_of(replace(facts, hns_version=None)) == {}
    assert said_of(replace(facts, hns_version=(13, 2))) == {}


def test_two_l4wfpproxy_policies_are_doubled_and_one_that_nobody_uses_is_said() -> None:
    """There is one proxy for a container or pod (HNS fact 54)."""
    other = Policy("L4WFPPROXY", {**WFP.settings, "OutboundProxyPort": "15009"})
    facts = replace(sample_facts.complete(), hns_version=(15, 0))
    facts = sample_facts.with_endpoint(facts, "hnskit-client1", policies=(*sample_facts.MADE_WITH, WFP, other), state=1)
    said = said_of(facts)
    assert said.pop("endpoint-missing").startswith("it runs without an endpoint")
    assert said == {
        "policy-doubled": "it has 2 L4WFPPROXY policies, and there is one proxy for a container or pod",
        "policy-unattached": "it has a proxy policy and is not attached: there is no traffic to redirect",
    }


def test_what_is_not_in_a_snapshot_is_no_finding() -> None:
    """An endpoint by itself proves nothing about networks, compartments and other endpoints."""
    sick = host(case("compartment-dead")["sick"])
    unread = Completeness({"compartments": ABSENT})
    assert diagnose(replace(sick, compartments=(), completeness=unread))[0].severity == "note"
    stale = host(case("endpoint-stale")["sick"])
    unknown = replace(stale, networks=(), completeness=Completeness({"networks": ABSENT}))
    assert "endpoint-stale" not in {item.check for item in diagnose(unknown)}


def drifted(facts: Facts, made: Provenance | None = None) -> dict[str, tuple[str, str]]:
    """Severity and message of what differs from the parameters, by the object's name."""
    found = diagnose(facts, desired=sample_facts.desired(), params_file="p.yaml", made=made)
    return {item.name: (item.severity, item.message) for item in found if item.check == "redirect-drift"}


def test_with_parameters_it_says_what_drift_says() -> None:
    """A policy that somebody took away; nothing where another check says why; nothing of a host that is as wanted."""
    assert drifted(sample_facts.complete()) == {}
    cleared = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", policies=sample_facts.MADE_WITH)
    said = "it is not as the parameters want it: the endpoint has no proxy policy for this"
    assert drifted(cleared) == {"hnskit-client1": ("error", said)}
    misspelt = (*sample_facts.MADE_WITH, sample_facts.misspelt_policy())
    assert drifted(sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", policies=misspelt)) == {}


def test_a_redirect_that_is_gone_is_told_from_one_that_never_was() -> None:
    """By the journals: an error, or a note."""
    ((name, (severity, said)),) = drifted(sample_facts.fresh()).items()
    assert (name, severity, said) == ("hnskit-l2bridge", "note", "nothing of it is on the host (yet)")
    ((_, (severity, said)),) = drifted(sample_facts.fresh(), sample_facts.made()).items()
    assert (severity, "a journal says that hnskit set it up" in said) == ("error", True)


def test_nothing_is_said_of_drift_where_a_part_of_the_host_is_not_known() -> None:
    """What is missing in a dump is not missing on the host."""
    facts = replace(sample_facts.complete(), containers=(), completeness=Completeness({"containers": ABSENT}))
    assert drifted(facts) == {}
    assert "endpoint-missing" not in {item.check for item in diagnose(facts)}


@pytest.mark.parametrize("lost", ["all", "one"])
def test_without_parameters_half_a_redirect_is_seen_by_the_label(lost: str) -> None:
    """No policy at all, or one client without; a proxy has none, and is no client."""
    facts = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", policies=sample_facts.MADE_WITH)
    if lost == "all":
        facts = sample_facts.with_endpoint(facts, "hnskit-client2", policies=sample_facts.MADE_WITH)
    (found,) = [item for item in diagnose(facts) if item.check == "redirect-half"]
    assert found.severity == "error"
    assert found.name == ("hnskit-l2bridge" if lost == "all" else "hnskit-client1")
    assert not [item for item in diagnose(sample_facts.complete()) if item.check == "redirect-half"]


@pytest.mark.parametrize(("revision", "said"), [(2527, 0), (2582, 1), (2761, 1), (2762, 0), (4000, 0)])
def test_a_fault_of_windows_is_told_by_the_revision(revision: int, said: int) -> None:
    """Server 2022 from KB5040437 up to KB5044281."""
    system = System("LAB", "Windows Server 2022", 20348, revision, "5.1", "en-US", True, "2026-01-01")
    found = diagnose(replace(sample_facts.complete(), system=system, hns_version=(13, 3)))
    assert len([item for item in found if item.check == "windows-reported"]) == said


def test_a_pod_s_endpoint_beside_docker_is_known_by_each_plug_in_s_name() -> None:
    """And an endpoint of Docker's own is none."""
    for name, pods in (("f" * 64 + "_cbr0", 1), ("0a1b2c3d-eth0", 1), ("k8s.io-x_nat", 1), ("web", 0), ("Ethernet", 0)):
        there = sample_facts.complete().endpoints[1]
        other = replace(there, id="E-9", name=name, address="10.0.1.99", compartment_id=99)
        facts = replace(sample_facts.complete(), endpoints=(*sample_facts.complete().endpoints, other))
        assert len([item for item in diagnose(facts) if item.check == "two-runtimes"]) == pods, name


def test_server_2025_denies_by_default_and_older_ones_do_not() -> None:
    """An ACL that allows inbound alone is enough for it; 15.4 alone proves nothing."""
    inbound = Policy("ACL", {"Action": "Allow", "Direction": "In", "Priority": 200, "RuleType": "Switch"})
    facts = sample_facts.with_endpoint(
        sample_facts.complete(), "hnskit-client1", policies=(*sample_facts.complete().endpoints[2].policies, inbound)
    )
    for build, version, denied in ((17763, (9, 3), 0), (26100, (16, 0), 1), (26100, None, 1), (None, (15, 4), 0)):
        system = replace(facts.system, build=build) if build and facts.system else None
        found = diagnose(replace(facts, system=system, hns_version=version))
        assert len([item for item in found if item.check == "acl-default-deny"]) == denied, (build, version)


def test_the_worst_comes_first() -> None:
    """Errors, warnings, notes."""
    facts = host(
        {**case("policy-key")["sick"], "taken_at": "2026-01-01", "problems": ["routes: not in this dump", "x: cut"]}
    )
    assert [item.severity for item in diagnose(facts)] == ["error", "warning", "note"]
    text = findings_text(diagnose(facts), "lab")
    assert text.startswith("lab: 1 error, 1 warning, 1 note.")
    assert findings_text((), "lab") == "lab: nothing is wrong, as far as it was looked at."


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(sample_findings(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def test_a_dump_of_one_endpoint_draws_no_warning_of_what_may_be_outside_of_it(tmp_path: Path) -> None:
    """The policy's target is not in it, which proves nothing: a note, that advises no change."""
    endpoint = {
        "ID": "b2a1a8c2-0000-4000-8000-000000000001", "Name": "Ethernet", "IPAddress": "10.0.1.137", "State": 2,
        "VirtualNetwork": "b2a1a8c2-0000-4000-8000-0000000000aa", "Type": "L2Bridge", "PrefixLength": 24,
        "Policies": [{"Type": "PROXY", "IP": "169.254.169.254", "Port": "80", "OutboundNat": True,
                      "Destination": "10.0.1.136:80"}],
    }  # fmt: skip
    file = tmp_path / "one.json"
    file.write_text(json.dumps(endpoint), encoding="utf-8")
    found = diagnose(load_facts(file))
    assert {item.severity for item in found} == {"note"}
    (target,) = [item for item in found if item.check == "policy-target"]
    assert target.next_step.startswith("Look for it on the host")
    endpoint["Policies"] = [{"Type": "PROXY", "OutboundNat": True, "Destination": "10.137.198.118:8080"}]
    file.write_text(json.dumps(endpoint), encoding="utf-8")
    found = diagnose(load_facts(file))
    assert {item.severity for item in found} == {"note"}
    (target,) = [item for item in found if item.check == "policy-target"]
    assert "on no network in this dump: nothing that it shows tells whether anything listens there" in target.message
