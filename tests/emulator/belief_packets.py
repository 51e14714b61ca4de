"""What real packets show of the belief table's scenarios: each host's network made by Linux, and connected through."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from hnskit.emulator.host.containers import DockerContainer
from hnskit.emulator.packets.helper_client import HelperClient
from hnskit.emulator.packets.kernel_network import OUTSIDE, KernelNetwork, namespace_of
from hnskit.model.objects import HOST_COMPARTMENT
from tests.emulator.belief_scenarios import NOTHING, PROXY, BeliefScenario, placed
from tests.emulator.host_scenario import Scenario

_PORTS = (80, 81, 8080, 5985)
SILENCE_SECONDS, PATIENCE_SECONDS = 0.5, 10.0
"""The time after which nobody answers any more: everything is on this machine. A connection that is to be taken is
waited for longer, so that a busy machine changes nothing."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A namespace in which something listens."""

    words: str
    listening: socket.socket


class PacketJudge:
    """One helper process, and the scenarios' networks one after the other in it."""

    def __init__(self) -> None:
        """Start the helper.

        Raises:
            PacketsError: there can be no real packets here.
        """
        self._helper = HelperClient()
        self._network = KernelNetwork(self._helper)

    def close(self) -> None:
        """End the helper."""
        self._helper.close()

    def reached(self, scenario: Scenario, case: BeliefScenario) -> str:
        """Where the connection of a case arrives on its host, in the belief table's words."""
        host = scenario.host
        first, _, then = case.expected.partition(", from there ")
        source = next((item for item in host.engine.containers if item.name == case.source), None)
        to = (placed(scenario, case.to[0]), case.to[1])
        self._network.bring_to(host.network.fabric())
        try:
            with self._listeners(scenario, case) as places:
                words = self._ask(scenario, source, to, places, patient=first != NOTHING)
                proxy = next((item for item in host.engine.containers if words.startswith(f"{item.name} at ")), None)
                if proxy is None or not _rewritten(words, to) or proxy is source:
                    return words
                onward = self._ask(scenario, proxy, to, places, patient=then not in ("", NOTHING))
                return f"{words}, from there {onward}"
        finally:
            self._network.clear()

    def _ask(
        self, scenario: Scenario, source: DockerContainer | None, to: tuple[str, int], places: list[_Place], *,
        patient: bool,
    ) -> str:  # fmt: skip
        number = scenario.host.network.compartment_of(source) if source is not None else None
        if number is None:
            return NOTHING
        seconds = PATIENCE_SECONDS if patient else SILENCE_SECONDS
        if places and places[0].listening.type == socket.SOCK_DGRAM:
            return self._send_datagram(namespace_of(number), to, places, seconds)
        answer = self._helper.call("connect", name=namespace_of(number), address=to[0], port=to[1], seconds=seconds)
        if answer["end"] != "taken":
            return NOTHING
        ready, _, _ = select.select([item.listening for item in places], [], [], PATIENCE_SECONDS)
        (place,) = [item for item in places if item.listening in ready]
        taken, _ = place.listening.accept()
        with taken:
            address, port = taken.getsockname()
        return f"{place.words} at {address}:{port}"

    @contextmanager
    def flows(self, scenario: Scenario, case: BeliefScenario, number: int) -> Iterator[list[tuple[Any, Any]]]:
        """So many connections of the case's client at once: both ends of each. They end with the block."""
        network = scenario.host.network
        self._network.bring_to(network.fabric())
        numbers = {item.name: network.compartment_of(item) or 0 for item in scenario.host.engine.containers}
        client, proxy = namespace_of(numbers[case.source]), namespace_of(numbers[PROXY])
        with ExitStack() as stack:
            stack.callback(self._network.clear)
            listening = stack.enter_context(self._helper.call("listen", name=proxy, address="0.0.0.0", port=80))
            made = []
            for _ in range(number):
                asking = stack.enter_context(self._helper.call("open", name=client))
                asking.settimeout(PATIENCE_SECONDS)
                asking.connect(case.to)
                taken = stack.enter_context(listening.accept()[0])
                taken.settimeout(PATIENCE_SECONDS)
                made.append((asking, taken))
            yield made

    def bring_to(self, scenario: Scenario) -> None:
        """Carry the policies of now out, connections or not."""
        self._network.bring_to(scenario.host.network.fabric())

    def _send_datagram(self, name: str, to: tuple[str, int], places: list[_Place], seconds: float) -> str:
        with self._helper.call("listen", name=name, address="0.0.0.0", port=0, protocol="udp") as sender:
            try:
                sender.sendto(b"?", to)
            except OSError:
                return NOTHING
            ready, _, _ = select.select([item.listening for item in places], [], [], seconds)
        names = [item.words for item in places if item.listening in ready]
        return f"{names[0]} at {to[0]}:{to[1]}" if names else NOTHING

    @contextmanager
    def _listeners(self, scenario: Scenario, case: BeliefScenario) -> Iterator[list[_Place]]:
        """Something that listens on each port of interest, in each namespace that somebody is in."""
        network = scenario.host.network
        words = {namespace_of(HOST_COMPARTMENT): "host", OUTSIDE: "outside"}
        for container in scenario.host.engine.containers:
            if (number := network.compartment_of(container)) is not None:
                words[namespace_of(number)] = container.name
        with ExitStack() as stack:
            places = []
            for name in [item for item in words if item in self._network.names]:
                for port in {*_PORTS, case.to[1]}:
                    made = self._helper.call("listen", name=name, address="0.0.0.0", port=port, protocol=case.protocol)
                    places.append(_Place(words[name], stack.enter_context(made)))
            yield places


def _rewritten(words: str, to: tuple[str, int]) -> bool:
    return not words.endswith(f" at {to[0]}:{to[1]}")
