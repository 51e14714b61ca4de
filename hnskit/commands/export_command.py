"""`hnskit export`: the redirect in another tool's form."""

from __future__ import annotations

from pathlib import Path

import click

from hnskit.commands.envelope import print_result
from hnskit.commands.options import Choice, NamedPath, WholeHelp, common
from hnskit.commands.reaching import opened
from hnskit.foreign_text.terminal import print_file, say


@click.group(cls=WholeHelp)
def export() -> None:
    """Write the redirect in another tool's form."""


@export.command()
@common
@click.option("--plugin", type=Choice(("sdnbridge", "win-bridge", "azure")), required=True, help="For which one.")
@click.option(
    "--api", "api_version", type=click.IntRange(1, 2), default=2, show_default=True, help="Of HNS: win-bridge."
)
@click.option(
    "--proxy",
    "proxy_address",
    default="",
    metavar="IP",
    help="The proxy's address; else proxy.address, else looked up.",
)
@click.option("--single", is_flag=True, help="The one plug-in by itself, for runtimes that read no lists (Mesos).")
@click.option("--output", type=NamedPath(), metavar="FILE", help="Write it there, not to stdout.")
def cni(  # noqa: PLR0917 - click passes options by name
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    plugin: str,
    api_version: int,
    proxy_address: str,
    single: bool,
    output: Path | None,
) -> None:
    """A CNI network configuration list that gives pods the same redirect.

    The proxy's address is looked up on the host only where the parameters do not have it.
    """
    from hnskit.foreign_text.escaping import json_text
    from hnskit.local.atomic_write import write_output
    from hnskit.local.project import find_params
    from hnskit.params.desired import desired_from
    from hnskit.params.loading import load_params
    from hnskit.planning.redirect import proxy_address as look_up
    from hnskit.views.cni import export_conflist, network_configuration

    loaded = load_params(find_params(params), overrides=overrides)
    desired = desired_from(loaded)
    address = proxy_address or desired.proxy.endpoint.address
    if not address:
        with opened(params, overrides) as (_, host):
            address = look_up(desired, host.facts())
    made = export_conflist(desired, address, plugin, api_version=api_version)
    data = network_configuration(made) if single else made.data
    text = json_text(data, indent=2) + "\n"
    if output is not None:
        say(f"Written: {write_output(output, text)}", err=True)
    elif as_json:
        print_result({"plugin": made.plugin, "conflist": data, "notes": list(made.notes)}, target=loaded.target)
    else:
        print_file(text)
    for note in made.notes:
        say(f"note: {note}", err=True)
