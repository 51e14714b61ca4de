"""A host in a sentence."""

from __future__ import annotations

from hnskit.facts.host_facts import Facts


def host_line(facts: Facts) -> str:
    """Windows, HNS and runtimes of a host, as far as they are known: `Windows Server 2019, build 17763.1, HNS 9.3`."""
    system, version, docker = facts.system, facts.hns_version, facts.docker
    about = [system.product if system else "", f"build {system.build}.{system.revision}" if system else ""]
    about += [f"HNS {version[0]}.{version[1]}" if version else ""]
    about += [f"Docker {docker.version}" if docker and docker.version else ""]
    about += [f"containerd {facts.containerd.version}".strip() if facts.containerd else ""]
    return ", ".join(part for part in about if part)


def describe_host(facts: Facts) -> str:
    """Describe a host in a sentence, with the parts that could not be read."""
    name = f"{facts.system.name}: " if facts.system else ""
    problems = "".join(f" Not readable: {problem}." for problem in facts.caveats())
    return f"{facts.target} is {name}{host_line(facts)}.{problems}"
