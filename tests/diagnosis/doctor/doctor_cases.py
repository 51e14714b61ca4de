"""The hosts of the checks' cases, read from cases/."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot import parse_facts
from hnskit.model.objects import Policy
from hnskit.params.desired import Desired
from tests import sample_facts

HERE = Path(__file__).parent
CASES = HERE / "cases"


def case(name: str) -> dict[str, Any]:
    return dict(json.loads((CASES / f"{name}.json").read_text(encoding="utf-8")))


def host(changes: dict[str, Any] | None = None) -> Facts:
    """The host of the cases, with some of its parts in place of its own; null leaves one out."""
    parts = {**json.loads((CASES / "_well.json").read_text(encoding="utf-8")), **(changes or {})}
    return parse_facts({name: value for name, value in parts.items() if value is not None})


def wanted(data: dict[str, Any]) -> Desired | None:
    """What a case's `parameters`, values in place of those of params/emulator.yaml, ask for."""
    return sample_facts.desired(*data["parameters"]) if "parameters" in data else None


WFP = Policy("L4WFPPROXY", {"OutboundProxyPort": "15001", "UserSID": "S-1-5-18"})
