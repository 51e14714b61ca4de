"""A host as containerd tells of it, as parts of a snapshot; and the words where no tool of any runtime is there."""

from __future__ import annotations

from typing import Any

from hnskit.errors import ContainerdError, HostAnswerError, RemoteCommandError
from hnskit.facts.completeness import Problem
from hnskit.model.runtime_objects import ContainerdVersion
from hnskit.remote import containerd
from hnskit.remote.session import CallResult

_NO_DOCKER = "docker.exe was not found"


def add_node(result: CallResult, parts: dict[str, Any], problems: list[Problem]) -> None:
    """Add containerd's pods and containers to the parts of a snapshot; where it is, Docker need not be."""
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
        _say_no_runtime(problems)
        return
    absent = [item for item in problems if item.part in ("docker", "images", "containers")]
    if all(_NO_DOCKER in item.message for item in absent):
        for item in absent:
            problems.remove(item)
    parts["containerd"], parts["pods"] = node.version, node.pods
    parts["containers"] = (*parts["containers"], *node.containers)
    parts["images"] = (*parts["images"], *node.images)


def _say_no_runtime(problems: list[Problem]) -> None:
    """Say of images and containers that neither Docker nor containerd's tools were there to list them."""
    for place, item in enumerate(problems):
        if item.part in ("images", "containers") and _NO_DOCKER in item.message:
            problems[place] = Problem(item.part, f"{item.message.rstrip('.')}, and neither were crictl.exe and ctr.exe")
