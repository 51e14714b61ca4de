"""Hostile strings through every way out: run, break a file's syntax, forge a line or reach a terminal raw, how many do?

    python -m benchmarks.hostile_text            500 strings
    python -m benchmarks.hostile_text 50 7       50, with another seed

Each string stands in every text of a host, of an error, of a run's summary and of its log, and each of these is shown
in every way that hnskit has. HTML may have no element and no attribute that hnskit does not write, SVG and junit.xml
must be XML, a terminal gets no character that it would obey and no line that a name began, a CSV cell is not a formula,
JSON reads back. It ends with 1 if anything is not so.
"""

from __future__ import annotations

import collections
import csv
import io
import json
import random
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from benchmarks.hostile_fleet import fleet_ways_out
from hnskit.applying.outcomes import Event
from hnskit.applying.verification import proof_text
from hnskit.diagnosis.doctor import diagnose, findings_text
from hnskit.diagnosis.explaining import Explainer
from hnskit.emulator.host.hostile import MARKERS, everything
from hnskit.errors import DockerError, HnsError, HnskitError, HostAnswerError, Mistake, ParamsError, RemoteCommandError
from hnskit.facts.completeness import Problem
from hnskit.facts.description import describe_host
from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot import dump_facts
from hnskit.foreign_text.escaping import json_text, one_line
from hnskit.foreign_text.terminal import shown
from hnskit.model.objects import (
    Container,
    Policy,
)
from hnskit.model.runtime_objects import DockerVersion
from hnskit.planning.drift import drift
from hnskit.planning.preflight import preflight
from hnskit.planning.setup import plan
from hnskit.planning.teardown import plan_destroy
from hnskit.runbook.screen import sentence_mimebundle
from hnskit.running import junit, report
from hnskit.running.run_state import RunState
from hnskit.views.change_frames import findings_frame, plan_frame
from hnskit.views.frames import TABLES
from hnskit.views.progress import Progress, event_line
from hnskit.views.table import View, csv_text
from hnskit.views.topology import draw
from tests import sample_facts

COUNT = 500
FORGED = "FORGED-LINE"
Out = tuple[str, str, str]
"""Name of the way, kind of its output (html, svg, xml, terminal, csv, json), the output."""
_ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "div", "span", "table", "thead", "tbody", "tr",
    "th", "td", "caption", "b", "strong", "br", "pre", "code", "ul", "li", "a", "details", "summary", "figure", "svg",
    "g", "text", "tspan", "rect", "line", "path", "circle", "script", "button", "input", "label", "wbr",
}  # fmt: skip
_ATTRIBUTES = {
    "class", "style", "id", "lang", "charset", "name", "content", "title", "href", "data-of", "scope", "role", "type",
    "aria-label", "aria-valuenow", "aria-valuemin", "aria-valuemax", "aria-hidden", "tabindex", "xmlns", "viewbox",
    "width", "height", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "d", "text-anchor", "stroke-dasharray",
    "onbeforeprint",
}  # fmt: skip


def strings(count: int, seed: int = 1) -> list[str]:
    """So many hostile strings: each marker, all of them, then mixtures of markers and of any characters."""
    chance = random.Random(seed)
    found = [*MARKERS, everything()]
    while len(found) < count:
        parts = chance.choices(MARKERS, k=chance.randrange(1, 4))
        parts.append(
            "".join(chr(chance.choice((chance.randrange(0x100), chance.randrange(0x110000)))) for _ in range(20))
        )
        chance.shuffle(parts)
        found.append("".join(parts)[: 30_000 if chance.random() < 0.02 else 3_000])
    return [f"{text}\n{FORGED}" for text in found[:count]]


def facts_of(text: str) -> Facts:
    """A host every text of which is this one."""
    facts = sample_facts.complete()
    base = facts.endpoints[0]
    proxy, acl = Policy("PROXY", {text: text, "Destination": text}), Policy("ACL", {"Action": text})
    policies = (proxy, Policy(text, {text: [text]}), acl)
    theirs = replace(base, id=text, name=text, address="10.0.1.99", mac=text, gateway=text, policies=policies)
    there = Container(text, text, text, text, "running", (text,), {text: text, "hnskit": text}, text, text, text)
    assert facts.system is not None
    return replace(
        facts,
        system=replace(facts.system, name=text, product=text, culture=text),
        adapters=(*facts.adapters, replace(facts.adapters[0], index=99, name=text, description=text, status=text)),
        networks=(*facts.networks, replace(facts.networks[0], id="N-2", name=text, type=text, management_ip=text)),
        endpoints=(*facts.endpoints, theirs, replace(theirs, id="E-9", network_id="N-2")),
        containers=(*facts.containers, there),
        compartments=(*facts.compartments, replace(facts.compartments[0], id=98, description=text)),
        docker=DockerVersion(text, text, text, text),
        problems=(Problem("policy_lists", text),),
    )


