"""Many hosts as one: an inventory, a verb on each of its hosts, waves, and what hosts differ in.

inventory = hnskit.fleet.load_inventory("inventory.yaml")
for result in hnskit.fleet.run(inventory, "facts"):
    print(result.name, result.state, result.verdict)
"""

from __future__ import annotations

from hnskit.fleet.inventory import FleetHost, Inventory, load_inventory

__all__ = ["FleetHost", "Inventory", "load_inventory"]
