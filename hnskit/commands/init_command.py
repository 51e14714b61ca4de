"""`hnskit init`: a folder with the notebooks and parameters, to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from hnskit.commands.envelope import print_result
from hnskit.commands.options import NamedPath
from hnskit.foreign_text.terminal import say


@click.command()
@click.argument("folder", type=NamedPath(), default=Path(), metavar="[DIR]")
@click.option("--json", "as_json", is_flag=True, help="Print the paths as JSON.")
def init(folder: Path, as_json: bool) -> None:
    """Write notebooks/, params/ and a README into a folder; what is there is never written over."""
    from hnskit.local.starter import write_starter

    written = write_starter(folder)
    if as_json:
        print_result([str(path) for path in written])
        return
    say(f"Written: {', '.join(map(str, written))}.")
    there = "" if folder == Path() else f"cd {folder} && "
    say(f"Next: {there}hnskit run params/emulator.yaml")
