"""Commands that diagnose a host, live or from a file: explain, doctor, preflight, errors, export."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hnskit.commands.options import common, opened, read_host, say_problems
from hnskit.errors import HnskitError

if TYPE_CHECKING:
    from hnskit.doctor import Finding
    from hnskit.facts import Facts
    from hnskit.params import Params

_FORMS = click.Choice(("text", "table", "json", "csv"))


@click.command()
@common
@click.option("--from", "source", metavar="CONTAINER|IP", help="Who asks: a container, an endpoint or an address.")
@click.option("--to", "places", multiple=True, metavar="ADDRESS[:PORT]", help="What is asked for; with --all, many.")
@click.option("--all", "matrix", is_flag=True, help="Every container against every --to.")
@click.option("--protocol", type=click.Choice(("tcp", "udp")), default="tcp", show_default=True)
@click.option("--format", "form", type=_FORMS, default="text", show_default=True)
@click.option(
    "--svg", type=click.Path(path_type=Path), metavar="FILE", help="Also draw the way on the host's topology."
)
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
    """What would happen to this connection, and why. Nothing is sent.

    PARAMS may also be snapshot:FILE. It ends with 0 if the connection is answered, with 1 if it is not or if that is
    not known; --all always ends with 0.
    """
    from hnskit.diagnosis.explaining import Explainer, parse_destination

    if matrix == bool(source):
        raise click.UsageError("Name who asks with --from, or take every container with --all.")
    loaded, facts = read_host(params, overrides)
    wanted = places or (_redirected(loaded) if matrix else ())
    if not wanted or (not matrix and len(wanted) > 1):
        raise click.UsageError("Name what is asked for with --to ADDRESS:PORT" + ("." if matrix else ", once."))
    explainer = Explainer(facts)
    try:
        destinations = [parse_destination(place) for place in wanted]
        found = (
            explainer.all(destinations, protocol)
            if matrix
            else (explainer.explain(str(source), *destinations[0], protocol),)
        )
    except ValueError as problem:
        raise click.UsageError(f"{problem}.") from problem
    form = "json" if as_json else form
    if svg is not None and not matrix:
        click.echo(f"Drawn: {found[0].picture(facts).save(svg)}", err=True)
    if matrix:
        _print_matrix(found, form)
    elif form == "json":
        _print_json(found[0].to_json())
    elif form == "text":
        click.echo(found[0].to_text())
    else:
        from hnskit.running.terminal import print_table

        print_table(found[0].frame(), form, found[0].sentence())
    say_problems(facts)
    if not matrix:
        sys.exit(0 if found[0].answered else 1)


def _redirected(loaded: Params | None) -> tuple[str, ...]:
    from hnskit.desired import desired_from

    return tuple(one.what for one in desired_from(loaded).redirects) if loaded else ()


def _print_matrix(found: Any, form: str) -> None:
    from hnskit.diagnosis.frames import matrix_frame
    from hnskit.running.terminal import print_table

    if form == "json":
        _print_json([item.to_json() for item in found])
        return
    frame = matrix_frame(found)
    if form == "text":
        frame = frame[["source", "destination", "verdict", "code", "target", "answered", "confirmed"]]
    print_table(frame, "table" if form == "text" else form, "every container against every destination")


@click.command()
@common
@click.option("--fix", is_flag=True, help="Show the plan that mends what the engine can, and carry it out.")
@click.option("--yes", is_flag=True, help="With --fix: carry it out without asking.")
@click.option("--strict", is_flag=True, help="End with 1 for a warning, too.")
@click.option("--check", "only", multiple=True, metavar="NAME", help="Only findings of this check.")
@click.pass_context
def doctor(  # noqa: PLR0917 - click passes options by name
    ctx: click.Context,
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    fix: bool,
    yes: bool,
    strict: bool,
    only: tuple[str, ...],
) -> None:
    """What is wrong or suspicious on this host, and what to do about it.

    PARAMS may also be snapshot:FILE. It ends with 1 if there is an error, with --strict also for a warning, else with
    0. With --fix what counts is what is left.
    """
    from hnskit.doctor import findings_text

    _known_checks(only)
    loaded, facts = read_host(params, overrides)
    findings = _examined(loaded, facts, params, only)
    result: dict[str, Any] = {"target": facts.target, "findings": [item.to_json() for item in findings]}
    if not as_json:
        click.echo(findings_text(findings, facts.target))
    if fix:
        findings = _fixed(ctx, params, overrides, loaded, facts, findings, result if as_json else None, yes, only)
    if as_json:
        _print_json(result)
    severities = {item.severity for item in findings}
    sys.exit(1 if "error" in severities or (strict and "warning" in severities) else 0)


def _known_checks(only: tuple[str, ...]) -> None:
    from hnskit.doctor import CHECKS

    names = {check.name for check in CHECKS}
    if unknown := sorted(set(only) - names):
        raise click.UsageError(f"There is no check {', '.join(unknown)}; there are: {', '.join(sorted(names))}.")


def _examined(loaded: Params | None, facts: Facts, params: str, only: tuple[str, ...]) -> tuple[Finding, ...]:
    from hnskit.desired import desired_from
    from hnskit.doctor import examine

    findings = examine(facts, desired_from(loaded) if loaded else None, params if loaded else "")
    return tuple(item for item in findings if not only or item.check in only)


def _fixed(  # noqa: PLR0917 - what the command was given, in its order
    ctx: click.Context,
    params: str,
    overrides: tuple[str, ...],
    loaded: Params | None,
    facts: Facts,
    findings: tuple[Finding, ...],
    result: dict[str, Any] | None,
    yes: bool,
    only: tuple[str, ...],
) -> tuple[Finding, ...]:
    """Show the plan; carry it out; give the findings that are left."""
    from hnskit.connecting import is_snapshot
    from hnskit.desired import desired_from
    from hnskit.doctor.repair import mended_by, plan_repair
    from hnskit.journal import made_on
    from hnskit.running.folder import default_runs

    if loaded is None:
        raise click.UsageError("--fix needs a parameter file: it says what the host should be.")
    found = plan_repair(desired_from(loaded), facts, made_on(loaded.target, default_runs()))
    mended, left = mended_by(found, findings)
    if result is not None:
        result["plan"] = found.to_json()
        result["left_to_you"] = [item.to_json() for item in left]
    else:
        _print_plan(found, mended, left)
    if not found.pending or found.refused:
        return findings
    if is_snapshot(loaded.target):
        click.echo("A snapshot can be looked at, and never changed: this is only the plan.", err=True)
        return findings
    if not yes and (result is not None or not click.confirm("Carry it out?", default=False, err=True)):
        return findings
    root = ctx.find_root()
    apply = root.command.get_command(root, "apply") if isinstance(root.command, click.Group) else None
    if apply is None:
        raise HnskitError("the command apply is not there", next_step="Install hnskit again.")
    with contextlib.redirect_stdout(io.StringIO() if result is not None else sys.stdout) as printed:
        ctx.invoke(apply, params=params, overrides=overrides, as_json=result is not None)
    with opened(params, overrides) as (_, host):
        after = _examined(loaded, host.facts(), params, only)
    if result is not None:
        result["outcome"] = json.loads(printed.getvalue()) if isinstance(printed, io.StringIO) else None
        result["after"] = [item.to_json() for item in after]
    else:
        from hnskit.doctor import findings_text

        click.echo("\nAfterwards: " + findings_text(after, loaded.target))
    return after


def _print_plan(found: Any, mended: tuple[Finding, ...], left: tuple[Finding, ...]) -> None:
    click.echo(f"\nThe plan mends {len(mended)} of {len(mended) + len(left)} errors and warnings:\n")
    shown = [step for step in found.steps if step.pending or step in found.refused]
    click.echo(found.__class__(found.target, tuple(shown)).to_text() if shown else "Nothing to do.")
    for item in left:
        click.echo(f"left to you: {item.object}: {item.next_step}")


@click.command()
@common
def preflight(params: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Is this host fit for the redirect? Nothing is changed. It ends with 4 if it is not."""
    from dataclasses import asdict

    from hnskit.checks import missing_tarballs, require_fit
    from hnskit.checks import preflight as look
    from hnskit.connecting import is_snapshot
    from hnskit.desired import desired_from
    from hnskit.frames import findings_frame
    from hnskit.running.terminal import print_table

    with opened(params, overrides) as (loaded, host):
        desired, facts = desired_from(loaded), host.facts()
        missing = () if is_snapshot(loaded.target) else missing_tarballs(host.session(), desired, facts)
    findings = look(desired, facts, missing)
    if as_json:
        _print_json([asdict(item) for item in findings])
    else:
        print_table(findings_frame(findings).drop(columns="id"), "table", "preflight")
    try:
        require_fit(findings, facts.target)
    except HnskitError as error:  # what stdout has is the result already: no second JSON text
        click.echo(error.paragraph(), err=True)
        sys.exit(error.exit_status)


