"""`hnskit facts`: one snapshot of a host, as text, JSON, a file or a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hnskit.commands.envelope import print_result
from hnskit.commands.host_input import read_input
from hnskit.commands.options import NamedPath, common_input
from hnskit.commands.output import say_problems
from hnskit.foreign_text.terminal import say
from hnskit.model.wording import counted

if TYPE_CHECKING:
    from hnskit.facts.host_facts import Facts

_OTHERS = {
    "routes": "routes", "adapters": "adapters", "addresses": "addresses", "policy_lists": "policy lists",
    "namespaces": "namespaces", "sdn_routes": "SDN routes", "vfp_rules": "rules of VFP", "refusals": "refusals of HNS",
}  # fmt: skip
"""Parts of a dump that the picture does not draw, or not all of them."""


@click.command()
@common_input
@click.option("--save", type=NamedPath(), metavar="FILE", help="Write it; `target: snapshot:FILE` reads it.")
@click.option("--picture", type=NamedPath(), metavar="FILE", help="Draw it, as an SVG file.")
def facts(params: str, overrides: tuple[str, ...], as_json: bool, save: Path | None, picture: Path | None) -> None:
    """Everything that hnskit reads of a host, or of a dump, in one snapshot.

    In place of PARAMS: a file, folder or zip of a host's output (docs/explain.md), - for standard input, or a target
    such as emulator://lab or winrm://host.
    """
    found = read_input(params, overrides)
    snapshot = found.facts
    found.announce()
    if save is not None:
        from hnskit.facts.snapshot import save_facts

        say(f"Saved: {save_facts(snapshot, save)}", err=True)
    if as_json:
        from hnskit.facts.snapshot import masked

        print_result({"taken_for": found.taken_for, **masked(snapshot).to_json()})
        return
    from hnskit.views import topology

    drawn = topology.draw(snapshot)
    if picture is not None:
        say(f"Drawn: {drawn.save(picture)}", err=True)
    say(drawn.text)
    names = ", ".join(f"{image.name} ({image.size})" if image.size else image.name for image in snapshot.images)
    say("", f"images: {names or ('none' if snapshot.knows('images') else 'not known')}")
    if snapshot.services:
        say(f"services: {', '.join(f'{item.name} {item.status}' for item in snapshot.services)}")
    if not snapshot.taken_at and (others := _others(snapshot)):
        say(f"also read: {others} (`hnskit show`)")
    unread = [part for part in ("networks", "endpoints", "containers") if not snapshot.knows(part)]
    if absent := [part for part in unread if not getattr(snapshot, part)]:
        say(f"not known, since it was not read: {', '.join(absent)}")
    say_problems(snapshot)


def _others(snapshot: Facts) -> str:
    """Count what a dump has beside networks, endpoints and containers."""
    found = ((len(getattr(snapshot, part)), words) for part, words in _OTHERS.items())
    return ", ".join(counted(number, words) for number, words in found if number)
