"""Patterns that choose hosts of an inventory, as Ansible's `--limit` reads them."""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Iterable, Sequence

from hnskit.errors import ArgumentError

_BETWEEN = re.compile(r"[,\s]+")


def chosen(patterns: str, hosts: Sequence[tuple[str, Sequence[str]]]) -> frozenset[str]:
    """Names of the hosts that patterns choose.

    Args:
        patterns: `web*,!web3,&west`: hosts and groups; `!` takes out, `&` keeps only those that are in it too. The
            order does not matter. With only `!` and `&`, all hosts are chosen from.
        hosts: names of hosts with their groups.

    Raises:
        ArgumentError: there is no pattern, one of them fits nothing, or no host is left.
    """
    words = [word for word in _BETWEEN.split(patterns) if word]
    if not words:
        raise ArgumentError("an empty limit chooses no host", next_step="Leave --limit out, or name hosts or groups.")
    found: dict[str, frozenset[str]] = {word: _fitting(word.lstrip("!&"), hosts) for word in words}
    for word, names in found.items():
        if not names:
            raise ArgumentError(f"the limit {word} fits no host and no group", next_step=_advice(word, hosts))
    wanted = [names for word, names in found.items() if word[0] not in "!&"]
    left = frozenset().union(*wanted) if wanted else frozenset(name for name, _ in hosts)
    for word, names in found.items():
        if word[0] == "&":
            left &= names
        elif word[0] == "!":
            left -= names
    if not left:
        raise ArgumentError(f"the limit {patterns} leaves no host", next_step="Name hosts or groups that are left.")
    return left


def _fitting(pattern: str, hosts: Iterable[tuple[str, Sequence[str]]]) -> frozenset[str]:
    wanted = pattern.lower()
    everything = wanted == "all"
    return frozenset(
        name
        for name, groups in hosts
        if everything or any(fnmatch.fnmatchcase(one.lower(), wanted) for one in (name, *groups))
    )


def _advice(word: str, hosts: Sequence[tuple[str, Sequence[str]]]) -> str:
    known = {name for name, _ in hosts} | {group for _, groups in hosts for group in groups}
    near = difflib.get_close_matches(word.lstrip("!&"), sorted(known), n=1)
    return f"Did you mean {near[0]}?" if near else "`hnskit fleet hosts INVENTORY` lists hosts and groups."
