"""Parts of the specs: a filter tuple, a collector of mistakes, values as a host prints them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from hnskit.errors import Mistake
from hnskit.model.policies.values import ports_problem, prefixes_problem, protocols_problem

_PRIORITIES = 65535


class MistakeCollector:
    """Collects what is wrong."""

    def __init__(self) -> None:
        self.found: list[Mistake] = []

    def __call__(self, path: str, value: str, problem: str) -> None:
        """One finding: what a field says, and what is wrong with it; "" for nothing."""
        if problem:
            self.found.append(Mistake(path, problem, value))

    def given(self, path: str, value: str, problem: Any) -> None:
        """Only where there is a value."""
        if value:
            self(path, value, problem(value))


@dataclass(frozen=True, slots=True)
class FilterTuple:
    """A filter tuple: texts with commas, as HNS has them; "" for any."""

    protocols: str = ""
    local_addresses: str = ""
    remote_addresses: str = ""
    local_ports: str = ""
    remote_ports: str = ""
    priority: int = 0

    KEYS: ClassVar[Mapping[str, str]] = {
        "protocols": "Protocols",
        "local_addresses": "LocalAddresses",
        "remote_addresses": "RemoteAddresses",
        "local_ports": "LocalPorts",
        "remote_ports": "RemotePorts",
        "priority": "Priority",
    }

    def _check_tuple(self, check: MistakeCollector) -> None:
        check.given("protocols", self.protocols, protocols_problem)
        for name in ("local_addresses", "remote_addresses"):
            check.given(name, getattr(self, name), lambda text: prefixes_problem(text.split(",")))
        for name in ("local_ports", "remote_ports"):
            check.given(name, getattr(self, name), ports_problem)
        if not 0 <= self.priority <= _PRIORITIES:
            check("priority", str(self.priority), f"is not from 0 to {_PRIORITIES}")

    def _tuple(self) -> dict[str, Any]:
        return {key: value for name, key in self.KEYS.items() if (value := getattr(self, name))}

    @classmethod
    def _read_tuple(cls, said: Mapping[str, Any]) -> dict[str, Any]:
        texts = {name: text_in(said.get(key)) for name, key in FilterTuple.KEYS.items() if name != "priority"}
        priority = said.get("Priority")
        return {**texts, "priority": priority if isinstance(priority, int) else 0}


def text_in(value: Any) -> str:
    """A text; a list of them with commas, "" for what is none."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return "" if value is None or isinstance(value, bool | Mapping) else str(value)


def texts_in(value: Any) -> tuple[str, ...]:
    """Texts, of a list or with commas; () for what is neither."""
    if isinstance(value, str):
        return tuple(item.strip() for item in value.split(",") if item.strip())
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()


def mapping_in(value: Any) -> Mapping[str, Any]:
    """An object; {} for what is none."""
    return value if isinstance(value, Mapping) else {}
