"""The Docker engine of the emulated host: images and containers, without the command line.

The words of its refusals are the engine's own as its source has them; that a Windows engine of this version prints them
byte for byte is UNCONFIRMED.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hnskit.emulator.host import docker_text, programs
from hnskit.emulator.host.containers import FOR_EVER, DockerContainer, Ran, Surroundings
from hnskit.emulator.host.docker_args import Arguments
from hnskit.emulator.host.docker_errors import DaemonError
from hnskit.emulator.host.docker_events import container_event
from hnskit.emulator.host.docker_networks import NAT, NONE, DockerNetworks
from hnskit.emulator.host.event_log import EventLog
from hnskit.emulator.host.faults import Faults
from hnskit.emulator.host.hns_service import HnsService
from hnskit.emulator.host.images import NANOSERVER, Disk, DockerImage, base_image_tag, denied, pulled, split_name
from hnskit.emulator.host.text import IdGenerator

_NANOSERVER = "mcr.microsoft.com/windows/nanoserver"
_ADJECTIVES = ("jovial", "wonderful", "brave", "quirky", "eager", "gracious", "happy", "sharp")
_NAMES = ("cray", "shockley", "hopper", "lovelace", "turing", "noether", "curie", "ritchie")


class DockerEngine:
    """Images and containers of one host."""

    def __init__(self, around: Surroundings, mint: IdGenerator, faults: Faults, hns: HnsService) -> None:
        self._around = around
        self._mint = mint
        self._faults = faults
        self._hns = hns
        self.disk = Disk()
        self.major = int(around.windows_profile.docker.partition(".")[0])
        self.networks = DockerNetworks(hns, self._mint.hex(), around.clock())
        self.containers: list[DockerContainer] = []
        self.events = EventLog()
        base = self._image(_NANOSERVER, base_image_tag(around.windows_profile), NANOSERVER)
        base.created = around.clock() - 6 * 86_400
        self.images: list[DockerImage] = [base]
        if base.tag != "1809":
            # The parameters' image, by its name; what it holds is the Nano Server of this Windows.
            self.images.append(replace(base, tag="1809"))

    def find(self, name: str) -> DockerContainer | None:
        """A container by name, id, or an id's beginning."""
        exact = [item for item in self.containers if name in (item.name, f"/{item.name}", item.id)]
        begins = [item for item in self.containers if name and item.id.startswith(name)]
        found = exact or begins
        return found[0] if len(found) == 1 else None

    def get(self, name: str) -> DockerContainer:
        """The same; raises DaemonError where there is none."""
        found = self.find(name)
        if found is None:
            raise DaemonError(f"No such container: {name}", missing=True)
        return found

    def running_id(self, id: str) -> str | None:
        """The whole id of a running container, from its id or its beginning."""
        found = [item.id for item in self.containers if id and item.id.startswith(id) and item.running]
        return found[0] if len(found) == 1 else None

    def image(self, reference: str) -> DockerImage | None:
        """An image by name or id."""
        repository, tag = split_name(reference)
        plain = reference.removeprefix("sha256:")
        return next((item for item in self.images if (item.repository, item.tag) == (repository, tag)
                     or (len(plain) >= 12 and item.id.startswith(plain))), None)  # fmt: skip

    def import_image(self, path: str, name: str, changes: tuple[str, ...]) -> str:
        """docker import; the id of the new image."""
        content = self.disk.tarball(path)
        if content is None:
            raise DaemonError(f"open {path}: The system cannot find the file specified.", plain=True)
        if self._faults.disk_full:
            raise DaemonError(
                r"re-exec error: exit status 1: output: write \\?\C:\ProgramData\docker\tmp\hcs: "
                "There is not enough space on the disk."
            )
        for change in changes:
            content = replace(content, command=_command_change(change))
        repository, tag = split_name(name) if name else ("<none>", "<none>")
        for image in self.images:
            if name and (image.repository, image.tag) == (repository, tag):
                image.repository = image.tag = "<none>"
        made = self._image(repository, tag, content)
        self.images.insert(0, made)
        return made.id

    def pull_image(self, reference: str) -> tuple[str, str, bool]:
        """docker pull; name, digest, and whether it is new here."""
        repository, tag = split_name(reference)
        name = f"{repository}:{tag}"
        there = self.image(name)
        if there is not None:
            return name, f"sha256:{there.id}", False
        try:
            content = pulled(name, self._around.windows_profile)
        except LookupError as error:
            raise DaemonError(str(error.args[0])) from error
        if self._faults.disk_full:
            raise DaemonError("failed to register layer: There is not enough space on the disk.")
        made = self._image(repository, tag, content)
        self.images.insert(0, made)
        return name, f"sha256:{made.id}", True

    def remove_image(self, name: str) -> str:
        """docker image rm."""
        image = self.image(name)
        if image is None:
            raise DaemonError(f"No such image: {':'.join(split_name(name))}", missing=True)
        user = next((item for item in self.containers if item.image_id == image.id), None)
        if user is not None:
            raise DaemonError(
                f'conflict: unable to remove repository reference "{name}" (must force) - container {user.id[:12]} '
                f"is using its referenced image {image.id[:12]}"
            )
        self.images.remove(image)
        return image.name

    def create(self, arguments: Arguments) -> DockerContainer:
        """The first half of docker run."""
        reference, command = arguments.rest[0], tuple(arguments.rest[1:])
        image = self.image(reference)
        if image is None:
            raise DaemonError(denied(split_name(reference)[0]), pulls=True)
        id = self._mint.hex()
        name = arguments.value("name") or self._some_name()
        taken = self.find(name)
        if taken is not None and taken.name == name:
            raise DaemonError(
                f'Conflict. The container name "/{name}" is already in use by container "{taken.id}". '
                "You have to remove (or rename) that container to be able to reuse that name"
            )
        network = arguments.value("network", NAT).replace("default", NAT)
        on = self.networks.find(network)
        if on is None and network != NAT:
            raise DaemonError(f"network {network} not found")
        isolation = arguments.value("isolation", "default").lower()
        if isolation not in ("default", "process", "hyperv"):
            raise DaemonError(f"invalid isolation '{isolation}' on windows")
        command = command or image.content.command
        if not command:
            raise DaemonError("No command specified")
        container = DockerContainer(
            id=id,
            name=name,
            image_name=reference,
            image_id=image.id,
            content=image.content,
            command=command,
            created=self._around.clock(),
            network=on.name if on is not None else network,
            network_id=on.id if on is not None else self._mint.hex(),
            labels=dict(_label(text) for text in arguments.all("label")),
            environment=tuple(arguments.all("env")),
            isolation="process" if isolation == "default" else isolation,
            user=arguments.value("user"),
            hostname=arguments.value("hostname", id[:12]),
            restart=arguments.value("restart", "no"),
            auto_remove="rm" in arguments.switches,
            detached="detach" in arguments.switches,
            tty="tty" in arguments.switches,
        )
        self.containers.append(container)
        self.tell(container, "create")
        return container

    def tell(self, container: DockerContainer, action: str, **more: str) -> None:
        """Tell of something that happened to a container."""
        self.events.add(container_event(container, action, self._around.clock(), **more))

    def start(self, container: DockerContainer) -> Ran | None:
        """Start its process; None where the image has no such program, and then `error` says so.

        A compartment appears (HNS fact 80), but for Hyper-V isolation: that one is inside the virtual machine.
        """
        container.status, container.started, container.error = "running", self._around.clock(), ""
        container.pid, container.sandbox = 1000 + 4 * self._mint.below(2000), self._mint.hex()
        if container.isolation == "process":
            self._around.windows.add_compartment(container.id)
        if container.network != NONE:
            self._join(container)
        ran = programs.run(self._around, container, list(container.command))
        if ran is None:
            container.error = self.missing_program(container, list(container.command))
            self._end(container, 127, "created")
            return None
        self.tell(container, "start")
        container.log(self._around.clock(), ran.stdout + ran.stderr)
        if ran.seconds != FOR_EVER:
            self._end(container, ran.exit_code, "exited")
        return ran

    def stop(self, container: DockerContainer) -> None:
        """Stop it: its compartment is gone (HNS fact 80)."""
        if container.running:
            self._end(container, 0, "exited")
            self.tell(container, "stop")

    def remove(self, container: DockerContainer, force: bool = False) -> None:
        """Remove it. An endpoint made outside Docker stays (HNS fact 77)."""
        if container.running:
            if not force:
                raise DaemonError(
                    f"You cannot remove a running container {container.id}. "
                    "Stop the container before attempting removal or force remove"
                )
            self.stop(container)
        self.containers.remove(container)
        self.tell(container, "destroy")

    def inspect(self, container: DockerContainer) -> dict[str, Any]:
        """As docker inspect prints it; an endpoint is shown only where Docker itself made it."""
        endpoints = self._hns.endpoints
        own = next((item.json for item in endpoints if item.id == container.endpoint_id), {})
        return docker_text.inspect_container(container, own, container.network_id)

    @staticmethod
    def missing_program(container: DockerContainer, command: list[str]) -> str:
        """Return the daemon's words for a program that is not in an image."""
        return (
            f"container {container.id} encountered an error during hcsshim::System::CreateProcess: "
            "failure in a Windows system call: The system cannot find the file specified. (0x2) extra info: "
            + json.dumps({"CommandLine": " ".join(command)}, separators=(",", ":"))
        )

    def _end(self, container: DockerContainer, code: int, status: str) -> None:
        container.status, container.finished, container.exit_code = status, self._around.clock(), code
        container.listening.clear()
        if container.endpoint_id:
            self._hns.call("DELETE", f"/endpoints/{container.endpoint_id}", "")
            container.endpoint_id = ""
        self._around.windows.remove_compartment(container.id)
        self.tell(container, "die", exitCode=str(code))

    def create_network(self, arguments: Arguments) -> str:
        """docker network create; the new id."""
        return self.networks.create(arguments, self._mint.hex(), self._around.clock())

    def _join(self, container: DockerContainer) -> None:
        """Docker's own endpoint on a network, attached with SystemType Container (HNS fact 35)."""
        hns = self._hns
        network = self.networks.hns_network(container.network)
        if network is None or container.isolation != "process":
            return
        body = {"Name": self._mint.hex(), "VirtualNetwork": network.id, "Policies": []}
        endpoint = hns.endpoints.create(body)
        container.endpoint_id = endpoint.id
        hns.call("POST", f"/endpoints/{endpoint.id}/attach",
                 json.dumps({"SystemType": "Container", "ContainerId": container.id}))  # fmt: skip

    def _image(self, repository: str, tag: str, content: Any) -> DockerImage:
        return DockerImage(self._mint.hex(), repository, tag, content, self._around.clock())

    def _some_name(self) -> str:
        while True:
            name = f"{_ADJECTIVES[self._mint.below(8)]}_{_NAMES[self._mint.below(8)]}{self._mint.below(1000)}"
            if self.find(name) is None:
                return name


def _label(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, value


def _command_change(change: str) -> tuple[str, ...]:
    word, _, rest = change.partition(" ")
    if word.upper() != "CMD":
        raise DaemonError(f"hnskit emulator: docker import --change {word} is not emulated", plain=True)
    try:
        command = json.loads(rest)
    except ValueError:
        command = ["cmd", "/S", "/C", rest]
    return tuple(str(item) for item in command)
