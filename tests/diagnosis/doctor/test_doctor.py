"""Each check on a host that has its trouble and on one that has not; all of them on what real hosts printed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hnskit.diagnosis.doctor import CHECKS, diagnose, findings_text
from hnskit.errors import SnapshotError
from hnskit.facts.anything import load_facts
from tests import sample_facts
from tests.diagnosis.doctor.doctor_cases import CASES, HERE, case, host, wanted

SAMPLES = HERE.parents[1] / "samples" / "hns"
GOLDEN = HERE / "golden.json"
ALSO: dict[str, set[str]] = {
    "endpoint-degraded": {"policy-unattached"},
    "hns-restarted": {"endpoint-missing"},
    "endpoint-missing": {"redirect-half"},
}
"""What a case's trouble brings along."""
each = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)


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
