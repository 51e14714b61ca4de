# ruff: noqa: E501 - a program, and answers as hosts put them out
"""Cost of the checks of a host's answers, beside an earlier build: facts and doctor on a host with 10,000 endpoints.

    python -m benchmarks.checks_cost OTHER_TREE            prints the seconds of both, and their ratios
    python -m benchmarks.checks_cost OTHER_TREE 2000       with another number of endpoints

Each tree runs in processes of its own, in turn; the least time of the processor of five counts, since the machine may be busy.
Facts are read from answers as a host with this many endpoints, interfaces, compartments and containers puts them out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

COUNT, TURNS = 10_000, 5
PROGRAM = r"""
import gc, json, sys, time
count = int(sys.argv[1])
try:
    from hnskit.facts.host_facts import fact_calls, facts_from_results
    from hnskit.diagnosis.doctor import diagnose
except ImportError:
    from hnskit.facts import fact_calls, facts_from_results
    from hnskit.doctor import examine as diagnose
try:
    from hnskit.remote.session import invoke_calls
except ImportError:
    from hnskit.remote.session import call_all as invoke_calls

allocator = {"Tag": "Endpoint Port", "CompartmendId": 2, "ID": "A"}
def endpoint(n):
    redirect = {"Type": "PROXY", "IP": "169.254.169.254", "Port": "80", "Destination": "10.0.0.9:80", "OutboundNat": True}
    return {"ID": f"E-{n}", "Name": f"c{n}", "VirtualNetwork": "N", "VirtualNetworkName": "bridge", "Type": "L2Bridge",
            "IPAddress": f"10.{1 + n // 62500}.{n // 250 % 250}.{1 + n % 250}", "PrefixLength": 8, "MacAddress": f"00-15-5D-{n >> 16 & 255:02X}-{n >> 8 & 255:02X}-{n & 255:02X}",
            "GatewayAddress": "10.0.0.2", "State": 2, "SharedContainers": [], "DNSServerList": "10.0.0.10",
            "Policies": [{"Type": "OutBoundNAT"}, {"Type": "L2Driver"}, redirect],
            "Resources": {"Allocators": [{**allocator, "CompartmendId": n + 2}]}}
def hns(output):
    return [{"HResult": 0, "Response": json.dumps({"Success": True, "Output": output})}]
def docker(text):
    return [{"ExitCode": 0, "StdOut": text, "StdErr": ""}]
network = {"ID": "N", "Name": "bridge", "Type": "L2Bridge", "Subnets": [{"AddressPrefix": "10.0.0.0/8", "GatewayAddress": "10.0.0.1"}]}
def container(n):
    return {"Id": f"{n:064x}", "Name": f"/c{n}", "Image": "sha256:aa", "State": {"Status": "running", "StartedAt": ""},
            "Config": {"Image": "web:1", "Entrypoint": None, "Cmd": ["srv.exe", "--port", "80", "--name", f"c{n}"], "Labels": {"app": f"c{n}"}},
            "HostConfig": {"NetworkMode": "none", "Isolation": "process"}}
answers = {
    "system": [{"ComputerName": "LAB", "ProductName": "Windows Server 2019", "Build": 17763, "Revision": 1, "PSVersion": "5.1", "Culture": "en-US", "Administrator": True, "UtcNow": "2026-01-01T00:00:00Z"}],
    "adapters": [{"Name": f"n{i}", "Description": "Hyper-V", "Index": i, "Status": "Up", "MacAddress": "00-15-5D-00-00-01", "Physical": False, "Medium": 0} for i in range(count)],
    "interfaces": [{"Index": i, "Alias": f"n{i}", "CompartmentId": i + 2, "Forwarding": "Disabled", "Mtu": 1450, "Dhcp": "Disabled", "ConnectionState": "Connected"} for i in range(count)],
    "addresses": [{"Index": 6, "Alias": "Ethernet", "IPAddress": "192.168.0.5", "PrefixLength": 24, "Origin": "Dhcp", "State": "Preferred"}],
    "routes": [{"DestinationPrefix": "0.0.0.0/0", "NextHop": "192.168.0.1", "Index": 6, "Metric": 0, "CompartmentId": 1}],
    "compartments": [{"Id": 1, "Description": "Default", "Guid": ""}] + [{"Id": i + 2, "Description": f"\\Container_{i:064x}", "Guid": ""} for i in range(count)],
    "hns_version": hns({"Major": 9, "Minor": 3}), "networks": hns([network]), "endpoints": hns([endpoint(n) for n in range(count)]), "policy_lists": hns([]),
    "docker": docker(json.dumps({"Server": {"Version": "20.10.9", "ApiVersion": "1.41", "Os": "windows"}})), "images": docker(""),
    "containers": docker(json.dumps([container(n) for n in range(count)])),
}
for call in fact_calls():  # what an older tree does not ask for is not there
    answers.setdefault(call.id, hns([]) if call.id == "namespaces" else [])
lines = [json.dumps({"id": key, "ok": True, "ms": 0, "output": value}) for key, value in answers.items()]
class Session:
    target, seconds_lost, resumes = "winrm://host", 0.0, False
    def invoke(self, *a, **k):
        yield from lines
    def close(self): pass
gc.disable()
began = time.process_time()
facts = facts_from_results("winrm://host", invoke_calls(Session(), fact_calls()))
read = time.process_time() - began
assert len(facts.endpoints) == count and not facts.problems, facts.problems
began = time.process_time()
found = diagnose(facts)
print(json.dumps({"facts": read, "doctor": time.process_time() - began, "findings": len(found)}))
"""


def measured(tree: Path, count: int) -> dict[str, float]:
    """One process on one tree."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, "-P", "-c", PROGRAM, str(count)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=tree)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main(other: str, count: int = COUNT) -> None:
    """Print the table."""
    trees = {"earlier": Path(other).resolve(), "this": Path(__file__).resolve().parent.parent}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in trees}
    for _ in range(TURNS):
        for name, tree in trees.items():
            runs[name].append(measured(tree, count))
    for what in ("facts", "doctor"):
        least = {name: min(one[what] for one in found) for name, found in runs.items()}
        ratio = least["this"] / least["earlier"]
        print(
            f"{what}, {count} endpoints: earlier {least['earlier']:.3f} s, this {least['this']:.3f} s, ratio {ratio:.3f}"
        )


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
