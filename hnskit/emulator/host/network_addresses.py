"""The IPv4 and MAC addresses of one network: which are free, and which are held. None is ever listed."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence

from hnskit.emulator.host.number_pool import NumberPool

Below = Callable[[int], int]
"""Gives a number by chance, from 0 to its argument - 1."""


class SubnetAddresses:
    """The addresses of a network's subnets."""

    def __init__(self, subnets: Sequence[ipaddress.IPv4Network], reserved: Iterable[str]) -> None:
        """`reserved`: those that no endpoint may have (HNS facts 70, 73)."""
        self._reserved = set(reserved)
        self._held: set[str] = set()
        self._pools: list[tuple[ipaddress.IPv4Network, NumberPool]] = []
        for prefix in subnets:
            self.add(prefix, ())

    def add(self, subnet: ipaddress.IPv4Network, reserved: Iterable[str]) -> None:
        """Another subnet, with what is reserved of it; what is held of it already stays so."""
        self._pools.append((subnet, NumberPool(subnet.num_addresses)))
        self._reserved |= set(reserved)
        for address in self._reserved | self._held:
            self._in_pool(address, NumberPool.take)

    def drop(self, subnet: ipaddress.IPv4Network) -> None:
        """A subnet is gone."""
        self._pools = [(prefix, pool) for prefix, pool in self._pools if prefix != subnet]

    def __contains__(self, address: str) -> bool:
        """Tell whether an address is held, or reserved."""
        return address in self._held or address in self._reserved

    @property
    def held(self) -> frozenset[str]:
        """Those that endpoints have."""
        return frozenset(self._held)

    def draw(self, below: Below, taken: Callable[[str], bool]) -> str:
        """A free address of the first subnet, which is held from now on; "" where there is none.

        Args:
            below: chance.
            taken: tells whether somebody outside this network has an address.
        """
        if not self._pools:
            return ""
        prefix, pool = self._pools[0]
        passed: list[int] = []
        address = ""
        while (number := pool.draw(below)) is not None:
            address = str(prefix[number])
            if not taken(address):
                self._held.add(address)
                break
            passed.append(number)
            address = ""
        for number in passed:
            pool.give_back(number)
        return address

    def hold(self, address: str) -> None:
        """An endpoint has it; it may be outside of all subnets."""
        self._held.add(address)
        self._in_pool(address, NumberPool.take)

    def release(self, address: str) -> None:
        """The endpoint is gone."""
        if address in self._held:
            self._held.remove(address)
            if address not in self._reserved:
                self._in_pool(address, NumberPool.give_back)

    def _in_pool(self, address: str, do: Callable[[NumberPool, int], bool]) -> None:
        number = int(ipaddress.IPv4Address(address))
        for prefix, pool in self._pools:
            do(pool, number - int(prefix.network_address))


class MacRange:
    """The MAC addresses of a network's first block."""

    def __init__(self, first: str, last: str) -> None:
        """Both as `00-15-5D-52-C0-00`; what is no such address makes an empty range."""
        start, end = _number(first), _number(last)
        self._start = start
        self._pool = NumberPool(max(end - start + 1, 0) if start and end else 0)

    def draw(self, below: Below, taken: Callable[[str], bool]) -> str:
        """A free address; "" where there is none. `taken` tells whether another network's endpoint has it."""
        passed: list[int] = []
        mac = ""
        while (number := self._pool.draw(below)) is not None:
            text = f"{self._start + number:012X}"
            mac = "-".join(text[at : at + 2] for at in range(0, 12, 2))
            if not taken(mac):
                break
            passed.append(number)
            mac = ""
        for number in passed:
            self._pool.give_back(number)
        return mac

    def hold(self, mac: str) -> None:
        """An endpoint has it, by its maker's wish."""
        self._pool.take(_number(mac) - self._start)

    def release(self, mac: str) -> None:
        """The endpoint is gone."""
        self._pool.give_back(_number(mac) - self._start)


def _number(mac: str) -> int:
    """0 where it is not a MAC address."""
    digits = mac.replace("-", "").replace(":", "")
    try:
        return int(digits, 16) if len(digits) == 12 else 0
    except ValueError:
        return 0
