"""The ways out of a fleet and of keep, for `benchmarks.hostile_text`: each shows a host's texts somewhere."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Any
from unittest import mock

from hnskit.commands.fleet_output import print_results
from hnskit.commands.fleet_screen import picture
from hnskit.diagnosis.doctor import diagnose
from hnskit.errors import HnskitError
from hnskit.facts.host_facts import Facts
from hnskit.fleet import HostResult, addresses_frame, findings_of_hosts, frame, outliers_frame
from hnskit.fleet.fleet_folder import envelope, junit
from hnskit.fleet.fleet_report import render
from hnskit.fleet.keeping.keep_state import KeepState, KeptHost
from hnskit.fleet.live_rows import LiveRow
from hnskit.fleet.shared_addresses import addresses_of
from hnskit.fleet.traits import traits
from hnskit.foreign_text.escaping import json_text
from hnskit.views.table import View, csv_text


def results_of(facts: Facts, text: str) -> list[HostResult]:
    """Three hosts: one as good as another, one that differs from them, one that has failed."""
    findings = [item.to_json() for item in diagnose(facts)]
    found, addresses = traits(facts), addresses_of(facts)
    data = {"findings": findings, "done": [{"step": text}], "rows": [{"name": text}]}
    usual: dict[str, Any] = {"traits": found, "addresses": addresses, "data": data, "changed": 1}
    error = HnskitError(text, host=text, next_step=text)
    return [
        HostResult("a", "winrm://a", "doctor", "ok", text, **usual),
        HostResult("b", "winrm://b", "doctor", "ok", text, **usual),
        HostResult("c", "winrm://c", "doctor", "differs", text, **{**usual, "traits": {**found, "windows": text}}),
        HostResult("d", text, "doctor", "failed", error.paragraph(), error=error, groups=(text,)),
    ]


def fleet_ways_out(facts: Facts, text: str) -> Iterator[tuple[str, str, str]]:
    """Name of the way, kind of its output, the output."""
    results = results_of(facts, text)
    yield "report.html of a fleet", "html", render(results, "doctor", text, "2026-01-01T00:00:00+00:00")
    yield "junit.xml of a fleet", "xml", junit(results, "doctor", "2026-01-01T00:00:00+00:00")
    yield "fleet.json", "json", json_text(envelope(results, "doctor", text, "", text), default=str)
    for name, make in (("fleet", frame), ("fleet findings", findings_of_hosts), ("fleet addresses", addresses_frame),
                       ("fleet outliers", outliers_frame)):  # fmt: skip
        table = make(results)
        yield f"table {name}", "html", View(table, name).to_html()
        yield f"{name}.csv", "csv", csv_text(table)
    rows = [LiveRow(text, text, text, text, 1.0, text)] * 3
    for width in (300, 90, 40):
        yield f"live table, {width} wide", "terminal", "\n".join(picture(rows, text, width, 4))
    for verb in ("doctor", "show"):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            print_results(results, verb)
        yield f"fleet {verb}", "terminal", said.getvalue()
    kept = KeptHost("a", "winrm://a")
    kept.verdict, kept.withheld = text, [{"step": text, "reason": text}]
    written: list[str] = []
    with mock.patch(
        "hnskit.fleet.keeping.keep_state.atomic_write_text", lambda _, content, **__: written.append(content)
    ):
        KeepState([kept]).write(mock.MagicMock())
    yield "state of keep", "json", written[0]
