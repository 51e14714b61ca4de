"""`hnskit report`: a run's report.html and junit.xml, made again."""

from __future__ import annotations

from pathlib import Path

import click

from hnskit.commands.envelope import print_result
from hnskit.commands.options import NamedPath, completes, debug_option, json_option
from hnskit.foreign_text.terminal import say


@click.command()
@click.argument("run_dir", metavar="RUN", type=NamedPath(), shell_complete=completes("complete_run"))
@json_option
@debug_option
def report(run_dir: Path, as_json: bool) -> None:
    """Make report.html and junit.xml of a run's folder again."""
    from hnskit.running.junit import write_junit
    from hnskit.running.log import FILE
    from hnskit.running.report import read_summary, write_report
    from hnskit.running.walk import write_walk

    if (run_dir / "results").is_dir() and not (run_dir / FILE).exists():
        write_walk(run_dir)  # notebooks that were run by hand, or one by one
    made = {"report": str(write_report(run_dir)), "junit": str(write_junit(run_dir))}
    if as_json:
        print_result(made, target=str(read_summary(run_dir)["target"]))
    else:
        say(*made.values())
