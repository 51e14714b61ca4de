"""Arguments and options of `hnskit fleet`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hnskit.commands.options import debug_option, json_option, runs_option

if TYPE_CHECKING:
    from hnskit.fleet import Inventory, Waves


@dataclass(frozen=True, slots=True)
class FleetAsked:
    """The arguments of a command of `hnskit fleet`."""

    inventory: str
    limit: str | None = None
    overrides: tuple[str, ...] = ()
    params_file: str = ""
    as_json: bool = False
    workers: int = 0
    canary: int = 0
    batch: str = ""
    max_failures: str = ""
    dask: str = ""
    resume: bool = False
    runs: Path | None = None
    of_verb: Mapping[str, Any] = field(default_factory=dict)
    """Options of the verb itself."""

    def hosts(self) -> Inventory:
        """The hosts that are meant.

        Raises:
            ParamsError: the inventory or parameters of a host are wrong.
            ArgumentError: the limit chooses none.
        """
        from hnskit.fleet import load_inventory

        found = load_inventory(self.inventory, params=self.params_file, overrides=self.overrides)
        return found if self.limit is None else found.limited(self.limit)

    def waves(self) -> Waves:
        """The waves that are meant.

        Raises:
            ArgumentError: a text is not a number or a share of hosts.
        """
        from hnskit.fleet import Waves

        return Waves(self.canary, self.batch, self.max_failures)


def asked(given: Mapping[str, Any]) -> FleetAsked:
    """Options as click gives them; those that `FleetAsked` does not have are the verb's."""
    known = {name: value for name, value in given.items() if name in FleetAsked.__dataclass_fields__}
    return FleetAsked(**known, of_verb={name: value for name, value in given.items() if name not in known})


def inventory_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """INVENTORY, --limit, --set, --params and --json."""
    for decorate in (
        debug_option,
        json_option,
        click.option("--params", "params_file", default="", help="A parameter file in place of the inventory's own."),
        click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a parameter everywhere."),
        click.option("--limit", default=None, help="Hosts and groups: web*,!web3,&west."),
        click.argument("inventory", type=click.Path(dir_okay=False)),
    ):
        function = decorate(function)
    return function


def work_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of the inventory, and those of every verb that works on hosts."""
    for decorate in (
        runs_option,
        click.option("--resume", is_flag=True, help="Go on in the last run's folder, without hosts that are done."),
        click.option("--dask", default="", metavar="ADDRESS", help="Work on a Dask cluster: tcp://HOST:PORT."),
        click.option("--max-failures", default="", metavar="N|%", help="Begin no other host after more failures."),
        click.option("--batch", default="", metavar="N|%", help="Hosts of a wave; the next begins when it is done."),
        click.option("--canary", default=0, metavar="N", help="Hosts that come first; if one fails no other begins."),
        click.option(
            "--workers",
            type=click.IntRange(0, 1024),
            default=0,
            metavar="N",
            help="Hosts at work at once [default: 32; of run 4].",
        ),
    ):
        function = decorate(function)
    return inventory_options(function)
