"""Values of policies: one table of protocols, one rule for what a prefix holds."""

from __future__ import annotations

from pathlib import Path

import pytest

import hnskit
from hnskit.model.policies.matching import Flow, match_proxy
from hnskit.model.policies.protocols import NAMES, NUMBERS
from hnskit.model.policies.proxies import ProxyRule
from hnskit.model.policies.values import inside
from tests import sample_facts


def test_the_numbers_of_protocols_are_written_down_once() -> None:
    """A second table would drift: igmp was in two of three."""
    folder = Path(hnskit.__file__).parent
    owners = [path.name for path in folder.rglob("*.py") if '"udp": "17"' in path.read_text(encoding="utf-8")]
    assert owners == ["protocols.py"]
    assert all(NAMES[number] == name for name, number in NUMBERS.items())


@pytest.mark.parametrize(
    ("address", "prefixes", "held"),
    [
        ("10.0.1.20", ["10.0.1.0/24"], True),
        ("10.0.1.20", ["10.0.1.7/24"], True),
        ("10.0.1.20", ["10.0.1.20"], True),
        ("10.0.1.20", ["nonsense", "10.0.0.0/8"], True),
        ("10.0.1.20", ["fe80::/10", "10.0.2.0/24", ""], False),
        ("nonsense", ["0.0.0.0/0"], False),
        ("10.0.1.20", [], False),
    ],
)
def test_what_a_prefix_holds(address: str, prefixes: list[str], held: bool) -> None:
    """Text that is not a prefix holds nothing, and hides none of the others."""
    assert inside(address, prefixes) is held


@pytest.mark.parametrize("address", ["169.254.169.254", "169.254.169.1", "10.0.0.1"])
def test_a_rule_covers_what_its_policy_matches(address: str) -> None:
    """What is judged before a policy is sent, and what is traced through it afterwards, is one rule."""
    rule = ProxyRule("10.0.1.17:80", ip="169.254.169.0/24", port="80", exceptions=("169.254.169.1",))
    network = sample_facts.complete().networks[0]
    for port in (80, 81):
        assert rule.covers(address, str(port)) == match_proxy(rule.policy(), Flow(address, port), network).matched
