"""From a file to the hosts that are kept: an inventory, or the parameters of one host."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hnskit.errors import ParamsError
from hnskit.fleet.inventory import FleetHost, Inventory, load_inventory
from hnskit.fleet.inventory_text import read_inventory_text
from hnskit.params.loading import load_params
from hnskit.remote.targets import machine


def kept_hosts(path: str | Path, *, overrides: Iterable[str] = ()) -> Inventory:
    """Read an inventory, or the parameters of a host, which then stands alone in one.

    Args:
        path: the file; what it is, is told by its content.
        overrides: `key.path=value` for every host.

    Raises:
        ParamsError: it is neither, or has mistakes.
    """
    changes = tuple(overrides)
    if _is_inventory(Path(path)):
        return load_inventory(path, overrides=changes)
    params = load_params(path, overrides=changes)
    return Inventory(str(path), (FleetHost(machine(params.target), params.target, params, str(path), changes),))


def _is_inventory(path: Path) -> bool:
    try:
        found = read_inventory_text(path)
    except ParamsError:
        return path.suffix.lower() in (".csv", ".json")  # its own reader says what is wrong
    return found.is_ansible or "hosts" in found.data
