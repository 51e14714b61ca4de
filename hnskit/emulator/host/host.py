"""One emulated Windows container host: its parts put together, and what the door needs of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from hnskit.emulator.constants import RUNTIMES
from hnskit.emulator.host import commands, concurrent_user, hostile
from hnskit.emulator.host.containerd.containerd_engine import Containerd
from hnskit.emulator.host.containerd.networking import PodNetworking
from hnskit.emulator.host.containerd.node_pods import node_pods
from hnskit.emulator.host.containerd.tools import ContainerdTools
from hnskit.emulator.host.containers import DockerContainer
from hnskit.emulator.host.docker_cli import DockerCli
from hnskit.emulator.host.docker_engine import DockerEngine
from hnskit.emulator.host.fault_injection import FaultInjection, reboot_cut
from hnskit.emulator.host.faults import NOW, Faults
from hnskit.emulator.host.hns_service import HnsService
from hnskit.emulator.host.host_network import HostNetwork
from hnskit.emulator.host.profiles import PROFILES, Profile, runtime_refusal
from hnskit.emulator.host.surroundings import Cloud, HttpResult, Request
from hnskit.emulator.host.text import IdGenerator
from hnskit.emulator.host.windows_network import Windows
from hnskit.emulator.powershell.command import Command, Cut
from hnskit.errors import RemoteCommandError
from hnskit.facts import host_facts
from hnskit.facts.host_facts import Facts
from hnskit.model.objects import NetworkType
from hnskit.remote.session import CallResult

_NAT_NETWORK = (
    '{"Type":"nat","Name":"nat","Subnets":[{"AddressPrefix":"172.24.144.0/20","GatewayAddress":"172.24.144.1"}]}'
)


class EmulatedHost:
    """A host.

    Attributes:
        name: of the emulated host.
        profile: name of its Windows version.
        on_cut: called with the cut when the host's network goes away; the door puts itself here.
        faults: its switches; change them with `set_fault`.
    """

    def __init__(self, name: str, profile: Profile, options: Mapping[str, Any]) -> None:
        self.name = name
        self._profile = profile
        self._options = dict(options)
        self.on_cut: list[Callable[[Cut], None]] = []
        self.network = HostNetwork(self, str(options.get("network", "model")))
        self.time_scale = float(options.get("time_scale", 0.0))
        """Share of Windows' own times that is waited here; 0: none, 1: all."""
        self.reset()

    @property
    def profile(self) -> str:
        """Name of the Windows version."""
        return self.windows_profile.name

    @property
    def runtime(self) -> str:
        """`docker`, `containerd` or `both`."""
        return str(self._options.get("runtime", "docker"))

    @property
    def has_docker(self) -> bool:
        """Tell whether Docker is installed."""
        return self.runtime != "containerd" and not self.faults.docker_missing

    def has_tool(self, name: str) -> bool:
        """Tell whether one of containerd's tools is installed: crictl, ctr, nerdctl."""
        faults = self.faults
        missing = {"crictl": faults.crictl_missing, "ctr": faults.ctr_missing, "nerdctl": faults.nerdctl_missing}
        return self.runtime != "docker" and not missing[name]

    @property
    def commands(self) -> Mapping[str, Command]:
        """The public functions of remote/scripts/, by name."""
        return commands.COMMANDS

    def reset(self) -> None:
        """Put the host back to how it was made: Docker's nat network, its images, no container."""
        self.windows_profile = self._profile
        seed = self._options.get("seed")
        self.faults = Faults(cut=None)  # what is laid here does not cut the host off
        self.mint = IdGenerator(None if seed is None else int(seed))
        self.windows = Windows(
            self.name,
            self.mint,
            static=bool(self._options.get("static_address", False)),
            wifi=bool(self._options.get("wifi", False)),
            second_adapter=bool(self._options.get("second_adapter", False)),
        )
        self._fault_injection = FaultInjection(
            self.faults, restart_hns=self.restart_hns, reboot=self.reboot, second_user=self._second_user
        )
        self.hns = HnsService(
            self.windows_profile,
            self.mint,
            self.windows,
            self.faults,
            self._fault_injection,
            running=self._running_id,
            host_network_moved=self._cut,
        )
        self.engine = DockerEngine(self, self.mint, self.faults, self.hns)
        self.docker = DockerCli(self, self.faults, self.engine)
        self.cloud = Cloud(self.name, self._address, self.windows.management_mac)
        self.containerd: ContainerdTools | None = None
        if self.has_docker:
            self.hns.call("POST", "/networks", _NAT_NETWORK)
        if self.runtime != "docker":
            self._start_containerd()
        seconds = float(self._options.get("cut_seconds", 3.0))
        self.set_fault(
            "cut", {"seconds": seconds, "mode": self._options.get("cut_mode", "refuse")} if seconds else None
        )
        self._wanted: Mapping[str, Any] = {}
        for fault, value in (self._options.get("faults") or {}).items():
            self.set_fault(fault, value)  # not a wish of somebody's parameters: theirs come and go beside it

    def _start_containerd(self) -> None:
        """containerd as on a node of Kubernetes, with some pods."""
        networking = PodNetworking(self.hns, self.windows)
        image = next(item.name for item in self.engine.images)
        self._containerd = Containerd(self, self.mint, networking, self.faults, image)
        self.containerd = ContainerdTools(self, self._containerd)
        self._containerd.populate(node_pods(image, int(self._options.get("pods", 4))))

    def set_fault(self, name: str, value: Any) -> None:
        """Change one switch of `faults`: see `Faults.set`. An event with the value True happens now.

        Raises:
            ValueError: there is no such switch, or the value is of another kind.
        """
        had_cut = self.faults.cut is not None
        self.faults.set(name, value)
        if name == "cut_mode" and not had_cut:
            self.faults.cut = None  # a host that is never cut, in whatever mode
        for event, happen in (("hns_restart", self.restart_hns), ("reboot", self.reboot)):
            if getattr(self.faults, event) is NOW:
                setattr(self.faults, event, 0)
                happen()
        if name == "hostile" and self.faults.hostile:
            hostile.take_over(self)
        self.windows.change_adapter(static=self.faults.static_address_lost, wifi=self.faults.wifi)

    def want_faults(self, wanted: Mapping[str, Any]) -> None:
        """Switch on what somebody wants, once: the same wish again changes nothing, so that what was used up stays so.

        Raises:
            ValueError: as for `set_fault`.
        """
        if dict(wanted) != self._wanted:
            without = [name for name in self._wanted if name not in wanted and name != "random"]
            self._wanted = dict(wanted)
            for name in without:
                self.set_fault(name, "refuse" if name == "cut_mode" else getattr(Faults(), name))
            for name, value in wanted.items():
                self.set_fault(name, value)

    def docker_seconds(self, seconds: float) -> float:
        """Scale the seconds that docker.exe takes on Windows to those it takes here."""
        if math.isinf(seconds):
            return seconds
        return seconds * self.time_scale + self.faults.docker_seconds

    def restart_hns(self) -> None:
        """The HNS service restarts: endpoints are gone, networks stay (HNS fact 77)."""
        for endpoint in list(self.hns.endpoints):
            self.hns.endpoints.delete(endpoint)

    def restart_container(self, name: str = "") -> str:
        """A running container ends and runs again, with another compartment (HNS fact 80); its endpoint is left behind.

        Args:
            name: of the container; "": the one that has run longest.

        Returns:
            Its name; "" where there is none.
        """
        running = [item for item in self.engine.containers if item.running and name in ("", item.name)]
        if not running:
            return ""
        container = min(running, key=lambda item: item.started)
        self.engine.stop(container)
        self.engine.start(container)
        return container.name

    def churn(self) -> str:
        """A pod goes, or the next one comes: `Containerd.churn`; "" on a host without containerd."""
        return self._containerd.churn() if self.containerd else ""

    def reboot(self) -> None:
        """The host starts again: containers have ended, NAT networks are gone, and Docker makes its own anew.

        Endpoints of other networks stay, hold their addresses, and have no adapter any more (HNS fact 76). UNCONFIRMED:
        that they still say they are attached; that an L2Bridge stays (with `reboot_loses_bridges` it does not, and
        leaves its endpoints behind); that numbers of compartments are given again from the beginning.
        """
        with self._fault_injection.asleep():
            for container in self.engine.containers:
                self.engine.stop(container)
            for network in [item for item in self.hns.networks if item.type is NetworkType.NAT]:
                self.hns.call("DELETE", f"/networks/{network.id}", "")
            if self.faults.reboot_loses_bridges:
                for network in [item for item in self.hns.networks if item.type is NetworkType.L2BRIDGE]:
                    self.hns.networks.delete(network, cut=False)
            for nic in [item for item in self.windows.nics if item.endpoint_id]:
                self.windows.remove_nic(nic)
            self.windows.count_compartments_anew()
            self.hns.call("POST", "/networks", _NAT_NETWORK)
        self._tell(reboot_cut(self.faults.cut))

    def snapshot(self) -> Facts:
        """Return the facts that `hnskit.gather_facts` would read now, without the wire."""
        answers = [commands.answer_call(self, call.to_json())[0] for call in host_facts.fact_calls()]
        results = [_result(answer) for answer in answers]
        return host_facts.facts_from_results(f"emulator://{self.name}", results)

    def status(self) -> dict[str, Any]:
        """A summary for people and JSON."""
        return {
            "name": self.name,
            "profile": self.profile,
            "build": self.windows_profile.build,
            "hns": ".".join(str(part) for part in self.windows_profile.hns),
            "networks": len(list(self.hns.networks)),
            "endpoints": len(list(self.hns.endpoints)),
            "policy_lists": len(list(self.hns.policy_lists)),
            "containers": len(self.engine.containers),
            "running": sum(container.running for container in self.engine.containers),
            "images": len(self.engine.images),
            "pods": len(self._containerd.sandboxes) if self.containerd else 0,
            "network": "packets" if self.network.packets is not None else "model",
            "network_note": self.network.note,
            "compartments": len(self.windows.compartments),
            "faults": self.faults.to_json(),
        }

    def http(self, container: DockerContainer, address: str, port: int, request: Request) -> HttpResult:
        """An HTTP request from inside a container."""
        return self.network.http(container, address, port, request)

    def all_containers(self) -> list[DockerContainer]:
        """Of Docker and of containerd."""
        return [*self.engine.containers, *(self._containerd.containers if self.containerd else [])]

    def close(self) -> None:
        """End what the host has outside this process."""
        self.network.close()

    @staticmethod
    def clock() -> float:
        """Seconds since 1970."""
        return time.time()

    def _running_id(self, id: str) -> str | None:
        return self.engine.running_id(id)  # the engine is made after the service that asks it

    def _second_user(self, wish: str) -> bool:
        return concurrent_user.act(self.hns, wish)  # the service is made after what it meets

    def _cut(self) -> None:
        if self.faults.cut is not None:
            self._tell(self.faults.cut)

    def _tell(self, cut: Cut) -> None:
        for callback in list(self.on_cut):
            callback(cut)

    def _address(self) -> str:
        # Of the adapter, or of the vNIC that took its place with the same MAC (HNS fact 66).
        mac = self.windows.management_mac
        return next((item.address for nic in self.windows.nics if nic.mac == mac for item in nic.addresses), "")


