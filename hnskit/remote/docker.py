"""Docker, through its own command line on the host."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hnskit.errors import DockerError, HostAnswerError
from hnskit.foreign_text.escaping import flat
from hnskit.model.json_reader import JsonReader
from hnskit.model.objects import (
    Container,
    Image,
)
from hnskit.model.runtime_objects import DockerVersion
from hnskit.remote.session import Call, CallResult


def command(id: str, *arguments: str, timeout: int = 600, reads: bool = False) -> Call:
    """One run of docker.exe; `timeout` in seconds, `reads` as in `Call`."""
    return Call(id, "Invoke-HnskitDocker", {"ArgumentList": list(arguments), "TimeoutSeconds": timeout}, reads)


def fact_calls() -> list[Call]:
    """Return the calls that a snapshot makes to Docker."""
    return [
        command("docker", "version", "--format", "{{json .}}", reads=True),
        command("images", "image", "ls", "--no-trunc", "--format", "{{json .}}", reads=True),
        Call("containers", "Get-HnskitContainer", reads=True),
    ]


def import_image(id: str, path: str, image: str) -> Call:
    """Make an image of a tarball that lies on the host; takes minutes for a real base image."""
    return command(id, "import", path, image, timeout=3600)


def pull_image(id: str, image: str) -> Call:
    """Pull an image from its registry, with the host's own settings and login; takes minutes for a real base image."""
    return command(id, "pull", image, timeout=3600)


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


def execute(
    id: str, name: str, arguments: Sequence[str], *, user: str = "", timeout: int = 120, reads: bool = False
) -> Call:
    """Run a program inside a container; `reads` as in `Call`: it only looks, or asks what may be asked twice."""
    return command(id, "exec", *(["--user", user] if user else []), name, *arguments, timeout=timeout, reads=reads)


def logs(id: str, name: str, *, tail: int = 200) -> Call:
    """The last lines that a container printed."""
    return command(id, "logs", "--tail", str(tail), name, reads=True)


def output(result: CallResult) -> str:
    """Return the output of docker.

    Raises:
        DockerError: it ended with another status than 0.
        RemoteCommandError: it could not be run at all.
    """
    return _printed(result.value(), result.id)


def _printed(answer: Mapping[str, Any], what: str) -> str:
    code, stdout, stderr = _parts(answer)
    if code != 0:
        said = flat(stderr) or flat(stdout) or "it gave no reason"
        raise DockerError(f"docker ended with status {code}: {said}", exit_code=code, stderr=stderr, object=what)
    return stdout


def is_name_conflict(error: DockerError) -> bool:
    """Tell whether `docker run` found its name taken: somebody has made that container since the host was read."""
    return "is already in use by container" in error.stderr


def _parts(answer: Mapping[str, Any]) -> tuple[int, str, str]:
    try:
        return int(answer["ExitCode"]), str(answer["StdOut"]), str(answer["StdErr"])
    except (KeyError, TypeError, ValueError, OverflowError) as cause:
        raise HostAnswerError("this is not what a run of docker answers", got=answer) from cause


def finished(result: CallResult) -> tuple[int, str, str]:
    """Exit status, stdout and stderr, whatever the status."""
    return _parts(result.value())


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as cause:
        raise HostAnswerError(f"{what} is not JSON", got=text) from cause


def _needed(answer: JsonReader, key: str) -> str:
    """A text that docker always prints; KeyError where it is not there."""
    if key not in answer.json:
        raise KeyError(f"{answer.where}.{key}")
    return answer.text(key)


def _version(result: CallResult) -> DockerVersion:
    # `docker version` prints the client's part even where the daemon is not there.
    code, stdout, stderr = finished(result)
    server = JsonReader(_json(stdout, "docker version") if stdout.strip() else {}, "version").nested("Server")
    return DockerVersion(
        version=server.text("Version"),
        api_version=server.text("ApiVersion"),
        os=server.text("Os"),
        error="" if code == 0 and server.json else (flat(stderr) or "the Docker daemon did not answer"),
    )


def _image(row: object) -> Image:
    answer = JsonReader(row, "image")
    name = f"{_needed(answer, 'Repository')}:{_needed(answer, 'Tag')}"
    return Image(id=_needed(answer, "ID"), name=name, size=answer.text("Size"))


def _images(result: CallResult) -> tuple[Image, ...]:
    rows = [_json(line, "a line of docker image ls") for line in output(result).splitlines() if line.strip()]
    try:
        images = [_image(row) for row in rows]
    except KeyError as cause:
        raise HostAnswerError("this is not what docker image ls prints", got=rows) from cause
    return tuple(image for image in images if not image.name.startswith("<none>:"))


def parse_container(row: Mapping[str, Any]) -> Container:
    """A container, from one object of `docker inspect`.

    Raises:
        HostAnswerError: a member is of a wrong type.
        KeyError: a member is not there that every container has.
    """
    answer = JsonReader(row, "container")
    config, state, host = (answer.nested(key) for key in ("Config", "State", "HostConfig"))
    return Container(
        id=_needed(answer, "Id"),
        name=_needed(answer, "Name").lstrip("/"),
        image=_needed(config, "Image"),
        image_id=_needed(answer, "Image"),
        status=_needed(state, "Status"),
        command=(*_words(config, "Entrypoint"), *_words(config, "Cmd")),
        labels={key: config.nested("Labels").text(key) for key in config.nested("Labels").json},
        network_mode=host.text("NetworkMode"),
        isolation=host.text("Isolation"),
        started_at=state.text("StartedAt"),
    )


def _words(config: JsonReader, key: str) -> list[str]:
    # Not `texts`: a word of a command may have commas and blanks.
    words = config.items(key)
    if not all(isinstance(word, str) for word in words):
        raise HostAnswerError(f"{config.where}.{key} is not a list of text", got=words)
    return words


def _containers(result: CallResult) -> tuple[Container, ...]:
    # The host asks docker in several runs, if there are many containers: each has a list of its own.
    found: list[Container] = []
    for answer in result.values():
        rows = _json(_printed(answer, result.id), "docker inspect")
        try:
            found += [parse_container(row) for row in rows]
        except (KeyError, TypeError) as cause:
            raise HostAnswerError("this is not what docker inspect prints", got=rows) from cause
    return tuple(found)


READERS: dict[str, Callable[[CallResult], Any]] = {
    "docker": _version,
    "images": _images,
    "containers": _containers,
}
"""Call id of `fact_calls` -> what makes the model's objects of its result."""
