"""Requests of an emulated host as real packets: curl in the compartment's namespace, real servers, nftables."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable

from hnskit.emulator.constants import NETWORKS
from hnskit.emulator.host.containers import DockerContainer
from hnskit.emulator.host.dataplane.fabric import Arrival, Fabric
from hnskit.emulator.host.dataplane.wire_packet import Packet
from hnskit.emulator.host.surroundings import METADATA_PORT, Cloud, HttpResult, Request, Response
from hnskit.emulator.packets.helper_client import HelperClient, PacketsError
from hnskit.emulator.packets.kernel_network import OUTSIDE, KernelNetwork, namespace_of
from hnskit.emulator.packets.packet_servers import Listener, PacketServers
from hnskit.emulator.packets.wire_capture import WireCapture
from hnskit.model.objects import METADATA_ADDRESS

_CONNECT_SECONDS, _MOST_SECONDS = "1", "30"
"""Everything is on this machine: who has not answered a SYN within a second will not."""


class PacketPlane:
    """The kernel's side of one emulated host."""

    def __init__(self) -> None:
        """Start it.

        Raises:
            PacketsError: there can be none here, and why.
        """
        self._helper = HelperClient()
        try:
            self._network = KernelNetwork(self._helper)
            self._servers = PacketServers(self._helper)
        except PacketsError:
            self._helper.close()
            raise
        self.captures: dict[str, WireCapture] = {}
        """Frames that passed on a container's wire, by the container's name."""

    @property
    def helper_pid(self) -> int:
        """Of the process that holds the namespaces."""
        return self._helper.pid

    @property
    def rootless(self) -> bool:
        """True if the namespaces are in a user namespace of their own."""
        return self._helper.rootless

    def bring_to(self, fabric: Fabric, running: Iterable[tuple[int, DockerContainer]], cloud: Cloud) -> None:
        """Make the kernel's network and the servers what the host's are.

        Args:
            fabric: the host's data plane.
            running: each running container, with the number of its compartment.
            cloud: what is outside.

        Raises:
            PacketsError: Linux refuses a part of it.
        """
        self._network.bring_to(fabric)
        wanted: dict[tuple[str, str, str, int], Listener] = {}
        for number, container in running:
            place = namespace_of(number)
            self._capture(container.name, f"{place} {container.id}", place)
            for port, listener in container.listening.items():
                wanted[place, container.id, "0.0.0.0", port] = listener  # noqa: S104 - inside its own namespace
        metadata = cloud.listener(METADATA_ADDRESS, METADATA_PORT)
        if metadata is not None:
            wanted[OUTSIDE, "", METADATA_ADDRESS, METADATA_PORT] = metadata
        self._servers.bring_to(wanted)

    def http(self, compartment: int, address: str, port: int, request: Request) -> HttpResult:
        """A request by a real curl."""
        words = ["curl", "--silent", "--show-error", "--verbose", "--include", "--http1.1", "--noproxy", "*",
                 "--globoff",
                 "--connect-timeout", _CONNECT_SECONDS, "--max-time", _MOST_SECONDS,
                 "--request-target", request.target]  # fmt: skip
        words += ["--head"] if request.method == "HEAD" else ["--request", request.method]
        words += [word for name, value in request.headers for word in ("--header", f"{name}: {value}")]
        ran = self._run(compartment, [*words, f"http://{address}:{port}/"])
        for capture in list(self.captures.values()):
            capture.drain()
        said = ran.stderr.decode(errors="replace").strip()
        response = _response(ran.stdout) if ran.returncode == 0 else None
        if response is not None:
            return HttpResult(Arrival("outside", Packet("tcp", "", 0, address, port), answered=True), response)
        refused = "onnection refused" in said
        code = "no-route" if "etwork is unreachable" in said else "no-answer"
        last = [line for line in said.splitlines() if line.startswith("curl: ")]
        return HttpResult(Arrival("", code=code, reason=last[-1] if last else "no answer"), refused=refused)

    def connect(self, compartment: int, address: str, port: int) -> str:
        """The end of a bare TCP connection: `taken`, `refused` or `silent`."""
        place = namespace_of(compartment)
        answer = self._helper.call("connect", name=place, address=address, port=port, seconds=0.5)
        return str(answer["end"])

    def close(self) -> None:
        """End the servers and the helper: the kernel's part goes with it."""
        self._servers.close()
        for capture in self.captures.values():
            capture.close()
        self._helper.close()

    def _run(self, compartment: int, words: list[str]) -> subprocess.CompletedProcess[bytes]:
        command = self._helper.command(self._network.place(namespace_of(compartment)), words)
        clean = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        return subprocess.run(  # noqa: S603 - arguments as a list; a request's texts are curl's arguments
            command, capture_output=True, env=clean, stdin=subprocess.DEVNULL, check=False
        )

    def _capture(self, name: str, key: str, place: str) -> None:
        there = self.captures.get(name)
        if there is None or there.key != key:
            if there is not None:
                there.close()
            self.captures[name] = WireCapture(key, self._helper.call("capture", name=place))


def _response(text: bytes) -> Response | None:
    head, _, body = text.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    status, _, reason = rest.partition(" ")
    if not version.startswith("HTTP/") or not status.isdigit():
        return None
    headers = [tuple(part.strip() for part in line.partition(":")[::2]) for line in lines]
    kept = tuple((name, value) for name, value in headers if name.lower() != "connection")
    return Response(int(status), reason, body.decode(errors="replace"), kept)


def chosen(network: str) -> tuple[PacketPlane | None, str]:
    """The packets that a host is to have, and a sentence where `auto` has none.

    Args:
        network: `model`, `packets` or `auto`.

    Raises:
        PacketsError: `packets`, and there can be none here.
        ValueError: another word.
    """
    if network not in NETWORKS:
        raise ValueError(f"{network!r} is not a network of an emulated host; there are: {', '.join(NETWORKS)}")
    if network == "model":
        return None, ""
    try:
        return PacketPlane(), ""
    except PacketsError as problem:
        if network == "packets":
            raise
        return None, f"There are no real packets here, the model carries them: {problem}."
