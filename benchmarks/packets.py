"""Real packets beside the model, on this machine: `python -m benchmarks.packets`.

The time of a redirect of two clients that is set up and proved, the model's beside that of packets (medians of 5 runs,
no wire, no cut), with the start of the host and without; and where a rewrite needs source NAT: docs/packets.md.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from hnskit.applying.api import apply
from hnskit.applying.verification import verify
from hnskit.emulator.host import create_host
from hnskit.emulator.packets.helper_client import HelperClient
from tests import sample_facts
from tests.in_process_host import QUICK, HereSession

_RUNS = 5
CLIENT, PROXY, GATEWAY, ASKED = "10.0.1.20", "10.0.1.9", "10.0.1.2", "169.254.169.254"


def redirect_seconds(network: str) -> tuple[float, float]:
    """Seconds of the host's start, and of the redirect with its proof."""
    started = time.perf_counter()
    host = create_host("lab", "ws2019", {"cut_seconds": 0, "seed": 7, "network": network})
    up = time.perf_counter()
    try:
        apply(HereSession(host), sample_facts.desired(), pace=QUICK)
        if not (proof := verify(HereSession(host), sample_facts.desired())).ok:
            raise SystemExit(proof.to_text())
        return up - started, time.perf_counter() - up
    finally:
        host.close()


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
    medians = {}
    for network in ("model", "packets"):
        runs = [redirect_seconds(network) for _ in range(_RUNS)]
        start, redirect = (statistics.median(column) for column in zip(*runs, strict=True))
        medians[network] = redirect
        print(f"{network}: start {start:.2f} s, redirect of 2 clients with its proof {redirect:.2f} s", flush=True)
    print(f"packets / model, the redirect: {medians['packets'] / medians['model']:.2f}")
    for source_nat in (False, True):
        said = "with" if source_nat else "without"
        print(f"rewritten on the host's side {said} source NAT: {rewritten_by_the_host(source_nat=source_nat)}")


if __name__ == "__main__":
    main()
