"""`hnskit explain`: what would happen to a connection, and why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hnskit.commands.envelope import print_result
from hnskit.commands.host_input import read_input
from hnskit.commands.options import Choice, NamedPath, common_input
from hnskit.commands.output import say_problems
from hnskit.errors import ArgumentError
from hnskit.foreign_text.terminal import say

if TYPE_CHECKING:
    from hnskit.params.loading import Params


_FORMS = Choice(("text", "table", "json", "csv"))


@click.command()
@common_input
@click.option("--from", "source", metavar="CONTAINER|IP", help="Who asks: a container, an endpoint or an address.")
@click.option("--to", "places", multiple=True, metavar="ADDRESS[:PORT]", help="What is asked for; with --all, many.")
@click.option("--all", "matrix", is_flag=True, help="Every container against every --to.")
@click.option("--protocol", type=Choice(("tcp", "udp")), default="tcp", show_default=True)
@click.option("--format", "form", type=_FORMS, default="text", show_default=True)
@click.option("--svg", type=NamedPath(), metavar="FILE", help="Also draw the way on the host's topology.")
def explain(  # noqa: PLR0917 - click passes options by name
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    source: str | None,
    places: tuple[str, ...],
    matrix: bool,
    protocol: str,
    form: str,
    svg: Path | None,
) -> None:
    """Explain how a connection would go, and why. Nothing is sent.

    In place of PARAMS: a file, folder or zip of a host's output (docs/explain.md), - for standard input, or a target
    such as emulator://lab or winrm://host. What it does not tell is said to be unknown.

    It ends with 0 if the connection is answered, with 1 if it is not or if that is not known; --all always ends with 0.
    """
    from hnskit.diagnosis.explaining import Explainer, parse_destination

    if matrix == bool(source):
        raise click.UsageError("Name who asks with --from, or take every container with --all.")
    given = read_input(params, overrides)
    loaded, facts = given.params, given.facts
    given.announce()
    wanted = places or (_redirected(loaded) if matrix else ())
    if not wanted or (not matrix and len(wanted) > 1):
        raise click.UsageError("Name what is asked for with --to ADDRESS:PORT" + ("." if matrix else ", once."))
    explainer = Explainer(facts)
    try:
        destinations = [parse_destination(place) for place in wanted]
        if matrix:
            found = explainer.all(destinations, protocol=protocol)
        else:
            address, port = destinations[0]
            found = (explainer.explain(str(source), address, port=port, protocol=protocol),)
    except ArgumentError as problem:
        raise click.UsageError(f"{problem.message}.") from problem
    form = "json" if as_json else form
    if svg is not None and not matrix:
        say(f"Drawn: {found[0].picture(facts).save(svg)}", err=True)
    if matrix:
        _print_matrix(found, form, facts.target)
    elif form == "json":
        print_result(found[0].to_json(), target=facts.target, ok=bool(found[0].answered))
    elif form == "text":
        say(found[0].to_text())
    else:
        from hnskit.diagnosis.diagnosis_frames import explanation_frame
        from hnskit.running.terminal_lines import print_table

        print_table(explanation_frame(found[0]), form, found[0].sentence())
    say_problems(facts)
    if not matrix:
        sys.exit(0 if found[0].answered else 1)


def _redirected(loaded: Params | None) -> tuple[str, ...]:
    from hnskit.params.desired import desired_from

    return tuple(one.what for one in desired_from(loaded).redirects) if loaded else ()


def _print_matrix(found: Any, form: str, target: str) -> None:
    from hnskit.diagnosis.diagnosis_frames import matrix_frame
    from hnskit.running.terminal_lines import print_table

    if form == "json":
        print_result([item.to_json() for item in found], target=target)
        return
    frame = matrix_frame(found)
    if form == "text":
        frame = frame[["source", "destination", "verdict", "code", "target", "answered", "confirmed"]]
    print_table(frame, "table" if form == "text" else form, "every container against every destination")
