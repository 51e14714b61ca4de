"""Docker, through its own command line on the host."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hnskit.errors import DockerError, HostAnswerError
from hnskit.model import Container, Docker, Image
from hnskit.remote.session import Call, CallResult


def command(id: str, *arguments: str, timeout: int = 600, reads: bool = False) -> Call:
    """One run of docker.exe; `timeout` in seconds, `reads` as in `Call`."""
    return Call(id, "Invoke-HnskitDocker", {"ArgumentList": list(arguments), "TimeoutSeconds": timeout}, reads)


def fact_calls() -> list[Call]:
    """What a snapshot asks of Docker."""
    return [
        command("docker", "version", "--format", "{{json .}}", reads=True),
        command("images", "image", "ls", "--no-trunc", "--format", "{{json .}}", reads=True),
        Call("containers", "Get-HnskitContainer", reads=True),
    ]


def import_image(id: str, path: str, image: str) -> Call:
    """Make an image of a tarball that lies on the host; takes minutes for a real base image."""
    return command(id, "import", path, image, timeout=3600)


def remove_image(id: str, image: str) -> Call:
    """Remove an image under this name."""
    return command(id, "image", "rm", image)


def run_container(
    id: str, name: str, image: str, arguments: Sequence[str], *, labels: Mapping[str, str], isolation: str = ""
) -> Call:
    """Start a container that Docker gives no network (its endpoint comes from HNS)."""
    options = ["--detach", "--name", name, "--network", "none"]
    for key, value in labels.items():
        options += ["--label", f"{key}={value}"]
    if isolation:
        options += ["--isolation", isolation]
    return command(id, "run", *options, image, *arguments)


def start_container(id: str, container: str) -> Call:
    """Start a container that is there but does not run; it gets a new compartment (HNS fact 81)."""
    return command(id, "start", container)


def stop_container(id: str, container: str) -> Call:
    """Stop a container; its compartment goes (HNS fact 80)."""
    return command(id, "stop", container)


def remove_container(id: str, container: str) -> Call:
    """Stop and remove a container; its HNS endpoint stays (HNS fact 77)."""
    return command(id, "rm", "--force", container)


def execute(id: str, name: str, arguments: Sequence[str], *, user: str = "", timeout: int = 120) -> Call:
    """Run a program inside a container."""
    return command(id, "exec", *(["--user", user] if user else []), name, *arguments, timeout=timeout)


def logs(id: str, name: str, *, tail: int = 200) -> Call:
    """The last lines that a container printed."""
    return command(id, "logs", "--tail", str(tail), name, reads=True)


def output(result: CallResult) -> str:
    """What docker printed.

    Raises:
        DockerError: it ended with another status than 0.
        RemoteCommandError: it could not be run at all.
    """
    answer = result.value()
    code, stdout, stderr = _parts(answer)
    if code != 0:
        said = stderr.strip() or stdout.strip() or "it gave no reason"
        raise DockerError(f"docker ended with status {code}: {said}", exit_code=code, stderr=stderr, object=result.id)
    return stdout


def is_name_conflict(error: DockerError) -> bool:
    """Whether `docker run` found its name taken: somebody has made that container since the host was read."""
    return "is already in use by container" in error.stderr


def _parts(answer: Mapping[str, Any]) -> tuple[int, str, str]:
    try:
        return int(answer["ExitCode"]), str(answer["StdOut"]), str(answer["StdErr"])
    except (KeyError, TypeError, ValueError) as cause:
        raise HostAnswerError("this is not what a run of docker answers", got=answer) from cause


def finished(result: CallResult) -> tuple[int, str, str]:
    """Exit status, stdout and stderr, whatever the status."""
    return _parts(result.value())


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as cause:
        raise HostAnswerError(f"{what} is not JSON", got=text) from cause


def _version(result: CallResult) -> Docker:
    # `docker version` prints the client's part even where the daemon is not there.
    code, stdout, stderr = finished(result)
    answer = _json(stdout, "docker version") if stdout.strip() else {}
    server = answer.get("Server") or {}
    return Docker(
        version=server.get("Version", ""),
        api_version=server.get("ApiVersion", ""),
        os=server.get("Os", ""),
        error="" if code == 0 and server else (stderr.strip() or "the Docker daemon did not answer"),
    )


def _images(result: CallResult) -> tuple[Image, ...]:
    rows = [_json(line, "a line of docker image ls") for line in output(result).splitlines() if line.strip()]
    return tuple(
        Image(id=row["ID"], name=f"{row['Repository']}:{row['Tag']}", size=row.get("Size", ""))
        for row in rows
        if row["Repository"] != "<none>"
    )


def parse_container(row: Mapping[str, Any]) -> Container:
    """A container, from one object of `docker inspect`."""
    config, state, host = row["Config"], row["State"], row["HostConfig"]
    return Container(
        id=row["Id"],
        name=row["Name"].lstrip("/"),
        image=config["Image"],
        image_id=row["Image"],
        status=state["Status"],
        command=(*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ())),
        labels=dict(config.get("Labels") or {}),
        network_mode=host.get("NetworkMode", ""),
        isolation=host.get("Isolation", ""),
        started_at=state.get("StartedAt", ""),
    )


def _containers(result: CallResult) -> tuple[Container, ...]:
    rows = _json(output(result), "docker inspect")
    try:
        return tuple(parse_container(row) for row in rows)
    except (KeyError, TypeError, AttributeError) as cause:
        raise HostAnswerError("this is not what docker inspect prints", got=rows) from cause


READERS: dict[str, Callable[[CallResult], Any]] = {
    "docker": _version,
    "images": _images,
    "containers": _containers,
}
"""Call id of `fact_calls` -> what makes the model's objects of its result."""
