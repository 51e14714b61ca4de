"""A host in a sentence."""

from __future__ import annotations

from hnskit.facts.host_facts import Facts


def describe_host(facts: Facts) -> str:
    """What host it is, in a sentence, and what could not be read of it."""
    system, version, docker = facts.system, facts.hns_version, facts.docker
    about = [f"{system.name}: {system.product}, build {system.build}.{system.revision}" if system else ""]
    about += [f"HNS {version[0]}.{version[1]}" if version else ""]
    about += [f"Docker {docker.version}" if docker and docker.version else ""]
    problems = "".join(f" Not readable: {problem}." for problem in facts.caveats())
    return f"{facts.target} is {', '.join(part for part in about if part)}.{problems}"
