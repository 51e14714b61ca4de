"""containerd of the emulated host, without its tools: pods that a kubelet wants, and containers of ctr.

The kubelet is not emulated: the pods are there from the beginning; `renew` replaces one as a kubelet would, and `churn`
lets them come and go by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from hnskit.emulator.host import programs
from hnskit.emulator.host.containerd.networking import PodNetworking
from hnskit.emulator.host.containerd.sandboxes import HYPERVISOR, PODS, PROCESS, ContainerdContainer, Sandbox
from hnskit.emulator.host.containers import FOR_EVER, Ran, Surroundings
from hnskit.emulator.host.event_log import EventLog
from hnskit.emulator.host.faults import Faults
from hnskit.emulator.host.images import METADATA_PROXY, NANOSERVER, Content, pulled
from hnskit.emulator.host.text import IdGenerator

VERSION = "1.7.24"
PAUSE_IMAGE = "registry.k8s.io/pause:3.10"
PROXY_IMAGE = "docker.io/library/metadata-proxy:1.0"


APPLICATIONS = "default"
"""Kubernetes' namespace of the pods that come and go."""


class ContainerdRefusedError(Exception):
    """containerd refuses; the text is its own, as its tools print it after their own words."""


@dataclass(frozen=True, slots=True)
class WantedPod:
    """A pod that the node runs."""

    namespace: str
    name: str
    app: str
    image: str
    command: tuple[str, ...]
    host_process: bool = False
    handler: str = PROCESS
    replica: bool = True
    """True if a pod that comes again has a new name, as a ReplicaSet's has."""


