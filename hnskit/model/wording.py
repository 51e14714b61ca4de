"""HNS's numbers and keys in an operator's words: for tables, the picture and messages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from hnskit.errors import HostAnswerError
from hnskit.model.hns_json import proxy_settings
from hnskit.model.objects import EndpointState, Policy
from hnskit.model.policies.policy_wording import describe_other_policy
from hnskit.model.policies.protocols import NAMES

_STATES = {
    EndpointState.UNINITIALIZED: "uninitialized",
    EndpointState.CREATED: "created",
    EndpointState.ATTACHED: "attached",
    EndpointState.ATTACHED_SHARING: "attached, shared",
    EndpointState.DETACHED: "detached",
    EndpointState.DEGRADED: "degraded",
    EndpointState.DESTROYED: "destroyed",
}

MANY = 8
"""Number of clients, or of unchanged objects, that are listed one by one; more are counted."""
_NOUN = re.compile(r"^(.*?)((?: of | \().*|)$", re.DOTALL)
_WORTH_SAYING = 0.1  # seconds
_CONTAINER_ID = re.compile(r"(?<![0-9a-f])([0-9a-f]{12})[0-9a-f]{52}(?![0-9a-f])")
_HEX = re.compile(r"[0-9a-fA-F-]+")
_SHORT = 8  # characters of an id that tell objects of one host apart; Docker shows 12, HNS's GUIDs have a group of 8


def counted(number: int, plural: str) -> str:
    """A number and its noun: `1 endpoint (JSON)`, `2 endpoints (JSON)`.

    Args:
        number: of what is counted.
        plural: the noun in plural, alone or with ` of …` or ` (…)` behind it.
    """
    if number != 1:
        return f"{number} {plural}"
    found = _NOUN.match(plural)
    noun, rest = (found[1], found[2]) if found else (plural, "")
    if noun.endswith("ies"):
        return f"1 {noun[:-3]}y{rest}"
    return f"1 {noun[:-2] if noun.endswith('sses') else noun.removesuffix('s')}{rest}"


def decimal_size(count: int) -> str:
    """Bytes as Docker tells them, in steps of 1000: `250MB`."""
    value, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.3g}{units[0]}"


def duration_text(seconds: float) -> str:
    """Format a duration, to stand after a name: ` (1.24 s)`; "" for what took no time worth a word."""
    return f" ({seconds:.2f} s)" if seconds >= _WORTH_SAYING else ""


def state_word(state: int) -> str:
    """An endpoint's state (HNS fact 31); a number that HNS does not document stays a number."""
    try:
        return _STATES[EndpointState(state)]
    except ValueError:
        return f"state {state}"


def short_id(identity: str) -> str:
    """The first group of an id, for a person's eye; the full one is what commands take.

    An id that somebody chose, as ctr's are, is a name: its beginning is that of others, too.
    """
    bare = identity.removeprefix("sha256:").strip("{}").partition(" ")[0]  # a route's goes on with when that began
    return bare[:_SHORT] if _HEX.fullmatch(bare) else bare


def with_short_ids(text: str) -> str:
    """A text for a person's eye, with the first twelve digits of each id of a container: `1b1226cd9eaa…_cbr0`."""
    return _CONTAINER_ID.sub(lambda found: f"{found[1]}…", text)


def describe_policy(policy: Policy) -> str:
    """One policy: `PROXY 169.254.169.254:80 -> 10.0.1.17:80 NAT`, `OutBoundNAT but 10.0.0.0/8`."""
    if not policy.is_proxy and policy.type != "L4Proxy":
        return describe_other_policy(policy) or "(no type)"
    try:
        said = proxy_settings(policy)
    except HostAnswerError:
        return f"{policy.type} {json.dumps(dict(policy.settings), default=str)}"
    words = f"{policy.type} {said.ip or 'any address'}:{said.port or '*'} -> {said.destination or 'nowhere'}"
    words += " NAT" if said.outbound_nat else ""
    words += f" {NAMES.get(said.protocol, said.protocol)} only" if said.protocol else ""
    words += f" but {', '.join(said.exceptions)}" if said.exceptions else ""
    return f"{words} (unknown: {', '.join(said.unknown)})" if said.unknown else words


def describe_policies(policies: Iterable[Policy]) -> str:
    """All policies of an object, in the order in which HNS has them."""
    return "; ".join(describe_policy(policy) for policy in policies)


def remove_command(kind: str, id: str) -> str:
    """Return the command that removes an HNS object by its id (HNS fact 91)."""
    return f"`Get-Hns{kind} | Where-Object ID -EQ '{id}' | Remove-Hns{kind}`"
