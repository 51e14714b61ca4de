"""One snapshot of a host: everything hnskit knows of it, gathered in one pipeline.

DataFrames, the topology picture, plans and the data path are functions of a `Facts`. It keeps what the
host printed, so that it can be saved and read again without a loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from hnskit.errors import DockerError, HnsError, HostAnswerError, RemoteCommandError
from hnskit.facts.completeness import Completeness, Problem
from hnskit.facts.node_parts import add_node
from hnskit.foreign_text.masking import learn_later
from hnskit.model.objects import (
    Adapter,
    Address,
    Compartment,
    Container,
    Endpoint,
    Image,
    Interface,
    Namespace,
    Network,
    PolicyList,
    Refusal,
    Route,
    System,
)
from hnskit.model.runtime_objects import ContainerdVersion, DockerVersion, Pod
from hnskit.model.sdn_route import SdnRoute
from hnskit.model.vfp_rule import VfpRule
from hnskit.model.windows_service import Service
from hnskit.remote import containerd, docker, hns, windows
from hnskit.remote.session import Call, CallResult, Session, invoke_calls

_SHORTEST_ID = 8
"""Hexadecimal digits of an id that stand for it; tools print 12 or 13."""

_UNNEEDED = ("system", "hns_version", "policy_lists", "namespaces", "docker", "containerd")
"""Parts of a snapshot without which a plan can still be made."""
_STEADY = ("system", "hns_version", "docker", "images")
"""Parts of a snapshot that no step changes, but for the images by an import; `docker` is its version."""


ONLY_IN_DUMPS = frozenset({"services", "sdn_routes", "vfp_rules"})
"""Parts for which no host is asked; a dump that has some need not have all."""


@dataclass(frozen=True, slots=True, repr=False)
class Facts:
    """A host at one moment. Two snapshots are equal if the host was the same, whenever they were taken."""

    # Of a file that is read with pydantic; it holds for the objects in the snapshot, too.
    __pydantic_config__: ClassVar = {"extra": "forbid"}

    target: str
    taken_at: str = field(default="", compare=False)
    system: System | None = None
    hns_version: tuple[int, int] | None = None
    """(Major, Minor) of /globals/version; None before 1803, where the call fails (HNS fact 8)."""
    adapters: tuple[Adapter, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    addresses: tuple[Address, ...] = ()
    routes: tuple[Route, ...] = ()
    compartments: tuple[Compartment, ...] = ()
    networks: tuple[Network, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    policy_lists: tuple[PolicyList, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    """() before HNS 9.2, which has none (HNS fact 60)."""
    docker: DockerVersion | None = None
    containerd: ContainerdVersion | None = None
    """None where neither crictl nor ctr is installed."""
    images: tuple[Image, ...] = ()
    containers: tuple[Container, ...] = ()
    """Docker's, then containerd's."""
    pods: tuple[Pod, ...] = ()
    """Of Kubernetes, as containerd lists them."""
    problems: tuple[Problem, ...] = ()
    """Failures of reading, each with its part of the snapshot."""
    completeness: Completeness = field(default_factory=Completeness)
    """Completeness of each list; a host that answers gives whole ones."""
    refusals: tuple[Refusal, ...] = ()
    """Refusals of HNS, as a log tells them: history, and no state of the host."""
    services: tuple[Service, ...] = ()
    """Of dumps that have them (Get-Service, `sc query`): hns, docker and their like."""
    sdn_routes: tuple[SdnRoute, ...] = ()
    """Of dumps that have them: routes of HCN, not of Windows."""
    vfp_rules: tuple[VfpRule, ...] = ()
    """Of dumps that have them (vfpctrl): what of HNS's policies the switch extension carries out."""

    def knows(self, part: str) -> bool:
        """Tell whether a part (`networks`, `routes`, …) was read whole: what was not proves nothing by its absence."""
        if part in ONLY_IN_DUMPS or not self.completeness.is_whole(part):
            return False
        return all(problem.part != part for problem in self.problems)

    def caveats(self) -> tuple[str, ...]:
        """All that a table of this snapshot cannot show: what could not be read, and which lists are not whole."""
        return (*map(str, self.problems), *self.completeness.caveats())

    @property
    def unread(self) -> tuple[Problem, ...]:
        """Every problem, and every list that is not whole, by its part."""
        return (*self.problems, *self.completeness.problems())

    def networks_named(self, name: str) -> tuple[Network, ...]:
        """Networks of this name; v1 does not reliably refuse a second one (HNS fact 72)."""
        return tuple(network for network in self.networks if network.name == name)

    def endpoints_named(self, name: str) -> tuple[Endpoint, ...]:
        """Endpoints of this name; two may have the same (HNS fact 73)."""
        return tuple(endpoint for endpoint in self.endpoints if endpoint.name == name)

    def endpoints_at(self, address: str) -> tuple[Endpoint, ...]:
        """Endpoints that hold this address."""
        return tuple(endpoint for endpoint in self.endpoints if endpoint.address == address)

    @property
    def docker_containers(self) -> tuple[Container, ...]:
        """Those of Docker."""
        return self.containers_of("docker")

    def containers_of(self, runtime: str) -> tuple[Container, ...]:
        """Those among which hnskit's own are: Docker's, or those of ctr in containerd's namespace `default`."""
        if runtime == "docker":
            return tuple(item for item in self.containers if item.runtime == "docker")
        return tuple(item for item in self.containers if item.runtime_namespace == containerd.OWN)

    def container_named(self, name: str, runtime: str = "docker") -> Container | None:
        """A runtime's container of this name, which it allows once; in containerd a pod's too, by its whole name."""
        if runtime == "docker":
            return next((item for item in self.docker_containers if item.name == name), None)
        own = (
            item
            for item in self.containers_of(runtime)
            if name == item.id or name == item.labels.get(containerd.NERDCTL_NAME)
        )
        return next(own, None) or next((item for item in self.containers if item.pod_id and item.name == name), None)

    def containers_called(self, text: str) -> tuple[Container, ...]:
        """Containers by any of their names or ids: the whole name, an id or its beginning, a pod's or nerdctl's name.

        More than one is an ambiguity that the caller has to tell.
        """
        exact = tuple(item for item in self.containers if text in (item.name, item.id))
        if exact:
            return exact
        pods = {item.id for item in self.pods if text in (item.name, item.full_name, item.id)}
        inside = tuple(item for item in self.containers if item.pod_id in pods or item.name.rpartition("/")[2] == text)
        if inside:
            return inside
        if len(text) < _SHORTEST_ID:
            return ()
        begins = {item.id for item in self.pods if item.id.startswith(text)}
        known = tuple(item for item in self.containers if item.id.startswith(text) or item.pod_id in begins)
        return known or tuple(self._listed_by_hns(text))

    def _listed_by_hns(self, text: str) -> Iterator[Container]:
        """Containers of which HNS alone tells, where the host has no tool that does (containerd fact 35)."""
        known = {item.id for item in self.containers} | {item.id for item in self.pods}
        for space in self.namespaces:
            for id in dict.fromkeys(space.containers):
                if id.startswith(text) and id not in known and not any(one.startswith(id) for one in known):
                    yield Container(id, id, "", "", "running", runtime="containerd", network_namespace=space.id)

    def namespace_of(self, container: Container) -> Namespace | None:
        """The HNS namespace of a container: by its runtime's word, else by HNS's lists (containerd fact 35)."""
        if container.runtime != "containerd":
            return None
        wanted = container.network_namespace.upper()
        if wanted:
            return next((item for item in self.namespaces if item.id.upper() == wanted), None)
        ids = {container.id, container.pod_id} - {""}
        whole = next((item for item in self.namespaces if ids & set(item.containers)), None)
        if whole is not None:
            return whole
        # The beginning of an id (containerd fact 26) may be that of two containers, or the whole id of another one.
        known = {item.id for item in self.containers} | {item.id for item in self.pods}
        others = known - ids - {item.id for item in self.containers if item.pod_id and item.pod_id == container.pod_id}
        begun = [
            item
            for item in self.namespaces
            if any(
                len(listed) >= _SHORTEST_ID
                and listed not in known
                and any(id.startswith(listed) for id in ids)
                and not any(id.startswith(listed) for id in others)
                for listed in item.containers
            )
        ]
        return begun[0] if len(begun) == 1 else None

    def compartment_of(self, container: Container) -> Compartment | None:
        """The container's network compartment; None while it does not run (HNS facts 79-81)."""
        namespace = self.namespace_of(container)
        if namespace is not None and namespace.compartment_id:
            wanted = namespace.compartment_id
            there = next((item for item in self.compartments if item.id == wanted), None)
            return there or Compartment(wanted, "", namespace.guid)
        return next((item for item in self.compartments if item.container_id == container.id), None)

    def endpoints_in(self, compartment_id: int) -> tuple[Endpoint, ...]:
        """Attached endpoints whose port is in this compartment."""
        return tuple(item for item in self.endpoints if item.attached and item.compartment_id == compartment_id)

    def endpoints_of(self, container: Container) -> tuple[Endpoint, ...]:
        """Attached endpoints that this container uses, by compartment or by SharedContainers."""
        compartment = self.compartment_of(container)
        inside = self.endpoints_in(compartment.id) if compartment else ()
        shared = tuple(item for item in self.endpoints if item.attached and container.id in item.containers)
        return inside + tuple(item for item in shared if item not in inside)

    @property
    def physical_adapters(self) -> tuple[Adapter, ...]:
        """Physical adapters that are up."""
        return tuple(item for item in self.adapters if item.physical and item.status == "Up")

    def image_named(self, name: str, runtime: str = "docker") -> Image | None:
        """A runtime's image of this name; Docker's without a tag is `:latest`, containerd's has its whole name."""
        if runtime != "docker":
            own = (item for item in self.images if item.runtime_namespace == containerd.OWN)
            return next((item for item in own if item.name == name), None)
        wanted = name if ":" in name.rsplit("/", 1)[-1] else f"{name}:latest"
        return next((image for image in self.images if image.runtime == "docker" and image.name == wanted), None)

    def to_json(self) -> dict[str, Any]:
        """As `hnskit facts --json` prints it: every field, with the host's own JSON of each HNS object in `raw`."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Facts:
        """Read back the mapping of `to_json`, or of a file that `save_facts` wrote.

        Args:
            data: the mapping, also after a way through JSON text; an unknown member is refused.

        Raises:
            SnapshotError: it is not a snapshot of hnskit, or of an unknown version.
        """
        from hnskit.facts.snapshot_members import read_members  # it brings pydantic with it

        return read_members(cls, data, "Facts.from_json")

    def __repr__(self) -> str:
        counts = (("networks", self.networks), ("endpoints", self.endpoints), ("containers", self.containers))
        said = ", ".join(f"{len(items)} {name}" for name, items in counts)
        return f"<Facts of {self.target}{f' at {self.taken_at}' if self.taken_at else ''}: {said}>"


def lists_container(namespace: Namespace, container: Container) -> bool:
    """Tell whether a namespace names a container or its pod, by a whole id or its beginning (containerd fact 26)."""
    ids = [id for id in (container.id, container.pod_id) if id]
    return any(
        listed == id or (len(listed) >= _SHORTEST_ID and id.startswith(listed))
        for listed in namespace.containers
        for id in ids
    )


def plain_mac(mac: str) -> str:
    """A MAC address without its separators and case, by which two are compared (HNS fact 30)."""
    return mac.replace("-", "").replace(":", "").lower()


def unread_parts(facts: Facts) -> str:
    """Return the parts that a plan needs and the snapshot does not have."""
    return "; ".join(str(problem) for problem in facts.unread if problem.part not in _UNNEEDED)


def fact_calls(known: Facts | None = None, *, imported: bool = False) -> list[Call]:
    """The calls of one snapshot; all go in one pipeline.

    Args:
        known: a snapshot that this run has read: the parts in it that no step changes are not asked for again.
        imported: a step imports an image.
    """
    calls = [*windows.fact_calls(), *hns.fact_calls(), *docker.fact_calls(), *containerd.fact_calls()]
    steady = _steady(known, imported) if known is not None else ()
    return [call for call in calls if call.id not in steady]


def _steady(known: Facts, imported: bool) -> set[str]:
    return {part for part in _STEADY if known.knows(part)} - ({"images"} if imported else set())


def gather_facts(session: Session, *, on_progress: Callable[[str], None] | None = None) -> Facts:
    """Read everything hnskit knows of a host: one pipeline, and few WinRM requests.

    Args:
        session: from `hnskit.connect`.
        on_progress: called with the name of each part as it arrives.

    Returns:
        One snapshot of the host; what could not be read is in `problems`.

    Raises:
        ConnectError, OutcomeUnknownError: the host cannot be reached (any more).
        HostAnswerError: the host answered nonsense.

    What the host refuses to tell (Docker is not there, say) does not raise: it is named in `Facts.problems`.
    """
    results = []
    for result in invoke_calls(session, fact_calls()):
        results.append(result)
        if on_progress is not None:
            on_progress(result.id)
    return facts_from_results(session.target, results)


def facts_from_results(target: str, results: Iterable[CallResult], known: Facts | None = None) -> Facts:
    """Put a snapshot together from the results of `fact_calls`.

    Args:
        target: the host.
        results: of each call, in any order.
        known: has the parts that were not asked for.

    Returns:
        The snapshot; a part that could not be read is among its problems.

    Raises:
        HostAnswerError: a call has no result, and `known` does not have its part.
    """
    by_id = {result.id: result for result in results}
    kept = {} if known is None else {part: getattr(known, part) for part in _steady(known, False) if part not in by_id}
    missing = [call.id for call in fact_calls() if call.id not in by_id and call.id not in kept]
    if missing:
        raise HostAnswerError("the host left calls of a snapshot unanswered", got=missing, host=target)
    if "images" in kept:  # containerd's are read with its containers
        kept["images"] = tuple(image for image in kept["images"] if image.runtime == "docker")
    parts: dict[str, Any] = {**kept}
    problems: list[Problem] = []
    for name, read in (*windows.READERS.items(), *hns.READERS.items(), *docker.READERS.items()):
        if name in kept:
            continue
        try:
            parts[name] = read(by_id[name])
        except (RemoteCommandError, HostAnswerError, HnsError, DockerError) as problem:
            problems.append(Problem(name, problem.message))
            parts[name] = None if name in ("system", "hns_version", "docker") else ()
    add_node(by_id, parts, problems)
    learn_later((container.command, container.labels) for container in parts["containers"])
    return Facts(
        target=target, taken_at=datetime.now(UTC).isoformat(timespec="seconds"), problems=tuple(problems), **parts
    )
