"""The command line. Nothing heavy is imported until a command needs it: `hnskit --help` is read often."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hnskit import __version__
from hnskit.commands.options import WholeHelp, opened, say_problems
from hnskit.commands.options import common as _common
from hnskit.errors import HnskitError, PreflightError

if TYPE_CHECKING:
    from hnskit.facts import Facts
    from hnskit.params import Params
    from hnskit.remote.session import Session


TABLES = ("networks", "endpoints", "policies", "containers", "compartments", "adapters", "images")
PARTS = ("network", "proxy", "clients", "policy")


class _Group(WholeHelp):
    """A group that also has the commands of the entry points `hnskit.commands`, loaded when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_foreign()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        entry = _foreign().get(cmd_name)
        if found is not None or entry is None:
            return found
        loaded: click.Command = entry.load()
        return loaded

    def said_of(self, ctx: click.Context, name: str) -> str:
        """What a command does; another package's is named without being loaded, hnskit's own import nothing heavy."""
        entry = _foreign().get(name)
        if entry is None or entry.value.startswith("hnskit."):
            return super().said_of(ctx, name)
        return f"See hnskit {name} --help."


def _foreign() -> dict[str, metadata.EntryPoint]:
    return {entry.name: entry for entry in metadata.entry_points(group="hnskit.commands")}


_runs_option = click.option(
    "--runs", type=click.Path(path_type=Path), help="Where run folders are kept [default: runs]."
)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hnskit")
def hnskit() -> None:
    """Redirect a Windows container's metadata requests through a proxy container, and prove it.

    Every command takes a parameter file; params/emulator.yaml, the default, needs no Windows host.
    """


@hnskit.command("run")
@_common
@click.option("--notebooks", type=click.Path(path_type=Path), help="Folder of the step notebooks [default: notebooks].")
@click.option("--only", multiple=True, metavar="NOTEBOOK", help="Only this one, such as 40_proxy_policy.")
@click.option("--kernel-each", is_flag=True, help="A kernel of its own for each notebook (slower).")
@click.option("--cell-timeout", type=click.IntRange(min=1), metavar="SECONDS", help="How long a cell may take.")
@click.option("--resume", is_flag=True, help="Go on in the last run's folder; what is done and still true is kept.")
@_runs_option
def run_command(
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    *,
    notebooks: Path | None,
    only: tuple[str, ...],
    kernel_each: bool,
    cell_timeout: int | None,
    resume: bool,
    runs: Path | None,
) -> None:
    """Set it up and prove it, notebook by notebook; leave a run folder."""
    from hnskit.running import runner
    from hnskit.running.terminal import RunLines

    summary = runner.run(
        params,
        overrides,
        notebooks=notebooks,
        runs=runs,
        watcher=RunLines(sys.stderr.isatty()),
        only=only,
        share_kernel=not kernel_each,
        cell_timeout=cell_timeout,
        resume=resume,
    )
    if as_json:
        click.echo(json.dumps(summary.to_json(), indent=2, ensure_ascii=False))
    else:
        _print_run(summary)
    if summary.error is not None:
        click.echo(summary.error["paragraph"], err=True)
    sys.exit(summary.exit_status)


def _print_run(summary: Any) -> None:
    for client in (summary.verification or {}).get("clients", ()):
        click.echo(f"{client['client']}: {'proved' if client['ok'] else 'NOT PROVED'}")
        for check in client["checks"]:
            click.echo(
                f"  {'ok  ' if check['ok'] else 'FAIL'} {check['name']}: {check['wanted']}; seen: {check['seen']}"
            )
    verdict = "The redirect is in place and proved" if summary.ok else f"Stopped at {summary.stopped_at}"
    click.echo(f"{verdict}: {summary.changed} changed, {summary.seconds:.1f} s.")
    click.echo(f"Run folder: {summary.run_dir}\nReport:     {summary.report}")


