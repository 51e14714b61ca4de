"""Preflight: is this host fit for the redirect? Findings about a snapshot, before any change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from ipaddress import ip_address, ip_network

from hnskit.errors import HostAnswerError, PreflightError
from hnskit.facts.finding import Finding
from hnskit.facts.host_facts import Facts, unread_parts
from hnskit.foreign_text.escaping import join_lines
from hnskit.model import hns_json
from hnskit.model.objects import Network, Policy
from hnskit.params.desired import ALL_PARTS, Desired
from hnskit.planning.blockers import Blocker, blockers, build_blocker, network_blockers, runtime_blocker, uplinks
from hnskit.planning.interruption import risks
from hnskit.planning.provenance import Provenance
from hnskit.planning.setup import plan


def preflight(
    desired: Desired, facts: Facts, *, missing: Collection[str] = (), made: Provenance | None = None
) -> tuple[Finding, ...]:
    """Look at everything that could stand in the way.

    Args:
        desired: from `desired_from`.
        facts: from `gather_facts`.
        missing: from `missing_tarballs`; what a snapshot does not tell.
        made: from `made_on`: what hnskit left behind itself does not stand in its way.

    Returns:
        Findings of severity ok, warning (goes on) and error (nothing must be changed).
    """
    found: list[Finding] = []
    for check in (_readable, _windows, _hns, _runtime, _network, _risk, _isolation, _elsewhere):
        found += check(desired, facts)
    found += _tarballs(desired, missing)
    return (*found, *_plan(desired, facts, made))


def require_fit(findings: Iterable[Finding], *, host: str = "") -> None:
    """Stop unless the host is fit.

    Args:
        findings: from `preflight`.
        host: the target, for the error.

    Raises:
        PreflightError: naming every finding of severity error.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        said = [f"  {_sentence(f'{one.object}: {one.message}')} {one.next_step}".rstrip() for one in errors]
        raise PreflightError(join_lines(["the host is not fit, nothing was changed:", *said]), host=host)


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _readable(_: Desired, facts: Facts) -> Iterator[Finding]:
    docker = facts.docker
    for problem in facts.unread:
        if docker and docker.error and problem.part in ("images", "containers"):
            continue  # without Docker they cannot be read: that is the cause, and a finding of its own
        yield Finding("readable", "error", problem.part or "host", f"could not be read ({problem})")


def _windows(_: Desired, facts: Facts) -> Iterator[Finding]:
    system = facts.system
    if system is None:
        return
    if blocker := build_blocker(facts):
        yield _error(blocker)
    else:
        yield Finding("build", "ok", "Windows", f"{system.product} ({system.build}.{system.revision})")
    if system.administrator:
        yield Finding("administrator", "ok", "account", "is an administrator")
    else:
        yield Finding(
            "administrator",
            "error",
            "account",
            "is not an administrator, and HNS serves administrators only",
            next_step="Use another account.",
        )


def _hns(_: Desired, facts: Facts) -> Iterator[Finding]:
    if facts.hns_version is None:
        yield Finding("hns", "warning", "HNS", "does not tell its version, as before 1803")
    else:
        yield Finding("hns", "ok", "HNS", f"version {facts.hns_version[0]}.{facts.hns_version[1]}")


def _runtime(desired: Desired, facts: Facts) -> Iterator[Finding]:
    docker, node = facts.docker, facts.containerd
    if blocker := runtime_blocker(desired, facts):
        yield _error(blocker)
    elif desired.runtime == "containerd":
        version = f"version {node.version}" if node and node.version else "is there"
        yield Finding("containerd", "ok", "containerd", version)
    elif docker is None or docker.error:
        reason = docker.error if docker else "is not there"
        yield Finding("docker", "error", "Docker", reason, next_step="Start the service: Start-Service docker")
    else:
        yield Finding("docker", "ok", "Docker", f"version {docker.version}")