@click.command(context_settings={"ignore_unknown_options": True})  # a signed code is no option
@click.argument("code", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on stdout.")
@click.option("--debug", is_flag=True, expose_value=False, help="Print the traceback of an error.")
def errors(code: str | None, as_json: bool) -> None:
    """What a code of HNS means, its likely causes, and what to do; without CODE all of them.

    CODE may be hexadecimal (0x803b0013), decimal (2151350291), signed (-2143617005), masked as hcsshim prints
    it (0x490), or a part of a name (ADDR_INVALID).
    """
    from hnskit.hns_codes import all_codes, find_codes

    try:
        found = find_codes(code) if code is not None else all_codes()
    except ValueError as problem:
        raise click.UsageError(f"{problem}.") from problem
    if as_json:
        _print_json([item.to_json() for item in found] if code is None or len(found) > 1 else found[0].to_json())
    elif code is None:
        for item in found:
            click.echo(f"0x{item.code:08X}  {item.name}: {item.meaning}")
    else:
        click.echo("\n\n".join(item.to_text() for item in found))
    if not all(item.is_known for item in found):
        sys.exit(1)


@click.group()
def export() -> None:
    """Write the redirect in another tool's form."""


@export.command()
@common
@click.option("--plugin", type=click.Choice(("sdnbridge", "win-bridge", "azure")), required=True, help="For which one.")
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
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write it there, not to stdout.")
def cni(  # noqa: PLR0917 - click passes options by name
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    plugin: str,
    api_version: int,
    proxy_address: str,
    output: Path | None,
) -> None:
    """A CNI network configuration list that gives pods the same redirect.

    The proxy's address is looked up on the host only where the parameters do not have it.
    """
    from hnskit.cni import export_conflist
    from hnskit.desired import desired_from
    from hnskit.params import load_params
    from hnskit.planning.redirect import proxy_address as look_up
    from hnskit.running.folder import find_params

    loaded = load_params(find_params(params), overrides)
    desired = desired_from(loaded)
    address = proxy_address or desired.proxy.endpoint.address
    if not address:
        with opened(params, overrides) as (_, host):
            address = look_up(desired, host.facts())
    made = export_conflist(desired, address, plugin, api_version=api_version)
    if output is not None:
        output.write_text(made.to_json(), encoding="utf-8")
        click.echo(f"Written: {output}", err=True)
    elif as_json:
        _print_json({"plugin": made.plugin, "conflist": made.data, "notes": list(made.notes)})
    else:
        click.echo(made.to_json(), nl=False)
    for note in made.notes:
        click.echo(f"note: {note}", err=True)


def _print_json(data: Any) -> None:
    click.echo(json.dumps(data, indent=2, ensure_ascii=False, default=str))