@hnskit.command("report")
@click.argument("run_dir", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on stdout.")
@click.option("--debug", is_flag=True, expose_value=False, help="Print the traceback of an error.")
def report_command(run_dir: Path, as_json: bool) -> None:
    """Make report.html and junit.xml of a run's folder again."""
    from hnskit.running.junit import write_junit
    from hnskit.running.report import write_report

    made = {"report": str(write_report(run_dir)), "junit": str(write_junit(run_dir))}
    click.echo(json.dumps(made, indent=2) if as_json else "\n".join(made.values()))


@hnskit.command()
@_common
@click.option(
    "--save", type=click.Path(path_type=Path), metavar="FILE", help="Write it; `target: snapshot:FILE` reads it."
)
@click.option("--picture", type=click.Path(path_type=Path), metavar="FILE", help="Draw it, as an SVG file.")
def facts(params: str, overrides: tuple[str, ...], as_json: bool, save: Path | None, picture: Path | None) -> None:
    """Everything that hnskit reads of the host, in one snapshot."""
    with opened(params, overrides) as (_, host):
        snapshot = host.facts()
    if save is not None:
        from hnskit.snapshot import save_facts

        click.echo(f"Saved: {save_facts(snapshot, save)}", err=True)
    if as_json:
        from hnskit.snapshot import masked

        click.echo(json.dumps(masked(snapshot).to_json(), indent=2, ensure_ascii=False))
        return
    from hnskit import topology

    drawn = topology.draw(snapshot)
    if picture is not None:
        click.echo(f"Drawn: {drawn.save(picture)}", err=True)
    click.echo(drawn.text)
    names = ", ".join(f"{image.name} ({image.size})" if image.size else image.name for image in snapshot.images)
    click.echo(f"\nimages: {names or 'none'}")
    say_problems(snapshot)


@hnskit.command()
@click.argument("table", type=click.Choice(TABLES))
@_common
@click.option("--format", "form", type=click.Choice(("table", "json", "csv")), default="table", show_default=True)
def show(table: str, params: str, overrides: tuple[str, ...], as_json: bool, form: str) -> None:
    """One table of the host: networks, endpoints, policies, containers, compartments, adapters or images."""
    with opened(params, overrides) as (_, host):
        snapshot = host.facts()
    _require_read(snapshot, "endpoints" if table == "policies" else table)
    from hnskit import frames
    from hnskit.running.terminal import print_table

    print_table(frames.TABLES[table](snapshot), "json" if as_json else form, table)
    say_problems(snapshot)


@hnskit.command()
@_common
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), help="Only this part of the redirect.")
@_runs_option
def plan(params: str, overrides: tuple[str, ...], as_json: bool, parts: tuple[str, ...], runs: Path | None) -> None:
    """What would be changed, and why; exit status 4 if something stands in the way. Nothing is changed."""
    from hnskit.desired import desired_from
    from hnskit.planning.setup import plan as plan_for

    with opened(params, overrides) as (loaded, host):
        snapshot = host.facts()
        _require_read(snapshot)
        found = plan_for(desired_from(loaded), snapshot, _parts(parts), _made(loaded, runs))
    say_problems(snapshot)
    if as_json:
        click.echo(json.dumps(found.to_json(), indent=2, ensure_ascii=False))
    else:
        click.echo(f"{found.to_text()}\n\n{found.summary}")
    sys.exit(PreflightError.exit_status if found.refused else 0)


@hnskit.command()
@_common
@_runs_option
def drift(params: str, overrides: tuple[str, ...], as_json: bool, runs: Path | None) -> None:
    """What differs from the parameters; exit status 1 if anything does. Nothing is changed."""
    from hnskit.desired import desired_from
    from hnskit.planning.drift import drift as drift_of

    with opened(params, overrides) as (loaded, host):
        found = drift_of(desired_from(loaded), host.facts(), _made(loaded, runs))
    click.echo(json.dumps(found.to_json(), indent=2, ensure_ascii=False) if as_json else found.to_text())
    sys.exit(0 if found.ok else 1)


@hnskit.command()
@_common
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), help="Only this part of the redirect.")
@click.option("--rollback-on-failure", is_flag=True, help="If a step fails, go back to what was before.")
@_runs_option
def apply(
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    *,
    parts: tuple[str, ...],
    rollback_on_failure: bool,
    runs: Path | None,
) -> None:
    """Make the host as the parameters say, without notebooks; run it again at any time."""
    from hnskit.applying.writer import apply as apply_to
    from hnskit.desired import desired_from
    from hnskit.facts import gather_facts
    from hnskit.planning.setup import plan as plan_for

    with _session(params, overrides) as (loaded, session):
        desired, now = desired_from(loaded), gather_facts(session)
        made = _made(loaded, runs)
        first = plan_for(desired, now, _parts(parts), made)
        _carry_out(
            loaded,
            first,
            as_json,
            runs,
            lambda journal, on_event: apply_to(
                session,
                desired,
                parts=_parts(parts),
                facts=now,
                made=made,
                journal=journal,
                on_event=on_event,
                rollback=rollback_on_failure,
            ),
        )


@hnskit.command()
@_common
@click.option("--keep-network", is_flag=True, help="Leave the bridge, so that the host is not cut again.")
@click.option("--by-name", is_flag=True, help="Networks and endpoints of these names too, if no journal knows them.")
@_runs_option
def destroy(
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    *,
    keep_network: bool,
    by_name: bool,
    runs: Path | None,
) -> None:
    """Take away what hnskit made, and nothing else."""
    from hnskit.applying.writer import destroy as destroy_on
    from hnskit.desired import desired_from
    from hnskit.facts import gather_facts
    from hnskit.planning.teardown import plan_destroy

    with _session(params, overrides) as (loaded, session):
        desired, now = desired_from(loaded), gather_facts(session)
        made = _made(loaded, runs)
        first = plan_destroy(desired, now, made, keep_network=keep_network, by_name=by_name)
        _carry_out(
            loaded,
            first,
            as_json,
            runs,
            lambda journal, on_event: destroy_on(
                session,
                desired,
                made,
                keep_network=keep_network,
                by_name=by_name,
                facts=now,
                journal=journal,
                on_event=on_event,
            ),
        )