def _network(desired: Desired, facts: Facts) -> Iterator[Finding]:
    """The adapter and the subnet of a bridge that is not there yet."""
    if not desired.has_network or facts.networks_named(desired.network.name):
        return
    found = [_error(blocker) for blocker in network_blockers(desired, facts)]
    for adapter in uplinks(desired, facts)[:1] if all(finding.check != "adapter" for finding in found) else ():
        is_up = adapter.status == "Up"
        said = "is physical and up" if is_up else f"is physical, and not up ({adapter.status})"
        yield Finding("adapter", "ok" if is_up else "warning", f"adapter {adapter.name}", said)
    yield from found


def _error(blocker: Blocker) -> Finding:
    return Finding(blocker.id, "error", blocker.object, blocker.message, next_step=blocker.next_step)


def _tarballs(desired: Desired, missing: Collection[str]) -> Iterator[Finding]:
    for image, path in dict.fromkeys((item.image, item.import_path) for item in desired.containers):
        if path in missing:
            yield Finding(
                "image",
                "error",
                f"image {image}",
                f"is not on the host, and the tarball {path}, from which it is to be imported, is not there",
                next_step="Copy it to the host, or correct proxy.import.",
            )


def _risk(desired: Desired, facts: Facts) -> Iterator[Finding]:
    """Warn of what the move of the adapter's address may lose (HNS fact 67)."""
    if not desired.has_network or facts.networks_named(desired.network.name):
        return  # the bridge is there: nothing moves any more
    for risk in risks(desired, facts):
        yield Finding(risk.id, "warning", risk.object, risk.message, next_step=risk.next_step)


def _isolation(desired: Desired, _: Facts) -> Iterator[Finding]:
    for container in desired.containers:
        if container.isolation == "hyperv":
            yield Finding(
                "isolation",
                "warning",
                f"container {container.name}",
                "has Hyper-V isolation: a proxy policy there is UNCONFIRMED (HNS fact 54b)",
                next_step="Use isolation: process.",
            )


def _plan(desired: Desired, facts: Facts, made: Provenance | None) -> Iterator[Finding]:
    """Return the refusals of the plan that no earlier finding explains."""
    if unread_parts(facts):
        return  # from half a host nothing may be concluded
    refused = plan(desired, facts, parts=ALL_PARTS, made=made).refused
    said = {blocker.reason for blocker in blockers(desired, facts)}
    for step in refused:
        if step.reason not in said:
            yield Finding("plan", "error", f"{step.kind} {step.name}", step.reason)
    if not refused:
        yield Finding("plan", "ok", "plan", "nothing that is there stands in the way")


def _elsewhere(desired: Desired, facts: Facts) -> Iterator[Finding]:
    """Name redirects of today that lead to another host: what listens there is in nothing that this one shows."""
    if not (facts.knows("endpoints") and facts.knows("addresses")):
        return
    here = {*(item.address for item in facts.endpoints), *(item.address for item in facts.addresses)}
    for endpoint in facts.endpoints:
        target = next((found for found in map(_target, endpoint.proxies) if found and found[0] not in here), None)
        network = next((item for item in facts.networks if item.id == endpoint.network_id), None)
        if target is None or network is None or network.name != desired.network.name or _holds(network, target[0]):
            continue
        yield Finding(
            "target",
            "warning",
            f"endpoint {endpoint.name or endpoint.id}",
            f"it is redirected to {target[0]}:{target[1]}, an address of another host: whether anything listens there "
            "cannot be known from here, and only a request from inside its container tells",
            next_step="If that proxy is the one that is wanted, leave this host as it is: hnskit leads clients to a "
            "proxy container of the host itself.",
        )


def _target(policy: Policy) -> tuple[str, int] | None:
    try:
        return hns_json.proxy_settings(policy).target
    except HostAnswerError:
        return None


def _holds(network: Network, address: str) -> bool:
    try:
        place = ip_address(address)
        return any(place in ip_network(item.prefix, strict=False) for item in network.subnets)
    except ValueError:
        return True
