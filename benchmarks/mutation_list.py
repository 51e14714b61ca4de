"""The faults of benchmarks.mutations: where each is, and the tests that should catch it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """One fault."""

    place: str
    """The subject: `explain`, `data plane`, …"""
    name: str
    """The fault in words."""
    file: str
    old: str
    """What stands there, exactly once."""
    new: str
    tests: tuple[str, ...]
    """Arguments of pytest."""


_BELIEFS = ("tests/emulator/test_beliefs.py",)
_VERIFY = ("tests/applying/test_verification_redirects.py",)
_PLANNING = ("tests/planning",)
_ROLLBACK = ("tests/applying/test_rollback.py",)
_ADOPTION = ("tests/applying/test_adoption.py",)
_REMOVAL = "hnskit/planning/removal.py"
_MATCHING = "hnskit/model/policies/matching.py"
_DATAPATH = "hnskit/diagnosis/datapath.py"
_FABRIC = "hnskit/emulator/host/dataplane/fabric.py"
_RULES = "hnskit/emulator/host/dataplane/port_rules.py"


def _matching(name: str, old: str, new: str) -> Mutation:
    return Mutation("explain", name, _MATCHING, old, new, _BELIEFS)


def _plane(name: str, file: str, old: str, new: str) -> Mutation:
    return Mutation("data plane", name, file, old, new, _BELIEFS)


MUTATIONS = (
    # Explain.
    _matching("the port of a proxy policy is ignored",
              "if settings.port and settings.port != str(connection.port):", "if False:"),
    _matching("the address of a proxy policy is ignored",
              "if settings.ip and not inside(connection.destination, [settings.ip]):", "if False:"),
    _matching("ACLs are asked in their order in the list", "sorted(rules, key=_priority)", "rules"),
    _matching("no OutBoundNAT is as good as one",
              'return Match(False, "the endpoint has no OutBoundNAT policy',
              'return Match(True, "the endpoint has no OutBoundNAT policy'),
    _matching("a proxy policy works without OutboundNat", "if not settings.outbound_nat:", "if False:"),
    _matching("the misspelt key works", "    if settings.unknown:\n", "    if False:\n"),
    _matching("the ExceptionList is ignored",
              "if inside(connection.destination, settings.exceptions):", "if False:"),
    Mutation("explain", "forwarding off is as good as on", _DATAPATH, "if not interface.forwarding:", "if False:",
             _BELIEFS),
    _matching("the protocols of an ACL are ignored", "if protocol and not set(protocol) &", "if False and not set() &"),
    _matching("Server 2025 denies nothing by default",
              'if acls and default_deny and direction == "Out":', "if False:"),
    Mutation("explain", "ACLs at the target are not asked", _DATAPATH,
             'blocked = blocking_acl(endpoint.policies, "In", self._connection, source_address, local=address)',
             "blocked = None", _BELIEFS),
    Mutation("explain", "the shortest prefix wins", "hnskit/facts/snapshot_index.py",
             "(-prefix_of(route.prefix).prefixlen, route.metric)", "(prefix_of(route.prefix).prefixlen, route.metric)",
             _BELIEFS),
    # The emulated host.
    _plane("the misspelt key works", _RULES, "if set(said) - known:", "if False:"),
    _plane("forwarding off is as good as on", _FABRIC, "if not nic.forwarding:", "if False:"),
    _plane("answers find their way without OutBoundNAT", _FABRIC,
           "if way.origin is not None and not self._translates(way, packet.destination):", "if False:"),
    _plane("169.254.0.0/16 goes to the default gateway", "hnskit/emulator/host/dataplane/ip_stack.py",
           "        if wanted in _LINK_LOCAL:\n", "        if False:\n"),
    _plane("answers are not put back to what was asked for", "hnskit/emulator/host/dataplane/vfp_port.py",
           "self._flows[sent.answer()] = packet.answer()", "self._flows[sent.answer()] = sent.answer()"),
    # Verification.
    Mutation("verification", "the control may show the proxy's marks", "hnskit/applying/verification.py",
             "    if marked:\n", "    if False:\n", _VERIFY),
    Mutation("verification", "a control that was not asked counts", "hnskit/applying/verification.py",
             "    if not answer.asked:\n", "    if False:\n", _VERIFY),
    Mutation("verification", "any answer counts, with whatever status", "hnskit/applying/verification.py",
             "200 <= answer.status < 300", "answer.status > 0", _VERIFY),
    # Planning.
    Mutation("planning", "a wired and a Wi-Fi adapter are refused", "hnskit/planning/blockers.py",
             "if all(map(is_wifi, there)):", "if any(map(is_wifi, there)):", _PLANNING),
    Mutation("planning", "a redirect beside a leftover one counts as in order", "hnskit/planning/redirect.py",
             "    return not there\n", "    return True\n", _PLANNING),
    Mutation("planning", "a route through another gateway counts", "hnskit/planning/routes.py",
             "if (prefix, gateway) in ((route.prefix, route.next_hop) for route in inside):",
             "if prefix in (route.prefix for route in inside):", _PLANNING),
    Mutation("planning", "an endpoint is attached before it is detached", "hnskit/planning/endpoint_steps.py",
             "needs=(*starts, off.key)", "needs=starts", _PLANNING),
    Mutation("planning", "a step may need one that is not in the plan", "hnskit/planning/steps.py",
             "if unknown := [key for key in step.needs if key not in known]:", "if unknown := []:", _PLANNING),
    # Applying.
    Mutation("applying", "rollback removes what it did not detach", "hnskit/applying/rollback.py",
             "if one.action is Action.DETACH and one.name == step.name)",
             "if one.action is Action.ATTACH and one.name == step.name)", _ROLLBACK),
    Mutation("applying", "rollback takes the image before the container", "hnskit/applying/rollback.py",
             'if one.kind == "container" and one.action is Action.DELETE)',
             'if one.kind == "image" and one.action is Action.RUN)', _ROLLBACK),
    Mutation("applying", "a step is done because the host accepted it", "hnskit/applying/reconciler.py",
             "            if step.key in pending\n            and step.kind != _UNSEEN\n",
             "            if False\n            and step.kind != _UNSEEN\n",
             ("tests/applying/test_reconciler.py",)),
    # Adoption, and containerd.
    Mutation("adoption", "a teardown says of an adopted endpoint that no journal knows it", _REMOVAL,
             '    if context.known.was_adopted("endpoint", endpoint.name, endpoint.id):\n        reason = ADOPTED\n',
             "    if False:\n        reason = ADOPTED\n", _ADOPTION),
    Mutation("adoption", "an adopted container is removed as hnskit's own", _REMOVAL,
             '    if context.known.was_adopted("container", name, there.id):\n', "    if False:\n", _ADOPTION),
    Mutation("containerd", "any beginning of an id names a container", "hnskit/facts/host_facts.py",
             "(len(listed) >= _SHORTEST_ID and id.startswith(listed))", "id.startswith(listed)",
             ("tests/facts/test_pod_owners.py",)),
    # Real packets: caught where there can be some.
    Mutation("packets", "an ACL ends living connections", "hnskit/emulator/packets/nft_rules.py",
             '[_rule(chain, [_established(), {"accept": None}]) for chain in ("out", "in")]', "[]",
             ("tests/emulator/test_belief_packets.py",)),
    Mutation("packets", "a stopped container stays on the bridge", "hnskit/emulator/packets/kernel_helper.py",
             "        self._unplug(name)\n        self._routes.pop(name).close()\n",
             "        self._routes.pop(name).close()\n", ("tests/emulator/test_packets.py",)),
)  # fmt: skip
"""In the order of the table."""