def create_host(name: str, profile: str = "ws2019", options: Mapping[str, Any] | None = None) -> EmulatedHost:
    """Make a host.

    Args:
        name: of the host.
        profile: one of `PROFILES`.
        options: `cut_seconds` and `cut_mode` (0 seconds: no cut), `time_scale`, `seed` (the same ids every time),
            `static_address` (the adapter's address is typed in, not from DHCP), `wifi` (the adapter is one),
            `second_adapter` (`Ethernet 2`: a bridge on it does not touch the host's own network), `runtime` (docker,
            containerd or both), `pods` (how many a containerd host has), `network` (model, packets or auto: what
            carries its packets), `faults` (name -> value, as for
            `Host.set_fault`).

    Raises:
        ValueError: an unknown profile or option.
    """
    known = {"cut_seconds", "cut_mode", "time_scale", "seed", "static_address", "wifi", "second_adapter", "faults",
             "runtime", "pods", "network"}  # fmt: skip
    options = options or {}
    if profile not in PROFILES:
        raise ValueError(f"{profile!r} is not a Windows profile; there are: {', '.join(PROFILES)}")
    if options.get("runtime", "docker") not in RUNTIMES:
        raise ValueError(f"{options['runtime']!r} is not a runtime; there are: {', '.join(RUNTIMES)}")
    if refusal := runtime_refusal(PROFILES[profile], options.get("runtime", "docker")):
        raise ValueError(refusal)
    if unknown := set(options) - known:
        raise ValueError(f"no such options: {', '.join(sorted(unknown))}; there are: {', '.join(sorted(known))}")
    return EmulatedHost(name, PROFILES[profile], options)


def _result(answer: Mapping[str, Any]) -> CallResult:
    if answer["ok"]:
        return CallResult(answer["id"], answer["output"], 0)
    said = answer["error"]
    error = RemoteCommandError(said["message"], error_id=said["id"], category=said["category"])
    return CallResult(answer["id"], [], 0, error)
