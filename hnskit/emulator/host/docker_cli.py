"""docker.exe of the emulated host: arguments in; exit code, stdout and stderr out, in docker's own words.

The words are those of docker's source, written from memory: byte for byte they are UNCONFIRMED. hnskit relies on exit
statuses and on JSON, never on them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from hnskit.emulator.host import docker_networks, docker_template, docker_text, programs
from hnskit.emulator.host.containers import DockerContainer, Ran, Surroundings
from hnskit.emulator.host.docker_args import Arguments, UsageError, parse
from hnskit.emulator.host.docker_commands import SYNTAX, subcommand, unknown
from hnskit.emulator.host.docker_engine import DockerEngine
from hnskit.emulator.host.docker_errors import DaemonError
from hnskit.emulator.host.docker_events import EventQuery, docker_query
from hnskit.emulator.host.faults import Faults
from hnskit.emulator.host.images import split_name

_IMPORT_SECONDS = 20.0
_PULL_SECONDS = 30.0
_RUN_SECONDS = 2.0
_STOP_SECONDS = 1.0


class DockerCli:
    """The command line over one engine."""

    def __init__(self, around: Surroundings, faults: Faults, engine: DockerEngine) -> None:
        self._around = around
        self._faults = faults
        self.engine = engine

    def run(self, words: list[str]) -> Ran:
        """One run of docker.exe."""
        name, rest = subcommand(words)
        if name not in SYNTAX:
            return unknown(words)
        try:
            arguments = parse(SYNTAX[name], rest)
            if self._faults.docker_stopped:
                return self._not_running(name, arguments)
            ran: Ran = getattr(self, "_" + name.replace(" ", "_"))(arguments)
        except UsageError as error:
            return Ran(error.exit_code, "", error.message)
        except DaemonError as error:
            return Ran(1, "", f"{error.cli_message}\n")
        return ran

    def follow(self, words: list[str]) -> EventQuery | Ran:
        """One run of `docker events` that goes on; a Ran where it ends at once."""
        try:
            arguments = parse(SYNTAX["events"], subcommand(words)[1])
            if self._faults.docker_stopped:
                return self._not_running("events", arguments)
            return docker_query(
                self.engine.events, arguments, lambda text: _since(text, self._around.clock()),
                lambda: "unexpected EOF" if self._faults.docker_stopped else "",
            )  # fmt: skip
        except UsageError as error:
            return Ran(error.exit_code, "", error.message)
        except DaemonError as error:
            return Ran(1, "", f"{error.cli_message}\n")

    def _events(self, arguments: Arguments) -> Ran:
        """Those so far, with `--until`; without it the command does not end."""
        query = docker_query(self.engine.events, arguments, lambda text: _since(text, self._around.clock()), str)
        lines = "".join(f"{line}\n" for line in query.lines_after(query.begin)[1])
        return Ran(stdout=lines, seconds=0.0 if arguments.value("until") else math.inf)

    def _not_running(self, name: str, arguments: Arguments) -> Ran:
        profile = self._around.windows_profile
        said = (
            f'error during connect: Get "http://%2F%2F.%2Fpipe%2Fdocker_engine/v{profile.docker_api}/{name}": '
            "open //./pipe/docker_engine: The system cannot find the file specified. In the default daemon "
            "configuration on Windows, the docker client must be run elevated to connect. This error may also "
            "indicate that the docker daemon is not running.\n"
        )
        stdout = self._version_text(arguments, running=False) if name == "version" else ""
        return Ran(1, stdout, said)

    def _version(self, arguments: Arguments) -> Ran:
        return Ran(stdout=self._version_text(arguments, running=True))

    def _version_text(self, arguments: Arguments, running: bool) -> str:
        answer = docker_text.version(self._around.windows_profile, running)
        if arguments.value("format"):
            return docker_template.render(arguments.value("format"), [answer])
        parts = [(who, answer[who]) for who in ("Client", "Server") if answer[who]]
        return "".join(f"{who}:\n Version:           {part['Version']}\n API version:       {part['ApiVersion']}\n"
                       f" OS/Arch:           windows/amd64\n" for who, part in parts)  # fmt: skip

    def _image_ls(self, arguments: Arguments) -> Ran:
        _no_filter(arguments)
        whole, now = "no-trunc" in arguments.switches, self._around.clock()
        wanted = split_name(arguments.rest[0]) if arguments.rest else None
        tagged = bool(arguments.rest) and ":" in arguments.rest[0].rpartition("/")[2]
        images = [item for item in self.engine.images if wanted is None or (
            item.repository == wanted[0] and (not tagged or item.tag == wanted[1]))]  # fmt: skip
        rows = [docker_text.image_row(item, now, whole) for item in images]
        columns = {"REPOSITORY": "Repository", "TAG": "Tag", "IMAGE ID": "ID", "CREATED": "CreatedSince",
                   "SIZE": "Size"}  # fmt: skip
        return Ran(stdout=_listing(arguments, rows, columns))

    def _import(self, arguments: Arguments) -> Ran:
        path, name = arguments.rest[0], arguments.rest[1] if len(arguments.rest) > 1 else ""
        id = self.engine.import_image(path, name, tuple(arguments.all("change")))
        return Ran(stdout=f"sha256:{id}\n", seconds=_IMPORT_SECONDS)

    def _pull(self, arguments: Arguments) -> Ran:
        repository, tag = split_name(arguments.rest[0])
        name, digest, newer = self.engine.pull_image(arguments.rest[0])
        status = "Downloaded newer image for" if newer else "Image is up to date for"
        path = repository.partition("/")[2] or repository
        said = f"{tag}: Pulling from {path}\nDigest: {digest}\nStatus: {status} {name}\n"
        said = "" if "quiet" in arguments.switches else said
        return Ran(stdout=f"{said}{name}\n", seconds=_PULL_SECONDS if newer else 1.0)

    def _image_rm(self, arguments: Arguments) -> Ran:
        done = [self.engine.remove_image(name) for name in arguments.rest]
        return Ran(stdout="".join(f"Untagged: {name}\n" for name in done))

    def _network_ls(self, arguments: Arguments) -> Ran:
        networks = self.engine.networks.all()
        for text in arguments.all("filter"):
            key, _, value = text.partition("=")
            if key not in ("name", "driver"):
                raise UsageError(f"hnskit emulator: docker network ls --filter {key} is not emulated\n", 1)
            networks = [item for item in networks if value in (item.name if key == "name" else item.driver)]
        rows = [docker_networks.row(item, whole="no-trunc" in arguments.switches) for item in networks]
        return Ran(stdout=_listing(arguments, rows, {"NETWORK ID": "ID", "NAME": "Name", "DRIVER": "Driver",
                                                     "SCOPE": "Scope"}))  # fmt: skip

    def _network_inspect(self, arguments: Arguments) -> Ran:
        networks, found, errors = self.engine.networks, [], ""
        for name in arguments.rest:
            network = networks.find(name)
            if network is None:
                errors += f"Error: No such network: {name}\n"
            else:
                found.append(networks.inspect(network, self.engine.containers))
        return self._inspected(arguments, found, errors)

    def _network_create(self, arguments: Arguments) -> Ran:
        return Ran(stdout=f"{self.engine.create_network(arguments)}\n")

    def _network_rm(self, arguments: Arguments) -> Ran:
        for name in arguments.rest:
            self.engine.networks.remove(name, self.engine.containers)
        return Ran(stdout="".join(f"{name}\n" for name in arguments.rest))

    def _info(self, arguments: Arguments) -> Ran:
        answer = docker_text.info(self._around.windows_profile, self.engine.containers, len(self.engine.images))
        if arguments.value("format"):
            return Ran(stdout=docker_template.render(arguments.value("format"), [answer]))
        lines = [f"{title}: {answer[key]}" for title, key in docker_text.INFO_LINES.items()]
        return Ran(stdout="\n".join([*lines, ""]))

    def _run(self, arguments: Arguments) -> Ran:
        _needs_terminal(arguments)
        try:
            container = self.engine.create(arguments)
        except DaemonError as error:
            pulled = f"Unable to find image '{_with_tag(arguments.rest[0])}' locally\n" if error.pulls else ""
            said = f"docker: Error response from daemon: {error.message}.\nSee 'docker run --help'.\n"
            return Ran(125, "", pulled + said)
        ran = self.engine.start(container)
        if ran is None:
            words = container.error
            return Ran(127, f"{container.id}\n" if container.detached else "",
                       f"docker: Error response from daemon: {words}.\n")  # fmt: skip
        if container.detached:
            return Ran(stdout=f"{container.id}\n", seconds=_RUN_SECONDS)
        output = "".join(text for _, text in container.logs)
        if container.auto_remove and not container.running:
            self.engine.remove(container)
        return Ran(ran.exit_code, output, "", ran.seconds)

    def _ps(self, arguments: Arguments) -> Ran:
        containers = self.engine.containers if "all" in arguments.switches else [
            item for item in self.engine.containers if item.running]  # fmt: skip
        for text in arguments.all("filter"):
            containers = [item for item in containers if _passes(item, text)]
        whole, now = "no-trunc" in arguments.switches, self._around.clock()
        rows = [docker_text.container_row(item, now, whole) for item in reversed(containers)]
        columns = {"CONTAINER ID": "ID", "IMAGE": "Image", "COMMAND": "Command", "CREATED": "RunningFor",
                   "STATUS": "Status", "PORTS": "Ports", "NAMES": "Names"}  # fmt: skip
        return Ran(stdout=_listing(arguments, rows, columns))

    def _inspect(self, arguments: Arguments) -> Ran:
        kind = arguments.value("type", "container")
        if kind != "container":
            raise UsageError(f"hnskit emulator: docker inspect --type {kind} is not emulated\n", 1)
        found: list[Mapping[str, Any]] = []
        errors = ""
        for name in arguments.rest:
            container = self.engine.find(name)
            if container is None:
                what = "container" if arguments.value("type") else "object"
                errors += f"Error: No such {what}: {name}\n"
            else:
                found.append(self.engine.inspect(container))
        return self._inspected(arguments, found, errors)

    @staticmethod
    def _inspected(arguments: Arguments, found: Sequence[Mapping[str, Any]], errors: str) -> Ran:
        if arguments.value("format"):
            text = docker_template.render(arguments.value("format"), found)
        else:
            text = json.dumps(found, indent=4, ensure_ascii=False) + "\n"
        return Ran(1 if errors else 0, text, errors)

    def _exec(self, arguments: Arguments) -> Ran:
        _needs_terminal(arguments)
        container = self.engine.get(arguments.rest[0])
        if not container.running:
            raise DaemonError(f"Container {container.id} is not running")
        command = arguments.rest[1:]
        for action in ("exec_create", "exec_start"):
            self.engine.tell(container, f"{action}: {' '.join(command)}")
        ran = programs.run(self._around, container, command, arguments.value("user"))
        if ran is None:
            return Ran(127, "", f"{self.engine.missing_program(container, command)}\n")
        return Ran() if "detach" in arguments.switches else ran

    def _logs(self, arguments: Arguments) -> Ran:
        container = self.engine.get(arguments.rest[0])
        since = _since(arguments.value("since"), self._around.clock())
        entries = [(moment, text) for moment, text in container.logs if moment >= since]
        tail = arguments.value("tail", "all")
        if tail != "all":
            if not tail.lstrip("-").isdigit():
                raise DaemonError(f'"{tail}" is not a number or "all"')
            entries = entries[-int(tail) :] if int(tail) > 0 else []
        stamped = "timestamps" in arguments.switches
        return Ran(stdout="".join(f"{docker_text.stamp(at)} {text}" if stamped else text for at, text in entries))

    def _rm(self, arguments: Arguments) -> Ran:
        force = "force" in arguments.switches
        return self._each(arguments, lambda item: self.engine.remove(item, force), _STOP_SECONDS)

    def _start(self, arguments: Arguments) -> Ran:
        def start(container: DockerContainer) -> None:
            if not container.running and self.engine.start(container) is None:
                raise DaemonError(container.error)

        ran = self._each(arguments, start, _RUN_SECONDS)
        if ran.exit_code:
            ran.stderr += f"Error: failed to start containers: {', '.join(arguments.rest)}\n"
        return ran

    def _stop(self, arguments: Arguments) -> Ran:
        return self._each(arguments, self.engine.stop, _STOP_SECONDS)

    def _restart(self, arguments: Arguments) -> Ran:
        def restart(container: DockerContainer) -> None:
            self.engine.stop(container)
            if self.engine.start(container) is None:
                raise DaemonError(container.error)
            self.engine.tell(container, "restart")

        return self._each(arguments, restart, _STOP_SECONDS + _RUN_SECONDS)

    def _each(self, arguments: Arguments, act: Any, seconds: float) -> Ran:
        ran = Ran()
        for name in arguments.rest:
            try:
                act(self.engine.get(name))
                ran.stdout += f"{name}\n"
                ran.seconds += seconds
            except DaemonError as error:
                ran.stderr += f"{error.cli_message}\n"
                # `docker rm --force` of what is not there ends well from 20.10 on.
                forgiven = error.missing and "force" in arguments.switches and self.engine.major >= 20
                ran.exit_code = ran.exit_code if forgiven else 1
        return ran


def _needs_terminal(arguments: Arguments) -> None:
    """Refuse -it where nobody is at a terminal: so it is in a remote shell, as in every one here."""
    if arguments.switches >= {"interactive", "tty"} and "detach" not in arguments.switches:
        said = "the input device is not a TTY.  If you are using mintty, try prefixing the command with 'winpty'\n"
        raise UsageError(said, 1)


def _listing(arguments: Arguments, rows: list[dict[str, str]], columns: Mapping[str, str]) -> str:
    if "quiet" in arguments.switches:
        return "".join(f"{row['ID']}\n" for row in rows)
    template = arguments.value("format")
    if template and template != "table":
        return docker_template.render("{{json .}}" if template == "json" else template, rows)
    return docker_text.table(rows, columns)


def _no_filter(arguments: Arguments) -> None:
    if arguments.all("filter"):
        raise UsageError("hnskit emulator: docker image ls --filter is not emulated\n", 1)


def _passes(container: DockerContainer, text: str) -> bool:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError("bad format of filter (expected name=value)\n", 1)
    if key == "name":
        return value.lstrip("/") in container.name
    if key == "status":
        return container.status == value
    if key == "id":
        return container.id.startswith(value)
    if key == "label":
        name, equals, wanted = value.partition("=")
        return name in container.labels and (not equals or container.labels[name] == wanted)
    raise DaemonError(f"Invalid filter '{key}'")


def _since(text: str, now: float) -> float:
    if not text:
        return 0.0
    units = {"s": 1, "m": 60, "h": 3600}
    if text.replace(".", "", 1).isdigit():
        return float(text)
    if text[-1] in units and text[:-1].isdigit():
        return now - int(text[:-1]) * units[text[-1]]
    try:
        return docker_text.moment(text)
    except ValueError:
        raise DaemonError(f'invalid value for "since": failed to parse value as time or duration: "{text}"') from None


def _with_tag(reference: str) -> str:
    return ":".join(split_name(reference))
