"""Time of explain and of loading a snapshot, on a host with 10,000 endpoints of three policies each.

    python -m benchmarks.explain            prints the table
    python -m benchmarks.explain 2000       with another number of endpoints

A trace is one connection through the snapshot's index; an explanation is up to three traces and their words. Loading is
compared with `json.loads` and a DataFrame of the same text, which is what a script would do by hand. Times are of the
processor, so that a busy machine does not change them.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pandas as pd

from hnskit.diagnosis.datapath import Tracer
from hnskit.diagnosis.explaining import Explainer
from hnskit.facts.anything import load_facts
from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot import save_facts
from hnskit.model import hns_json
from hnskit.model.objects import Adapter, Address, Compartment, Container, Interface, Route

SAMPLE = (
    Path(__file__).parent.parent / "tests/samples/hns/endpoints/overlay-ws2019-9.3-swarm-attached-10.0.0.4-5bccb19.json"
)
METADATA = "169.254.169.254"
TRACES = 2_000


def host(count: int, *, resources: bool) -> Facts:
    """A host whose endpoints are as a real host printed one, with or without their allocators."""
    sample = json.loads(SAMPLE.read_text(encoding="utf-8"))
    network = {"ID": "N", "Name": "bridge", "Type": "L2Bridge",
               "Subnets": [{"AddressPrefix": "10.0.0.0/8", "GatewayAddress": "10.0.0.1"}]}  # fmt: skip
    proxy, gateway = "10.200.0.9", "10.0.0.2"
    nat, driver = {"Type": "OutBoundNAT"}, {"Type": "L2Driver"}
    redirect = {"Type": "PROXY", "IP": METADATA, "Port": "80", "Destination": f"{proxy}:80", "OutboundNat": True}

    def endpoint(
        number: int, name: str, address: str, compartment: int, *policies: Mapping[str, object]
    ) -> dict[str, object]:
        port = {**sample["Resources"]["Allocators"][0], "CompartmendId": compartment}
        others = sample["Resources"]["Allocators"][1:] if resources else []
        return {**sample, "ID": f"E-{number}", "Name": name, "VirtualNetwork": "N", "VirtualNetworkName": "bridge",
                "Type": "L2Bridge", "IPAddress": address, "PrefixLength": 8, "GatewayAddress": gateway,
                "SharedContainers": [], "Policies": list(policies),
                "Resources": {**sample["Resources"], "Allocators": [port, *others]}}  # fmt: skip

    rows = [
        endpoint(0, "gateway", gateway, 1, driver, nat, nat),
        endpoint(1, "proxy", proxy, 2, nat, driver, driver),
        *(endpoint(n, f"c{n}", f"10.{1 + n // 62500}.{n // 250 % 250}.{1 + n % 250}", n + 1, nat, driver, redirect)
          for n in range(2, count)),
    ]  # fmt: skip
    names = ["proxy", *(f"c{n}" for n in range(2, count))]
    return Facts(
        "winrm://host",
        adapters=(Adapter("vEthernet (gateway)", "Hyper-V", 30, "Up", "00-15-5D-00-00-02", False),),
        interfaces=(Interface(30, "vEthernet (gateway)", 1, True, 1450, False, True),),
        addresses=(Address(6, "Ethernet", "192.168.0.5", 24, "Dhcp"), Address(30, "vEthernet (gateway)", gateway, 8, "Manual")),  # noqa: E501
        routes=(Route("0.0.0.0/0", "192.168.0.1", 6, 0), Route(f"{METADATA}/32", "192.168.0.1", 6, 0),
                Route("10.0.0.0/8", "0.0.0.0", 30, 256), Route(f"{METADATA}/32", gateway, 40, 1, 2),
                Route("10.0.0.0/8", "0.0.0.0", 40, 256, 2)),
        compartments=(Compartment(1, "Default Compartment"),
                      *(Compartment(n + 2, rf"\\Container_C-{name}".replace("\\\\", "\\")) for n, name in enumerate(names))),  # noqa: E501
        networks=(hns_json.parse_network(network),),
        endpoints=tuple(hns_json.parse_endpoint(row) for row in rows),
        containers=tuple(Container(f"C-{name}", name, "image", "sha256:0", "running") for name in names),
    )  # fmt: skip


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """The best of some runs."""
    best = float("inf")
    for _ in range(times):
        since = time.process_time()
        work()
        best = min(best, time.process_time() - since)
    return best


def each(work: Callable[[int], object], count: int) -> tuple[float, float]:
    """Mean and longest of many runs, in milliseconds."""
    spent = []
    for number in range(count):
        since = time.process_time()
        work(number)
        spent.append((time.process_time() - since) * 1000)
    return sum(spent) / count, max(spent)


def _frame(text: str, *, in_snapshot: bool) -> pd.DataFrame:
    """The endpoints of a file by the shortest way that there is."""
    data = json.loads(text)
    return pd.DataFrame(data["endpoints"] if in_snapshot else data)


def main(count: int = 10_000) -> None:
    """Print the figures."""
    print(f"{count} endpoints, 3 policies each\n")
    for resources in (True, False):
        facts = host(count, resources=resources)
        kind = "with all allocators" if resources else "with the port only"
        with tempfile.TemporaryDirectory() as folder:
            own = save_facts(facts, Path(folder) / "host.json")
            dump = Path(folder) / "endpoints.json"
            dump.write_text(json.dumps([dict(item.raw) for item in facts.endpoints]), encoding="utf-8")
            for name, path in (("snapshot", own), ("ConvertTo-Json dump", dump)):
                text = path.read_text(encoding="utf-8")
                plain = seconds(partial(_frame, text, in_snapshot=path == own))
                ours = seconds(partial(load_facts, path))
                print(f"{name}, {kind}: {len(text) / 1e6:.1f} MB; json.loads + DataFrame {plain * 1000:.0f} ms; "
                      f"loading {ours * 1000:.0f} ms = {ours / plain:.2f}x")  # fmt: skip
    tracer = Tracer(facts)
    clients = [item for item in facts.containers if item.name != "proxy"]
    trace, longest = each(lambda n: tracer.trace(clients[n * 7 % len(clients)], METADATA, 80), TRACES)
    print(f"\nindexing: {seconds(lambda: Tracer(facts)) * 1000:.0f} ms, once")
    print(f"a trace: {trace:.3f} ms on average, {longest:.3f} ms at most, of {TRACES}")
    explainer = Explainer(facts)
    mean, longest = each(lambda n: explainer.explain(clients[n * 7 % len(clients)], METADATA, port=80), TRACES)
    print(f"an explanation of three segments: {mean:.3f} ms on average, {longest:.3f} ms at most")
    from hnskit.diagnosis.doctor import diagnose

    print(f"doctor: {seconds(lambda: diagnose(facts), 1) * 1000:.0f} ms for {count} endpoints")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
