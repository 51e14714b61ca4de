"""Print as docker does: times, sizes, tables, templates, the objects of inspect.

Members of inspect that no print of a Windows host shows (docker-inspect-*.txt of the samples) are UNCONFIRMED.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hnskit.emulator.host.containers import ZERO_TIME, DockerContainer
from hnskit.emulator.host.images import DockerImage
from hnskit.emulator.host.profiles import Profile
from hnskit.model.wording import decimal_size


def stamp(seconds: float) -> str:
    """RFC 3339 with 100 ns, as Docker on Windows prints."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond * 10:07d}Z"


def when(seconds: float) -> str:
    """`2026-01-31 10:00:00 +0000 UTC`"""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S +0000 UTC")


def ago(seconds: float) -> str:
    """A duration in docker's words."""
    steps = ((1, "second"), (60, "minute"), (3600, "hour"), (86_400, "day"), (604_800, "week"), (2_592_000, "month"))
    if seconds < 1:
        return "Less than a second"
    size, unit = [step for step in steps if seconds >= step[0]][-1]
    count = int(seconds // size)
    if count == 1:
        return {"second": "1 second", "minute": "About a minute", "hour": "About an hour"}.get(unit, f"1 {unit}")
    return f"{count} {unit}s"


def table(rows: Sequence[Mapping[str, str]], columns: Mapping[str, str]) -> str:
    """docker's table: titles in capitals, three blanks between columns."""
    lines = [list(columns), *([row[key] for key in columns.values()] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    padded = (
        "   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
    return "".join(f"{line}\n" for line in padded)


def image_row(image: DockerImage, now: float, whole: bool) -> dict[str, str]:
    """An image as `docker image ls --format {{json .}}` has it."""
    total = decimal_size(image.content.bytes)
    return {
        "Containers": "N/A",
        "CreatedAt": when(image.created),
        "CreatedSince": f"{ago(now - image.created)} ago",
        "Digest": image.digest,
        "ID": f"sha256:{image.id}" if whole else image.id[:12],
        "Repository": image.repository,
        "SharedSize": "N/A",
        "Size": total,
        "Tag": image.tag,
        "UniqueSize": "N/A",
        "VirtualSize": total,
    }


def container_row(container: DockerContainer, now: float, whole: bool) -> dict[str, str]:
    """A container as `docker ps --format {{json .}}` has it."""
    command = " ".join(container.command)
    if not whole and len(command) > 20:
        command = command[:19] + "…"
    return {
        "Command": f'"{command}"',
        "CreatedAt": when(container.created),
        "ID": container.id if whole else container.id[:12],
        "Image": container.image_name,
        "Labels": ",".join(f"{key}={value}" for key, value in container.labels.items()),
        "LocalVolumes": "0",
        "Mounts": "",
        "Names": container.name,
        "Networks": container.network,
        "Ports": "",
        "RunningFor": f"{ago(now - container.created)} ago",
        "Size": "0B",
        "State": container.status,
        "Status": _status(container, now),
    }


def _status(container: DockerContainer, now: float) -> str:
    if container.status == "running":
        return f"Up {ago(now - container.started)}"
    if container.status == "exited":
        return f"Exited ({container.exit_code}) {ago(now - container.finished)} ago"
    return "Created"


def inspect_container(container: DockerContainer, endpoint: Mapping[str, Any], network_id: str) -> dict[str, Any]:
    """A container as `docker inspect` prints it: nothing of an endpoint made outside Docker (HNS fact 77)."""
    command = list(container.command)
    return {
        "Id": container.id,
        "Created": stamp(container.created),
        "Path": command[0] if command else "",
        "Args": command[1:],
        "State": _state(container),
        "Image": f"sha256:{container.image_id}",
        "ResolvConfPath": "",
        "HostnamePath": "",
        "HostsPath": "",
        "LogPath": rf"C:\ProgramData\docker\containers\{container.id}\{container.id}-json.log",
        "Name": f"/{container.name}",
        "RestartCount": 0,
        "Driver": "windowsfilter",
        "Platform": "windows",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "",
        "ExecIDs": None,
        "HostConfig": _host_config(container),
        "GraphDriver": {
            "Data": {"dir": rf"C:\ProgramData\docker\windowsfilter\{container.id}"},
            "Name": "windowsfilter",
        },
        "Mounts": [],
        "Config": _config(container),
        "NetworkSettings": _network_settings(container, endpoint, network_id),
    }


def _state(container: DockerContainer) -> dict[str, Any]:
    """State of `docker inspect`: what becomes of the first process."""
    running = container.status == "running"
    return {
        "Status": container.status,
        "Running": running,
        "Paused": False,
        "Restarting": False,
        "OOMKilled": False,
        "Dead": False,
        "Pid": container.pid if running else 0,
        "ExitCode": container.exit_code,
        "Error": container.error,
        "StartedAt": stamp(container.started) if container.started else ZERO_TIME,
        "FinishedAt": stamp(container.finished) if container.finished else ZERO_TIME,
    }


def _host_config(container: DockerContainer) -> dict[str, Any]:
    """HostConfig of `docker inspect`: what `docker run` was given of the host."""
    return {
        "Binds": None,
        "ContainerIDFile": "",
        "LogConfig": {"Type": "json-file", "Config": {}},
        "NetworkMode": container.network,
        "PortBindings": {},
        "RestartPolicy": {"Name": container.restart, "MaximumRetryCount": 0},
        "AutoRemove": container.auto_remove,
        "VolumeDriver": "",
        "VolumesFrom": None,
        "Dns": [],
        "DnsOptions": [],
        "DnsSearch": [],
        "ExtraHosts": None,
        "Links": None,
        "Privileged": False,
        "PublishAllPorts": False,
        "ReadonlyRootfs": False,
        "Isolation": container.isolation,
        "Memory": 0,
        "NanoCpus": 0,
    }


def _config(container: DockerContainer) -> dict[str, Any]:
    """Config of `docker inspect`: what the image and `docker run` say of the process."""
    return {
        "Hostname": container.hostname,
        "Domainname": "",
        "User": container.user,
        "AttachStdin": False,
        "AttachStdout": not container.detached,
        "AttachStderr": not container.detached,
        "Tty": False,
        "OpenStdin": False,
        "StdinOnce": False,
        "Env": list(container.environment) or None,
        "Cmd": list(container.command),
        "Image": container.image_name,
        "Volumes": None,
        "WorkingDir": "",
        "Entrypoint": None,
        "OnBuild": None,
        "Labels": dict(container.labels),
    }


def _network_settings(container: DockerContainer, endpoint: Mapping[str, Any], network_id: str) -> dict[str, Any]:
    """NetworkSettings of `docker inspect`."""
    running = container.status == "running"
    return {
        "Bridge": "",
        "SandboxID": container.sandbox,
        "HairpinMode": False,
        "LinkLocalIPv6Address": "",
        "LinkLocalIPv6PrefixLen": 0,
        "Ports": {} if running else None,
        "SandboxKey": container.id if running else "",
        "SecondaryIPAddresses": None,
        "SecondaryIPv6Addresses": None,
        "EndpointID": "",
        "Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "IPAddress": "",
        "IPPrefixLen": 0,
        "IPv6Gateway": "",
        "MacAddress": "",
        "Networks": {container.network: _network(endpoint, network_id)},
    }


def _network(endpoint: Mapping[str, Any], network_id: str) -> dict[str, Any]:
    return {
        "IPAMConfig": None,
        "Links": None,
        "Aliases": None,
        "NetworkID": network_id,
        "EndpointID": endpoint.get("Name", ""),
        "Gateway": endpoint.get("GatewayAddress", ""),
        "IPAddress": endpoint.get("IPAddress", ""),
        "IPPrefixLen": endpoint.get("PrefixLength", 0),
        "IPv6Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "MacAddress": str(endpoint.get("MacAddress", "")).replace("-", ":").lower(),
        "DriverOpts": None,
    }


def version(profile: Profile, running: bool) -> dict[str, Any]:
    """Return the output of `docker version --format {{json .}}`; without a daemon, Server is null."""
    common = {"Version": profile.docker, "ApiVersion": profile.docker_api, "Os": "windows", "Arch": "amd64"}
    kernel = f"10.0 {profile.build} ({profile.build}.1.amd64fre)"
    client = {"Platform": {"Name": "Docker Engine"}, **common, "DefaultAPIVersion": profile.docker_api,
              "GitCommit": "0000000", "GoVersion": "go1.13.10", "BuildTime": "", "Experimental": False}  # fmt: skip
    server = {"Platform": {"Name": "Docker Engine"}, "Components": None, **common, "MinAPIVersion": "1.24",
              "GitCommit": "0000000", "GoVersion": "go1.13.10", "KernelVersion": kernel, "BuildTime": ""}  # fmt: skip
    return {"Client": client, "Server": server if running else None}


INFO_LINES = {
    "Containers": "Containers", " Running": "ContainersRunning", " Stopped": "ContainersStopped", "Images": "Images",
    "Server Version": "ServerVersion", "Storage Driver": "Driver", "Default Isolation": "Isolation",
    "Kernel Version": "KernelVersion", "Operating System": "OperatingSystem", "OSType": "OSType",
    "Architecture": "Architecture", "Docker Root Dir": "DockerRootDir",
}  # fmt: skip
"""Title of a line of `docker info` -> the member that it shows; there are more lines on a real host."""


def info(profile: Profile, containers: Sequence[DockerContainer], images: int) -> dict[str, Any]:
    """`docker info --format {{json .}}`, as far as it is known here; from memory: UNCONFIRMED."""
    running = sum(item.running for item in containers)
    return {
        "Containers": len(containers),
        "ContainersRunning": running,
        "ContainersPaused": 0,
        "ContainersStopped": len(containers) - running,
        "Images": images,
        "Driver": "windowsfilter",
        "Plugins": {"Network": ["ics", "internal", "l2bridge", "l2tunnel", "nat", "null", "overlay", "private",
                                "transparent"]},
        "KernelVersion": f"10.0 {profile.build} ({profile.build}.1.amd64fre)",
        "OperatingSystem": profile.product,
        "OSType": "windows",
        "Architecture": "x86_64",
        "DockerRootDir": r"C:\ProgramData\docker",
        "ServerVersion": profile.docker,
        "Isolation": "process",
    }  # fmt: skip


def moment(text: str) -> float:
    """Seconds since 1970 of `logs --since`: a UNIX time, or RFC 3339.

    Raises:
        ValueError: it is neither.
    """
    if text.replace(".", "", 1).isdigit():
        return float(text)
    fraction = re.sub(r"(\.\d{6})\d+", r"\1", text)  # datetime reads no more than microseconds
    read = datetime.fromisoformat(fraction)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
