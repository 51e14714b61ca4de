"""What commands print: JSON on stdout, and what could not be read on stderr."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from hnskit.facts.host_facts import Facts


def print_json(data: Any) -> None:
    """One JSON text on stdout."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=False, default=str))


def say_problems(facts: Facts) -> None:
    """Name on stderr what could not be read, so that a table or a plan is not taken for the whole host."""
    for problem in facts.problems:
        click.echo(f"not readable: {problem}", err=True)
    for gap in facts.completeness.caveats():
        click.echo(f"not whole: {gap}", err=True)
