"""JSON of `ansible-inventory --list`: groups with hosts and children, the variables of hosts in `_meta`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from hnskit.errors import Mistake, ParamsError
from hnskit.fleet.inventory_schema import InventoryFile
from hnskit.params.loading import mistake_of

_WAYS = {"winrm": "winrm", "psrp": "winrm", "ssh": "ssh", "local": "local"}
_NOT_GROUPS = ("_meta", "all", "ungrouped")


def entries(data: Mapping[str, Any], source: str) -> InventoryFile:
    """The hosts of an Ansible inventory.

    `hnskit_target`, `hnskit_set` and `hnskit_params` of a host's variables say what is hnskit's; without the first its
    target is made of ansible_connection, ansible_host, ansible_port and ansible_user. Passwords in variables are not
    read: hnskit's own are references.

    Raises:
        ParamsError: it does not have the form, or a host's variables say no target.
    """
    found: dict[str, Any] = {"hosts": [], "groups": {}}
    mistakes: list[Mistake] = []
    variables = _mapping(_mapping(data.get("_meta")).get("hostvars"))
    groups = {name: _mapping(value) for name, value in data.items() if name not in _NOT_GROUPS}
    names = list(dict.fromkeys([*variables, *(host for group in data.values() for host in _hosts(group))]))
    for name in names:
        own = _mapping(variables.get(name))
        try:
            found["hosts"].append({
                "name": name, "target": _target(name, own), "set": dict(_mapping(own.get("hnskit_set"))),
                "groups": [group for group, value in groups.items() if name in _hosts(value)],
                "params": str(own.get("hnskit_params", "")),
            })  # fmt: skip
        except ValueError as cause:
            mistakes.append(Mistake(f"{name}", str(cause)))
    found["groups"] = {
        name: [child for child in value.get("children", ()) if child not in _NOT_GROUPS]
        for name, value in groups.items() if value.get("children")
    }  # fmt: skip
    if mistakes:
        raise ParamsError(source, tuple(mistakes))
    try:
        return InventoryFile.model_validate(found)
    except ValidationError as cause:
        raise ParamsError(source, tuple(mistake_of(error) for error in cause.errors())) from cause


def _target(name: str, variables: Mapping[str, Any]) -> str:
    if variables.get("hnskit_target"):
        return str(variables["hnskit_target"])
    connection = str(variables.get("ansible_connection", "ssh")).rpartition(".")[2]
    way = _WAYS.get(connection)
    if way is None:
        raise ValueError(f"hnskit has no way like ansible_connection {connection}; set hnskit_target")
    if way == "local":
        return "local"
    place = str(variables.get("ansible_host", name))
    port = variables.get("ansible_port")
    user = f"{variables['ansible_user']}@" if way == "ssh" and variables.get("ansible_user") else ""
    return f"{way}://{user}{place}{f':{port}' if port else ''}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _hosts(group: Any) -> Iterator[str]:
    found = _mapping(group).get("hosts", ())
    return (str(host) for host in found) if isinstance(found, list | dict) else iter(())
