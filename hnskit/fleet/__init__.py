"""Many hosts as one: an inventory, a verb on each of its hosts, waves, and what hosts differ in.

inventory = hnskit.fleet.load_inventory("inventory.yaml")
for result in hnskit.fleet.run(inventory, "facts"):
    print(result.name, result.state, result.verdict)
"""

from __future__ import annotations

from hnskit.fleet.dask_cluster import dask_executor
from hnskit.fleet.fleet_frames import addresses_frame, findings_of_hosts, frame, outliers_frame
from hnskit.fleet.host_result import HostResult
from hnskit.fleet.inventory import FleetHost, Inventory, load_inventory
from hnskit.fleet.scheduling import HostStep, run
from hnskit.fleet.traits import Outlier, outliers
from hnskit.fleet.waves import Waves

__all__ = [
    "FleetHost",
    "HostResult",
    "HostStep",
    "Inventory",
    "Outlier",
    "Waves",
    "addresses_frame",
    "dask_executor",
    "findings_of_hosts",
    "frame",
    "load_inventory",
    "outliers",
    "outliers_frame",
    "run",
]