class Containerd:
    """The pods and containers of one host."""

    def __init__(
        self, around: Surroundings, mint: IdGenerator, networking: PodNetworking, faults: Faults, nanoserver: str
    ) -> None:
        self._around = around
        self._mint = mint
        self._faults = faults
        self._networking = networking
        self.images: dict[str, dict[str, Content]] = {
            PODS: {PAUSE_IMAGE: NANOSERVER, nanoserver: NANOSERVER, PROXY_IMAGE: METADATA_PROXY},
            "default": {nanoserver: NANOSERVER, PROXY_IMAGE: METADATA_PROXY},
        }
        self.sandboxes: list[Sandbox] = []
        self.containers: list[ContainerdContainer] = []
        self.events = EventLog()
        self._network = ""
        self._wanted: dict[str, WantedPod] = {}
        """Id of a sandbox -> what it was made of."""
        self._gone: WantedPod | None = None
        """The pod of which another one is still to come."""
        self._own: dict[tuple[str, str], str] = {}
        """Container of ctr -> the namespace that runhcs made for it."""

    @property
    def stopped(self) -> bool:
        """Tell whether the service does not run."""
        return self._faults.containerd_stopped

    def populate(self, wanted: Iterable[WantedPod]) -> None:
        """Lay the CNI's network, and start the pods of the node."""
        self._network = self._networking.lay()
        for pod in wanted:
            self.run_pod(pod)

    def run_pod(self, wanted: WantedPod) -> Sandbox:
        """A pod comes: namespace, endpoint, pause container, then its own container (containerd fact 3)."""
        suffix = f"-{self._mint.hex()[:5]}" if wanted.replica else ""
        sandbox = Sandbox(
            id=self._mint.hex(),
            name=f"{wanted.name}{suffix}",
            namespace=wanted.namespace,
            uid=self._mint.guid(upper=False),
            created=self._around.clock(),
            labels={"app": wanted.app},
            handler=wanted.handler,
            host_process=wanted.host_process,
        )
        self.sandboxes.append(sandbox)
        self._wanted[sandbox.id] = wanted
        if not wanted.host_process:
            sandbox.network_namespace = self._networking.create_namespace()
            made = self._networking.add(sandbox.network_namespace, sandbox.id, self._network)
            sandbox.endpoint_id, sandbox.address = str(made["ID"]), str(made.get("IPAddress", ""))
            if wanted.handler == PROCESS:
                self._networking.start(sandbox.network_namespace, sandbox.id)
        self._start(
            ContainerdContainer(
                id=self._mint.hex(),
                name=wanted.app,
                image_name=wanted.image,
                image_id=self._mint.hex(),
                content=self._image(PODS, wanted.image),
                command=wanted.command,
                created=self._around.clock(),
                hostname=sandbox.name,
                isolation="hyperv" if wanted.handler == HYPERVISOR else "process",
                pod=sandbox,
                network_namespace=sandbox.network_namespace,
                compartment_owner=sandbox.id,
            )
        )
        return sandbox

    def end_pod(self, sandbox: Sandbox) -> None:
        """A pod goes: its containers, its endpoint, its namespace (containerd fact 8)."""
        for container in [item for item in self.containers if item.pod is sandbox]:
            self._end(container, 0)
            self.containers.remove(container)
        if sandbox.network_namespace and self._faults.take_namespace_leak():
            self._networking.leak(sandbox.network_namespace, sandbox.endpoint_id)
        elif sandbox.network_namespace:
            self._networking.stop(sandbox.network_namespace, sandbox.id)
            self._networking.remove(sandbox.network_namespace, sandbox.endpoint_id)
        self.sandboxes.remove(sandbox)
        del self._wanted[sandbox.id]

    def churn(self) -> str:
        """One turn of pods that come and go: that which went last comes again, else the oldest application goes.

        Returns:
            `namespace/name` of the pod that came or went; "" where the node has no application.
        """
        if self._gone is not None:
            wanted, self._gone = self._gone, None
            come = self.run_pod(wanted)
            return f"{come.namespace}/{come.name}"
        going = next((item for item in self.sandboxes if item.namespace == APPLICATIONS), None)
        if going is None:
            return ""
        self._gone = self._wanted[going.id]
        self.end_pod(going)
        return f"{going.namespace}/{going.name}"

    def renew(self, sandbox: Sandbox, wanted: WantedPod) -> Sandbox:
        """A pod is replaced: what comes has another id, endpoint and address, and no policy of anybody's."""
        self.end_pod(sandbox)
        return self.run_pod(wanted)

    def run(self, namespace: str, image: str, id: str, command: tuple[str, ...], labels: Mapping[str, str]) -> Ran:
        """ctr run without --cni: runhcs makes a namespace without an endpoint (containerd facts 5, 45)."""
        if any((item.runtime_namespace, item.id) == (namespace, id) for item in self.containers):
            raise ContainerdRefusedError(f'container "{id}": already exists')
        content = self._image(namespace, image)
        container = ContainerdContainer(
            id=id, name=id, image_name=image, image_id="", content=content, command=command or content.command,
            created=self._around.clock(), labels=dict(labels), hostname=id[:15], runtime_namespace=namespace,
        )  # fmt: skip
        self.containers.append(container)
        return self._run_own(container)

    def run_on_nat(
        self, namespace: str, image: str, name: str, command: tuple[str, ...], labels: Mapping[str, str], *,
        connected: bool,
    ) -> ContainerdContainer:  # fmt: skip
        """nerdctl run: on nat, in a namespace of its own, or without any (containerd facts 34, 46, 47)."""
        content, id = self._image(namespace, image), self._mint.hex()
        if any((item.runtime_namespace, item.name) == (namespace, name) for item in self.containers):
            raise ContainerdRefusedError(f'name-store error\nname "{name}" is already used by another container')
        container = ContainerdContainer(
            id=id, name=name or f"nanoserver-{id[:5]}", image_name=image, image_id="", content=content,
            command=command or content.command, created=self._around.clock(), hostname=id[:12],
            runtime_namespace=namespace, of_nerdctl=True, connected=connected,
        )  # fmt: skip
        container.network_namespace = self._networking.create_namespace() if connected else ""
        marks = {"nerdctl/name": container.name, "nerdctl/namespace": namespace,
                 "nerdctl/networks": '["nat"]' if connected else '["none"]'}  # fmt: skip
        joined = {"nerdctl/network-namespace": container.network_namespace} if connected else {}
        container.labels = {**labels, **marks, **joined}
        self.containers.append(container)
        self._run_own(container)
        return container

    def start_again(self, container: ContainerdContainer) -> None:
        """ctr tasks start: of a container whose task was deleted; it is in a new namespace."""
        if container.running:
            raise ContainerdRefusedError(f"task {container.id}: already exists")
        self._run_own(container)

    def _run_own(self, container: ContainerdContainer) -> Ran:
        if container.of_nerdctl:
            if container.connected:
                made = self._networking.add(container.network_namespace, container.id, self._networking.nat())
                container.endpoint_id = str(made["ID"])
                self._networking.start(container.network_namespace, container.id)
            return self._start(container)
        fresh = self._networking.create_namespace()
        self._networking.start(fresh, container.id)
        self._own[container.runtime_namespace, container.id] = fresh
        return self._start(container)

    def kill(self, container: ContainerdContainer) -> None:
        """Its task ends; runhcs takes the namespace that it made away with it (containerd fact 8)."""
        if not container.running:
            raise ContainerdRefusedError("process already finished")
        self._end(container, 1)
        if container.of_nerdctl and container.connected:
            self._networking.stop(container.network_namespace, container.id)
            self._networking.remove("", container.endpoint_id)
        made = self._own.pop((container.runtime_namespace, container.id), "")
        if made:
            self._networking.stop(made, container.id)
            self._networking.remove(made, "")

    def delete(self, container: ContainerdContainer) -> None:
        """Forget a container whose task has ended."""
        if container.running:
            raise ContainerdRefusedError(
                "cannot delete a non stopped container: {running 0 0001-01-01 00:00:00 +0000 UTC}"
            )
        if container.network_namespace:
            self._networking.remove(container.network_namespace, "")
        self.containers.remove(container)

    def find(self, namespace: str, id: str) -> ContainerdContainer:
        """A container by its whole id, or in crictl's way by the beginning of one.

        Raises:
            ContainerdRefusedError: there is none, or more than one.
        """
        here = [item for item in self.containers if item.runtime_namespace == namespace]
        found = [item for item in here if item.id == id] or [item for item in here if id and item.id.startswith(id)]
        if len(found) != 1:
            raise ContainerdRefusedError(f'container "{id}" in namespace "{namespace}": not found')
        return found[0]

    def _start(self, container: ContainerdContainer) -> Ran:
        container.status, container.started = "running", self._around.clock()
        container.pid = 1000 + 4 * self._mint.below(2000)
        if container not in self.containers:
            self.containers.append(container)
        if container.pod is not None and container.isolation == "process" and container.network_namespace:
            self._networking.start(container.network_namespace, container.id)
        ran = programs.run(self._around, container, list(container.command))
        if ran is None:
            self._end(container, 127)
            raise ContainerdRefusedError("hcs::System::CreateProcess: The system cannot find the file specified. (0x2)")
        self._tell(container, "/tasks/start", pid=container.pid)
        container.log(self._around.clock(), ran.stdout + ran.stderr)
        if ran.seconds != FOR_EVER:
            self._end(container, ran.exit_code)
        return ran

    def _end(self, container: ContainerdContainer, code: int) -> None:
        container.status, container.finished, container.exit_code = "exited", self._around.clock(), code
        container.listening.clear()
        if container.pod is not None and container.network_namespace and container.isolation == "process":
            self._networking.stop(container.network_namespace, container.id)
        self._tell(container, "/tasks/exit", id=container.id, pid=container.pid)

    def _tell(self, container: ContainerdContainer, topic: str, **more: object) -> None:
        """An event, with the members of containerd's api/events/task.proto that matter here."""
        moment = datetime.fromtimestamp(self._around.clock(), UTC).strftime("%Y-%m-%d %H:%M:%S.%f000 +0000 UTC")
        event = {"container_id": container.id, **more}
        self.events.add({"time": moment, "namespace": container.runtime_namespace, "topic": topic, "event": event})

    def pull(self, namespace: str, name: str) -> None:
        """ctr images pull."""
        images = self.images.setdefault(namespace, {})
        if name in images:
            return
        try:
            images[name] = pulled(name, self._around.windows_profile)
        except LookupError as error:
            said = f'failed to resolve reference "{name}": {error.args[0]}'
            raise ContainerdRefusedError(said) from error

    def _image(self, namespace: str, name: str) -> Content:
        found = self.images.get(namespace, {}).get(name)
        if found is None:
            raise ContainerdRefusedError(f'image "{name}": not found')
        return found