def _carry_out(loaded: Params, first: Any, as_json: bool, runs: Path | None, work: Callable[[Any, Any], Any]) -> None:
    """Announce, apply with a journal, and print what came of it."""
    from hnskit.journal import FILE, Journal
    from hnskit.running import busy
    from hnskit.running import folder as runfolder
    from hnskit.running.terminal import EventLines

    if first.pending and not first.refused:
        click.echo(f"{first.to_text()}\n", err=True)
    if first.disruptive and not first.refused:
        names = ", ".join(step.id for step in first.disruptive)
        click.secho(f"! {loaded.target}: its own network goes away for seconds during: {names}", fg="yellow", err=True)
    if first.refused:
        outcome = work(None, EventLines())  # it raises, with the reasons
    else:  # also where nothing is to do: the journal then has what was found
        place = runs or runfolder.default_runs()
        with busy.claim(place, loaded.target, None):
            folder = runfolder.new_run_folder(place, loaded.target)
            outcome = work(Journal(folder / FILE, loaded.target), EventLines())
    if as_json:
        click.echo(json.dumps(outcome.to_json(), indent=2, ensure_ascii=False))
        return
    if not outcome.changed:
        click.echo(outcome.plan.to_text())
    click.echo(f"{outcome.changed} changed in {outcome.seconds:.1f} s." if outcome.changed else "Nothing to do.")
    for item in outcome.left or ():
        click.echo(f"Kept: {item.kind} {item.name}: {item.reason}")
    if outcome.left == ():
        click.echo("Nothing of hnskit's is left.")


@hnskit.command()
@_common
def verify(params: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Prove it: ask the metadata service from inside each client."""
    from hnskit.desired import desired_from
    from hnskit.errors import VerificationError
    from hnskit.verification import PROOF_NEXT_STEP
    from hnskit.verification import verify as verify_on

    with _session(params, overrides) as (loaded, session):
        found = verify_on(session, desired_from(loaded), on_event=lambda text: click.echo(f"  {text}", err=True))
    click.echo(json.dumps(found.to_json(), indent=2, ensure_ascii=False) if as_json else found.to_text())
    if not found.ok:  # what stdout has is the result already: it is not said again
        click.echo(f"{found.target}: the redirect is not proved. {PROOF_NEXT_STEP}", err=True)
        sys.exit(VerificationError.exit_status)


def _require_read(facts: Facts, part: str = "") -> None:
    """Stop where a table, or what a plan needs, could not be read: an empty one would not be the truth.

    Raises:
        PreflightError: with what the host said.
    """
    from hnskit.applying.waiting import unread_parts

    unread = unread_parts(facts)
    if part:
        unread = "; ".join(problem for problem in facts.problems if problem.partition(":")[0] == part)
    if unread:
        raise PreflightError(f"the host cannot be read: {unread}", host=facts.target)


def _made(loaded: Params, runs: Path | None) -> Any:
    """What the journals know of this target."""
    from hnskit.journal import made_on
    from hnskit.running.folder import default_runs

    return made_on(loaded.target, runs or default_runs())


def _parts(names: tuple[str, ...]) -> tuple[Any, ...]:
    from hnskit.desired import ALL_PARTS, Part

    return tuple(Part(name) for name in names) or ALL_PARTS


@contextmanager
def _session(params: str, overrides: tuple[str, ...]) -> Iterator[tuple[Params, Session]]:
    from hnskit.connecting import connect
    from hnskit.params import load_params
    from hnskit.running.folder import find_params

    loaded = load_params(find_params(params), overrides)
    session = connect(loaded, on_start=lambda text: click.echo(f"  {text}", err=True))
    try:
        yield loaded, session
    finally:
        session.close()


def main(arguments: list[str] | None = None) -> None:
    """The entry point: every error becomes one paragraph on stderr and an exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        hnskit.main(args=given, prog_name="hnskit", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo(
            "Stopped. Run the same command again: it reads the host first and does only what is missing.", err=True
        )
        sys.exit(130)
    except HnskitError as error:
        from hnskit.applying.outcomes import outcome_of, undone_of

        outcome, undone = outcome_of(error), undone_of(error)
        fields = {**error.to_json(), **({"outcome": outcome.to_json()} if outcome else {})}
        fields |= {"undone": undone.to_json()} if undone else {}
        _fail(given, error.paragraph(), error.exit_status, fields)
    except Exception as error:  # the edge: whatever it is, the operator gets a sentence
        said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        text = f"hnskit met something that it did not expect: {said}. Run again with --debug to see where."
        _fail(given, text, 1, {"error": type(error).__name__, "message": str(error)})


def _fail(given: list[str], paragraph: str, status: int, fields: dict[str, Any]) -> None:
    if "--debug" in given:
        import traceback

        traceback.print_exc()
    click.echo(paragraph, err=True)
    if "--json" in given:
        said = {**fields, "exit_status": status, "paragraph": paragraph}
        click.echo(json.dumps(said, indent=2, ensure_ascii=False, default=str))
    sys.exit(status)
