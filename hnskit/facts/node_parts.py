"""A host as containerd tells of it, as parts of a snapshot; and the words where no tool of any runtime is there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from hnskit.errors import ContainerdError, HostAnswerError, RemoteCommandError
from hnskit.facts.completeness import Problem
from hnskit.model.runtime_objects import ContainerdVersion
from hnskit.remote import containerd
from hnskit.remote.session import CallResult

_NO_DOCKER = "Hnskit.DockerMissing"
"""Beginning of the id of an error: docker.exe is not on PATH."""

_NO_TOOL = "and neither were crictl.exe and ctr.exe: install Docker, or one of these on PATH or beside containerd.exe"


def add_node(results: Mapping[str, CallResult], parts: dict[str, Any], problems: list[Problem]) -> None:
    """Add containerd's pods and containers to the parts of a snapshot; where it is, Docker need not be.

    Args:
        results: of the calls of a snapshot, by the name of the part that each reads.
        parts: of the snapshot so far.
        problems: the parts that could not be read so far; changed likewise.
    """
    result = results["containerd"]
    without_docker = {
        part for part in ("docker", "images", "containers") if part in results and _lacks_docker(results[part])
    }
    try:
        node = containerd.read_node(result)
    except RemoteCommandError as problem:
        problems.append(Problem("containerd", problem.message))
        return
    except (HostAnswerError, ContainerdError) as problem:  # its tools are there, and what they said is of no use
        problems.append(Problem("containerd", problem.message))
        node = containerd.ContainerdAnswer(version=ContainerdVersion("", error=problem.message))
    problems += [Problem("containerd", said) for said in node.refusals]
    if node.version is None:
        _say_no_runtime(problems, without_docker)
        return
    absent = [item for item in problems if item.part in ("docker", "images", "containers")]
    if all(item.part in without_docker for item in absent):
        for item in absent:
            problems.remove(item)
    parts["containerd"], parts["pods"] = node.version, node.pods
    parts["containers"] = (*parts["containers"], *node.containers)
    parts["images"] = (*parts["images"], *node.images)


def _lacks_docker(result: CallResult) -> bool:
    return result.error is not None and result.error.error_id.startswith(_NO_DOCKER)


def _say_no_runtime(problems: list[Problem], without_docker: Collection[str]) -> None:
    """Say of images and containers that neither Docker nor containerd's tools were there to list them."""
    for place, item in enumerate(problems):
        if item.part in ("images", "containers") and item.part in without_docker:
            problems[place] = Problem(item.part, f"{item.message.rstrip('.')}, {_NO_TOOL}")
