"""What a plan has to do, and what it refuses, as names."""

from __future__ import annotations

from typing import Any

from hnskit.facts.host_facts import Facts
from hnskit.params.desired import Part
from hnskit.planning.setup import plan
from tests import sample_facts


def pending(facts: Facts, *overrides: str, parts: tuple[Part, ...] = tuple(Part)) -> list[str]:
    return [step.id for step in plan(sample_facts.desired(*overrides), facts, parts=parts).pending]


def refusals(facts: Facts, *overrides: str, parts: tuple[Part, ...] = tuple(Part)) -> dict[str, Any]:
    return {step.name: step.reason for step in plan(sample_facts.desired(*overrides), facts, parts=parts).refused}