def errors_of(text: str) -> Iterator[HnskitError]:
    """Errors with it in each field."""
    fields = {"host": text, "object": text, "next_step": text}
    yield HnskitError(text, **fields)
    yield HnsError(text, code=0x803B0013, **fields)
    yield RemoteCommandError(text, error_id=text, category=text, error_target=text, command=text, **fields)
    yield DockerError(text, exit_code=1, stderr=text, **fields)
    yield HostAnswerError(text, got=text, **fields)
    yield ParamsError(text, (Mistake(text, text, text),))


def summary_of(text: str) -> dict[str, Any]:
    """A run's summary, as a foreign run folder may have it."""
    step = {
        "notebook": text, "part": text, "file": f"javascript:{text}", "ok": False, "changed": 1, "seconds": 1.0,
        "done": [{"step": text, "seconds": 1.0}], "kept": [text], "notes": [text],
        "findings": [{"severity": text, "object": text, "message": text, "next_step": text}],
    }  # fmt: skip
    check = {"name": text, "ok": False, "wanted": text, "seen": text}
    return {
        "target": text, "params_file": text, "started": "2026-01-01T00:00:00+00:00", "ok": False, "seconds": 1.0,
        "stopped_at": text, "error": {"paragraph": text}, "steps": [step], "earlier": [{"step": text, "seconds": 1.0}],
        "verification": {"ok": False, "clients": [{"client": text, "ok": False, "checks": [check]}]}, "run_dir": text,
    }  # fmt: skip


def ways_out(text: str) -> Iterator[Out]:
    """Everything that hnskit shows of it."""
    facts, desired = facts_of(text), sample_facts.desired()
    for name, make in TABLES.items():
        frame = make(facts)
        yield from _table(name, frame)
        yield f"{name}.csv", "csv", csv_text(frame)
    yield from _table("preflight", findings_frame(preflight(desired, facts)))
    yield from _table("plan", plan_frame(plan(desired, facts)))
    many = TABLES["endpoints"](replace(facts, endpoints=facts.endpoints * 12))
    yield "big table", "html", View(many, text).to_html()
    yield from _pictures(facts, desired)
    yield "facts.json", "json", dump_facts(facts)
    for one in (plan(desired, facts), plan_destroy(desired, facts), drift(desired, facts)):
        yield type(one).__name__, "terminal", shown(one.to_text())
    yield "doctor", "terminal", shown(findings_text(diagnose(facts, desired=desired), facts.target))
    for explained in Explainer(facts).all([("169.254.169.254", 80)]):
        yield "explain", "terminal", shown(explained.to_text())
    yield from _sentences(text, describe_host(facts))
    for error in errors_of(text):
        yield f"{type(error).__name__}", "terminal", shown(error.paragraph())
        yield f"{type(error).__name__} in a notebook", "traceback", "\n".join(error._render_traceback_())
        yield f"{type(error).__name__} as JSON", "json", json_text(error.to_json())
    yield from _run(text)
    yield from fleet_ways_out(facts, text)


def _table(name: str, frame: Any) -> Iterator[Out]:
    yield f"table {name}", "html", View(frame, name).to_html()
    yield f"table {name} as text", "terminal", shown(View(frame, name).to_text())


def _pictures(facts: Facts, desired: Any) -> Iterator[Out]:
    drawn = draw(facts, desired=desired, before=sample_facts.fresh())
    yield "topology", "svg", drawn.svg()
    yield "topology in a page", "html", drawn._repr_mimebundle_()["text/html"]
    yield "topology in words", "terminal", shown(drawn.text)
    source = sample_facts.desired().clients[0].name
    traced = Explainer(facts).explain(source, "169.254.169.254", port=80).picture(facts)
    yield "explanation", "svg", traced.svg()


def _sentences(*texts: str) -> Iterator[Out]:
    for text in texts:
        bundle = sentence_mimebundle(text)
        yield "sentence", "html", bundle["text/html"]
        yield "sentence as text", "block", bundle["text/plain"]
        yield "sentence on a terminal", "terminal", shown(text)
    told: list[tuple[str, str]] = []
    progress = Progress(texts[0], lambda html, plain: told.append((html, plain)))
    progress.on_event(Event("note", texts[0]))
    progress.say(texts[0])
    progress.finish(False, texts[0])
    yield "progress", "html", told[-1][0]
    yield "progress as text", "terminal", shown(told[-1][1])
    yield "event", "terminal", shown(event_line(Event("note", texts[0])))


