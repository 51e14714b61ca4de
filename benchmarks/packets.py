"""Real packets beside the model, on this machine: `python -m benchmarks.packets`.

The time of a redirect of two clients, the model's beside that of packets (medians of 7 runs in turns, no cut): over
WinRM, from connecting until Linux has its namespaces, wires and rules (which it else gets with the first request); its
proof, six requests by real curls; both inside the host alone; the start of the host. And where a rewrite needs source
NAT: docs/packets.md.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hnskit.applying.api import apply
from hnskit.applying.verification import Verification, verify
from hnskit.emulator.host import create_host
from hnskit.emulator.packets.helper_client import HelperClient
from tests import sample_facts
from tests.in_process_host import QUICK, HereSession, Lab

_RUNS = 7
CLIENT, PROXY, GATEWAY, ASKED = "10.0.1.20", "10.0.1.9", "10.0.1.2", "169.254.169.254"


def redirect_seconds(network: str) -> tuple[float, float, float]:
    """Seconds of the host's start, of the redirect over WinRM, and of its proof."""
    with tempfile.TemporaryDirectory() as directory:
        started = time.perf_counter()
        lab = Lab(Path(directory), seed=7, network=network)
        up = time.perf_counter()
        try:
            with lab:
                opened = time.perf_counter()
                with lab.session() as session:
                    session.open()
                    apply(session, sample_facts.desired())
                    lab.do(lambda host: host.network.bring_packets())
                    done = time.perf_counter()
                    _require(verify(session, sample_facts.desired()))
                return up - started, done - opened, time.perf_counter() - done
        finally:
            lab.host.close()


def inner_seconds(network: str) -> float:
    """Seconds of the redirect and its proof inside the host, without any wire."""
    host = create_host("lab", "ws2019", {"cut_seconds": 0, "seed": 7, "network": network})
    try:
        started = time.perf_counter()
        apply(HereSession(host), sample_facts.desired(), pace=QUICK)
        _require(verify(HereSession(host), sample_facts.desired()))
        return time.perf_counter() - started
    finally:
        host.close()


def _require(proof: Verification) -> None:
    if not proof.ok:
        raise SystemExit(proof.to_text())


def rewritten_by_the_host(*, source_nat: bool) -> str:
    """A connection that the bridge's host rewrites to another endpoint of the bridge: `taken` or `silent`."""
    helper = HelperClient()
    try:
        helper.call("bridge", name="b")
        places = {"client": (CLIENT, False), "proxy": (PROXY, False), "host": (GATEWAY, True)}
        for name, (address, forwarding) in places.items():
            helper.call("namespace", name=name)
            routes: list[dict[str, Any]] = [{"to": "10.0.1.0/24", "via": "", "metric": 0}]
            if name == "client":
                routes.append({"to": f"{ASKED}/32", "via": GATEWAY, "metric": 0})
            nic = {"bridge": "b", "addresses": [address], "forwarding": forwarding, "routes": routes}
            helper.call("plug", name=name, nics=[nic], loopback=[])
        helper.call("rules", name="host", commands=_host_rules(source_nat))
        with helper.call("listen", name="proxy", address="0.0.0.0", port=80):
            return str(helper.call("connect", name="client", address=ASKED, port=80, seconds=1.0)["end"])
    finally:
        helper.close()


def _host_rules(source_nat: bool) -> list[dict[str, Any]]:
    table = {"family": "ip", "table": "t"}
    chains = (("pre", "prerouting", -100), ("post", "postrouting", 100))
    asked = {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "daddr"}}, "right": ASKED}}
    protocol = {"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": 6}}
    commands: list[dict[str, Any]] = [{"add": {"table": {"family": "ip", "name": "t"}}}]
    commands += [{"add": {"chain": {**table, "name": name, "type": "nat", "hook": hook, "prio": priority}}}
                 for name, hook, priority in chains]  # fmt: skip
    rewrite = [asked, protocol, {"dnat": {"addr": PROXY, "port": 80}}]
    commands.append({"add": {"rule": {**table, "chain": "pre", "expr": rewrite}}})
    if source_nat:
        commands.append({"add": {"rule": {**table, "chain": "post", "expr": [{"masquerade": None}]}}})
    return commands


def main() -> None:
    """Measure, and print."""
    networks = ("model", "packets")
    seen: dict[str, list[tuple[float, ...]]] = {network: [] for network in networks}
    for _ in range(_RUNS):
        for network in networks:
            start, redirect, proof = redirect_seconds(network)
            seen[network].append((start, redirect, proof, redirect + proof, inner_seconds(network)))
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    medians = {network: [statistics.median(column) for column in zip(*seen[network], strict=True)]
               for network in networks}  # fmt: skip
    names = ("start of the host", "redirect of 2 clients up", "its proof", "both", "both, inside the host alone")
    print("| seconds | model | packets | packets / model |\n|---|---|---|---|")
    for name, model, packets in zip(names, medians["model"], medians["packets"], strict=True):
        ratio = f"{packets / model:.2f}" if model > 0.01 else ""
        print(f"| {name} | {model:.2f} | {packets:.2f} | {ratio} |")
    for source_nat in (False, True):
        said = "with" if source_nat else "without"
        print(f"rewritten on the host's side {said} source NAT: {rewritten_by_the_host(source_nat=source_nat)}")


if __name__ == "__main__":
    main()
