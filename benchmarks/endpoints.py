"""Time of making endpoints on one network of the emulated host, and of networks with long prefixes.

    python -m benchmarks.endpoints                  4,096 endpoints on one L2Bridge, all its MAC addresses
    python -m benchmarks.endpoints --beside FOLDER  512 as well, beside another tree of hnskit, such as an older one

Each creation is one call of HNS in this process: no wire. Times are of the processor.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

COUNT, FEW = 4096, 512
_WORK = """
import json, resource, sys, time
from hnskit.emulator.host import create_host
count = int(sys.argv[1])
host = create_host("lab", "ws2022", {"cut_seconds": 0, "seed": 1})

def made(path, body):
    text = host.hns.call("POST", path, json.dumps(body))[1]
    answer = json.loads(text)
    assert answer["Success"], text
    return answer["Output"]

network = made("/networks", {"Type": "L2Bridge", "Name": "bridge", "Subnets": [{"AddressPrefix": "10.0.0.0/16"}]})
body = {"VirtualNetwork": network["ID"], "Policies": [{"Type": "OutBoundNAT"}]}
quarters, since = [], time.process_time()
for number in range(1, count + 1):
    made("/endpoints", body)
    if number % (count // 4) == 0:
        quarters.append(time.process_time() - since)
        since = time.process_time()
print(json.dumps(quarters))
"""
_LONG = """
import json, resource, time
from hnskit.emulator.host import create_host
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
for prefix in ("10.0.0.0/16", "10.16.0.0/12", "11.0.0.0/8", "0.0.0.0/0"):
    host = create_host("lab", "ws2022", {"cut_seconds": 0, "seed": 1})
    before, since = peak(), time.perf_counter()
    sent = {"Type": "L2Bridge", "Name": "n", "Subnets": [{"AddressPrefix": prefix, "GatewayAddress": "10.16.0.1"}]}
    made = json.loads(host.hns.call("POST", "/networks", json.dumps(sent))[1])["Output"]
    end = json.loads(host.hns.call("POST", "/endpoints", json.dumps({"VirtualNetwork": made["ID"]}))[1])["Output"]
    spent = (time.perf_counter() - since) * 1000
    print(f"network {prefix} and an endpoint on it ({end['IPAddress']}): {spent:.1f} ms, {peak() - before:.1f} MB more")
"""


def run(script: str, *arguments: str, folder: str = ".") -> str:
    """What a script prints, in a process of its own that imports the hnskit of a folder."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr or f"a benchmark ended with status {done.returncode}")
    return done.stdout


def quarters(count: int, folder: str = ".") -> list[float]:
    """Seconds of each quarter of the creations."""
    found: list[float] = json.loads(run(_WORK, str(count), folder=folder))
    return found


def line(label: str, count: int, spent: list[float]) -> str:
    """A row of the table."""
    each = ", ".join(f"{seconds / (count / 4) * 1000:.2f}" for seconds in spent)
    return f"| {label} | {count} | {sum(spent):.2f} | {each} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.endpoints", description=__doc__)
    parser.add_argument("--beside", default="", metavar="FOLDER", help="another tree of hnskit")
    arguments = parser.parse_args()
    print("| tree | endpoints | seconds | ms for one, in each quarter |\n|---|---:|---:|---|")
    if arguments.beside:
        print(line(arguments.beside, FEW, quarters(FEW, arguments.beside)), flush=True)
        print(line("this one", FEW, quarters(FEW)), flush=True)
    print(line("this one", COUNT, quarters(COUNT)), flush=True)
    print(f"\n{run(_LONG)}", end="")


if __name__ == "__main__":
    main()