def _run(text: str) -> Iterator[Out]:
    summary = summary_of(text)
    yield "report.html", "html", report.render(summary, {})
    suites = junit.build(summary)
    yield "junit.xml", "xml", ElementTree.tostring(suites, encoding="unicode")
    yield "proof", "terminal", shown(proof_text(summary["verification"]))
    yield "summary.json", "json", json_text(summary)
    state = RunState(Path("runs"))
    state.take([
        {"event": "run", "target": text, "params_file": text, "todo": [text]},
        {"event": "begin", "notebook": text}, {"event": "line", "text": text, "lasting": True},
        {"event": "end", "notebook": text, "ok": False, "file": text, "changed": 1, "seconds": 1.0},
        {"event": "finish", "ok": False, "exit_status": 1, "seconds": 1.0, "error": {"paragraph": text or "x"}},
    ])  # fmt: skip
    from hnskit.running.server_links import link

    yield "the run on the page", "html", state.html(lambda file, words: link(None, file, words))


class _Page(HTMLParser):
    """Names what is in a page that hnskit does not write."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self._in = ""
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in = tag
        self.scripts += tag == "script"
        if tag not in _ELEMENTS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name not in _ATTRIBUTES:
                self.wrong.append(f"<{tag} {name[:40]}>")
            if name == "href" and not re.fullmatch(r"[\w./%-]+", value or ""):
                self.wrong.append(f"href={value!r:.60}")
            if name == "onbeforeprint" and value != report._OPEN_IN_PRINT:
                self.wrong.append("another onbeforeprint")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_comment(self, data: str) -> None:  # noqa: ARG002 - whatever it says
        self.wrong.append("a comment")

    def handle_data(self, data: str) -> None:
        if self._in not in ("script", "style") and (bad := _raw(data)):
            self.wrong.append(f"a raw {bad!r}")


def _raw(text: str) -> str:
    """The first character of a text, line breaks apart, that is not seen as itself."""
    return next((char for char in text if char not in "\n\t" and one_line(char) != char), "")


def wrong_in(kind: str, output: str) -> str:
    """What is wrong in an output; "" if nothing is."""
    output.encode("utf-8")
    return _CHECKS[kind](output)


def _html(output: str) -> str:
    page = _Page()
    page.feed(output)
    page.close()
    return ", ".join(page.wrong[:3]) or ("scripts of its own" if page.scripts > 2 else "")


def _xml(output: str) -> str:
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(output.encode()).iter()}
    known = _ELEMENTS | {"testsuites", "testsuite", "testcase", "failure", "skipped", "system-out"}
    return ", ".join(sorted(tags - known))


def _terminal(output: str) -> str:
    if bad := next((char for char in output if char != "\n" and one_line(char) != char), ""):
        return f"a raw {bad!r}"
    return "a forged line" if any(line.lstrip().startswith(FORGED) for line in output.split("\n")) else ""


def _block(output: str) -> str:
    return f"a raw {bad!r}" if (bad := _raw(output)) else ""


def _csv(output: str) -> str:
    cells: Iterable[str] = (cell for row in csv.reader(io.StringIO(output)) for cell in row)
    return "a formula" if any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells) else _block(output)


def _json(output: str) -> str:
    json.loads(output)
    return f"a raw {bad!r}" if (bad := _raw(output)) else ""


_CHECKS: dict[str, Callable[[str], str]] = {
    "html": _html, "svg": _xml, "xml": _xml, "terminal": _terminal, "traceback": _block, "block": _block, "csv": _csv,
    "json": _json,
}  # fmt: skip


def failures(text: str) -> Iterator[tuple[str, str]]:
    """The ways out, and what went wrong there."""
    for name, kind, output in ways_out(text):
        try:
            found = wrong_in(kind, output)
        except (ValueError, SyntaxError, csv.Error) as problem:
            found = f"{type(problem).__name__}: {problem}"
        if found:
            yield name, found


def main(count: int = COUNT, seed: int = 1) -> int:
    """Print the table; how many strings came through somewhere."""
    wrong, bad = collections.Counter[str](), 0
    examples: dict[str, str] = {}
    ways = len(list(ways_out("x")))
    for text in strings(count, seed):
        found = dict(failures(text))
        bad += bool(found)
        wrong.update(found.keys())
        for name, said in found.items():
            examples.setdefault(name, f"{said} of {text[:80]!r}")
    for name, said in examples.items():
        print(f"{name}: {said}", file=sys.stderr)
    print(f"{count} hostile strings x {ways} ways out: {bad} came through {dict(wrong) if wrong else ''}")
    return bad


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
