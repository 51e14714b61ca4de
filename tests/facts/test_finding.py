"""Preflight's and the doctor's findings are one class."""

from __future__ import annotations

from dataclasses import fields, replace

import hnskit
from hnskit.facts.finding import Finding
from tests import sample_facts


def test_findings_of_both_are_of_the_public_class() -> None:
    """What is written for one works with the other."""
    sick = sample_facts.with_endpoint(
        sample_facts.complete(), "hnskit-client1", policies=(sample_facts.misspelt_policy(),)
    )
    wanted = sample_facts.desired()
    found = [*hnskit.preflight(wanted, sick), *hnskit.diagnose(sick, desired=wanted)]
    assert {type(item) for item in found} == {hnskit.Finding}
    assert {item.severity for item in found} >= {"ok", "error"}
    assert all(item.to_json().keys() == {member.name for member in fields(Finding)} for item in found)


def test_text_has_only_the_lines_that_say_something() -> None:
    """Without evidence, next step or reference there is one line."""
    short = Finding("build", "ok", "Windows", "is new enough")
    assert short.to_text() == "ok: Windows: is new enough"
    whole = replace(short, next_step="Update it.", evidence="17134", reference="HNS fact 49", confirmed=False)
    assert whole.to_text().splitlines()[1:] == [
        "    seen: 17134",
        "    do:   Update it.",
        "    see:  HNS fact 49, UNCONFIRMED (build)",
    ]
