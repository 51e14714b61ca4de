"""report.html: one offline file about one run, for a reader who was not there.

Everything is taken from the run folder, so it can be made again at any time.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hnskit.errors import FileError, SnapshotError
from hnskit.errors.nearest import near_file
from hnskit.errors.prose_html import prose
from hnskit.facts.anything import load_facts
from hnskit.facts.differences import Difference, differences
from hnskit.facts.host_facts import Facts
from hnskit.foreign_text.escaping import Lines, escape_html, join_lines
from hnskit.local.atomic_write import atomic_write_text
from hnskit.model.wording import MANY, duration_text, with_short_ids
from hnskit.running import run_folder as runfolder
from hnskit.running.change_record import differences_table, record_table
from hnskit.running.run_verdict import achieved, verdict_sentence
from hnskit.views.style import css
from hnskit.views.topology import draw

_STYLE = css("""
:root{color-scheme:light dark;--line:#8886;--soft:#8881;--good:$good;--bad:$bad;--care:$care}
body{font:15px/1.5 ui-sans-serif,system-ui,'Segoe UI',sans-serif;max-width:1020px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}
h2{font-size:1.1rem;margin:2.2rem 0 .6rem;border-bottom:1px solid var(--line);padding-bottom:.2rem}
.verdict{border-left:6px solid var(--good);background:var(--soft);padding:.9rem 1.1rem;margin:1rem 0;border-radius:4px}
.verdict.bad{border-color:var(--bad)}.verdict strong{font-size:1.15rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
td{overflow-wrap:normal}td:last-child{overflow-wrap:anywhere;min-width:16em}td:first-child{white-space:nowrap}
th{font-weight:600;white-space:nowrap}td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.good{color:var(--good);font-weight:600}.bad{color:var(--bad);font-weight:600}.care{color:var(--care);font-weight:600}
.quiet{opacity:.7}pre{white-space:pre-wrap;margin:0;font:inherit}
ul{margin:.2rem 0;padding-left:1.2rem}li{overflow-wrap:anywhere}
figure{margin:0 0 1rem}figcaption{font-weight:600;margin-bottom:.3rem}svg{max-width:100%;height:auto}
@media screen and (max-width:640px){
body{margin:1rem auto}table,tbody,tr,td{display:block}thead{display:none}tr{border-bottom:1px solid var(--line)}
td,td.n,td:last-child{border:0;padding:.1rem 0;min-width:0;white-space:normal;overflow-wrap:anywhere}
td[data-of]:not([data-of=""])::before{content:attr(data-of) ": ";opacity:.7}
}
@media print{
:root{color-scheme:light}body{margin:0;max-width:none;color:#000;background:#fff}
h2{break-after:avoid}tr,figure{break-inside:avoid}
details::details-content{content-visibility:visible;display:block;height:auto}}
summary{cursor:pointer;padding:.2rem 0}
""")
_OPEN_IN_PRINT = "document.querySelectorAll('details').forEach(one=>one.open=true)"
"""For browsers that do not know `::details-content` yet."""


_NOTEBOOK = re.compile(r"[\w.-]+\.ipynb")
"""A file beside the report: a summary that somebody else wrote may name any address."""


def write_report(run_dir: Path) -> Path:
    """Make the report of a run.

    Raises:
        HnskitError: the folder has no summary of a run.
    """
    summary = read_summary(run_dir)
    path = run_dir / runfolder.REPORT
    before, after = _moments(run_dir, summary)
    found = differences(before, after) if before is not None and after is not None else ()
    beside = frozenset(step["file"] for step in summary["steps"] if (run_dir / step["file"]).is_file())
    atomic_write_text(path, render(summary, _pictures(before, after), found, beside), private=True)
    return path


def read_summary(run_dir: Path) -> dict[str, Any]:
    """The summary of a run.

    Raises:
        FileError: the folder has none.
    """
    summary = runfolder.read_json(run_dir / runfolder.SUMMARY)
    if summary is None:
        near = near_file(run_dir)
        said = "there is no summary of a run in it" if run_dir.is_dir() else "there is no such folder"
        said += f"; {near}" if near and not run_dir.is_dir() else ""
        raise FileError(
            said, object=str(run_dir), next_step="Name a folder that `hnskit run` made; `hnskit runs` lists them."
        )
    return summary


def _moments(run_dir: Path, summary: Mapping[str, Any]) -> tuple[Facts | None, Facts | None]:
    """The host before the first notebook, and after the last one.

    A snapshot that cannot be read is no reason to have no report.
    """
    parts = [step["part"] for step in summary["steps"]]
    target = summary["target"]
    return _snapshot(run_dir, parts, "before", target), _snapshot(run_dir, parts[::-1], "after", target)


def _pictures(before: Facts | None, after: Facts | None) -> dict[str, str]:
    """The host before, and after with what is not as it was: as SVG text."""
    found: dict[str, str] = {}
    if before is not None:
        found["before"] = draw(before).svg(alone=False)
    if after is not None:
        found["after"] = draw(after, before=before).svg(alone=False)
    return found


def _snapshot(run_dir: Path, parts: Iterable[str], moment: str, target: str) -> Facts | None:
    files = (runfolder.snapshot_file(run_dir, part, moment) for part in parts)
    path = next((path for path in files if path.is_file()), None)
    if path is not None:
        with contextlib.suppress(SnapshotError):
            return replace(load_facts(path), target=target)
    return None


def render(
    summary: Mapping[str, Any],
    pictures: Mapping[str, str],
    found: Sequence[Difference] = (),
    beside: Collection[str] = (),
) -> str:
    """The page.

    Args:
        summary: as summary.json has it.
        pictures: may have `before` and `after`.
        found: differences of the host after from the host before.
        beside: names of the executed notebooks that are there to be linked.
    """
    sections = [
        _verdict(summary),
        section("The proof", _proof(summary.get("verification"))),
        section("What changed", _before(summary.get("earlier", ())) + _changes(summary)),
        section("Before and after", differences_table(found)),
        section("The host after", f"<figure>{pictures['after']}</figure>" if "after" in pictures else ""),
        section("The host before", f"<figure>{pictures['before']}</figure>" if "before" in pictures else ""),
        section("Preflight", _findings(summary["steps"])),
        section("Notebooks and timing", _notebooks(summary["steps"], summary, beside)),
        section("Who, from where, with what", record_table(summary)),
    ]
    return page(f"hnskit: {summary['target']}, {summary['started']}", sections)


def page(title: str, sections: Iterable[str]) -> str:
    """A whole page of HTML: `sections` are HTML already, the title is text."""
    said = escape_html(title)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{said}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head>'
        f'<body onbeforeprint="{_OPEN_IN_PRINT}">{"".join(sections)}</body></html>\n'
    )


def _verdict(summary: Mapping[str, Any]) -> str:
    ok, error = summary["ok"], summary.get("error") or {}
    changed, earlier = sum(step["changed"] for step in summary["steps"]), len(summary.get("earlier", ()))
    did = "Nothing had to be changed: the host was already as described."
    if changed + earlier:
        parts = f": {changed} now, {earlier} before it stopped" if earlier else ""
        did = f"{changed + earlier} changes were made{parts}."
    if ok:
        achievement = achieved(summary["steps"], summary.get("verification"))
        said = verdict_sentence(achievement, left=sum(len(step.get("left", ())) for step in summary["steps"])) + "."
    else:
        said = f"The run stopped at {summary['stopped_at']}." if summary.get("stopped_at") else "The run did not start."
        said_of_it = [Lines(error.get("paragraph", "")), *([did] if changed + earlier else [])]
        did = join_lines(said_of_it)
    return (
        f"<h1>The redirect on {escape_html(summary['target'])}</h1>"
        f'<p class="quiet">{escape_html(_moment(summary["started"]))}, {summary["seconds"]:.1f} s, '
        f"parameters: {escape_html(summary['params_file'])}</p>"
        f'<div class="verdict{"" if ok else " bad"}"><strong>{escape_html(said)}</strong><br>'
        f"<pre>{prose(did)}</pre></div>"
    )


def _moment(stamp: str) -> str:
    return stamp.replace("T", " ").replace("+00:00", " UTC")


def section(title: str, content: str) -> str:
    """A part of a page, of HTML; nothing where there is no content."""
    return f"<h2>{escape_html(title)}</h2>{content}" if content else ""


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; `rows` are HTML."""
    names = [escape_html(name, quote=True) for name in head]
    cells = (
        "".join(f'<td data-of="{name}">{cell}</td>' for name, cell in zip(names, row, strict=True)) for row in rows
    )
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    head_row = f"<tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>"
    return f"<table><thead>{head_row}</thead><tbody>{body}</tbody></table>" if body else ""


def _mark(ok: bool, *, stopped: bool = False) -> str:
    if stopped:
        return '<span class="care">stopped</span>'
    return f'<span class="{"good" if ok else "bad"}">{"yes" if ok else "NO"}</span>'


def _folded(count: int, words: str, content: str) -> str:
    """Content that is folded away where it is long."""
    return f"<details><summary>{count} {words}</summary>{content}</details>" if count > MANY else content


def _proof(verification: Mapping[str, Any] | None) -> str:
    if not verification:
        return '<p class="quiet">The run did not come to the verification.</p>'
    clients = verification["clients"]
    proved = [client for client in clients if client["ok"]]
    many = len(proved) > MANY  # what is not proved is never folded away
    shown = [client for client in clients if not (many and client["ok"])]
    intro = "<p>The requests below were made inside the client containers.</p>"
    rest = _folded(len(proved), "clients are proved", _checks(proved)) if many else ""
    return intro + _checks(shown) + rest


def _checks(clients: Iterable[Mapping[str, Any]]) -> str:
    rows = [
        (
            escape_html(client["client"]),
            escape_html(check["name"]),
            _mark(check["ok"]),
            escape_html(check["wanted"]),
            escape_html(check["seen"]),
        )
        for client in clients
        for check in client["checks"]
    ]
    return table(("client", "check", "holds", "wanted", "seen"), rows)


def _changes(summary: Mapping[str, Any]) -> str:
    parts = []
    for step in summary["steps"]:
        kept = [f'<li class="quiet">{escape_html(with_short_ids(reason))}</li>' for reason in step["kept"]]
        said = [*step["notes"], *(f"kept: {left}" for left in step.get("left", ()))]
        notes = [f'<li class="care">{escape_html(note)}</li>' for note in said]
        failed = _failed(step, summary)
        lists = (
            _done(step["done"])
            + failed
            + _folded(len(kept), "are as they should be already", _list(kept))
            + _list(notes)
        )
        if lists:
            parts.append(f"<p><b>{escape_html(step['notebook'])}</b></p>{lists}")
    return "".join(parts)


def _failed(step: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    """Tell what failed or was stopped in a notebook, beside what it changed."""
    error = summary.get("error") or {}
    if step["ok"] or step["notebook"] != summary.get("stopped_at") or not error:
        return ""
    stopped = step.get("stopped", False)
    said = " ".join(filter(None, (str(error.get("step", "")), "stopped:" if stopped else "failed:")))
    message = str(error.get("message", "")).removeprefix(said).lstrip()
    return _list([f'<li class="{"care" if stopped else "bad"}">{escape_html(f"{said} {message}")}</li>'])


def _before(earlier: Sequence[Mapping[str, Any]]) -> str:
    """List the changes of earlier attempts in the same folder."""
    return f"<p><b>before it stopped</b></p>{_done(earlier)}" if earlier else ""


def _done(steps: Sequence[Mapping[str, Any]]) -> str:
    items = [
        f"<li><b>{escape_html(one['step'])}</b> "
        f'<span class="quiet">{duration_text(one["seconds"]).strip(" ()")}</span></li>'
        for one in steps
    ]
    return _folded(len(items), "changed", _list(items))


def _list(items: Sequence[str]) -> str:
    return f"<ul>{''.join(items)}</ul>" if items else ""


def _findings(steps: Iterable[Mapping[str, Any]]) -> str:
    colours = {"ok": "good", "warning": "care", "error": "bad"}
    rows = [
        (
            f'<span class="{colours.get(one["severity"], "")}">{escape_html(one["severity"])}</span>',
            escape_html(one["object"]),
            "<br>".join(prose(text) for text in (one["message"], one["next_step"]) if text),
        )
        for step in steps
        for one in step["findings"]
    ]
    return table(("", "what", "found"), rows)


def _notebooks(steps: Iterable[Mapping[str, Any]], summary: Mapping[str, Any], beside: Collection[str]) -> str:
    rows = [
        (
            f'<a href="{escape_html(step["file"], quote=True)}">{escape_html(step["notebook"])}</a>'
            if step["file"] in beside and _NOTEBOOK.fullmatch(step["file"])
            else escape_html(step["notebook"]),
            _mark(step["ok"], stopped=step.get("stopped", False)),
            str(step["changed"]),
            f"{step['seconds']:.1f} s",
        )
        for step in steps
    ]
    rows.append(
        ("<b>all</b>", _mark(summary["ok"]), str(sum(step["changed"] for step in steps)), f"{summary['seconds']:.1f} s")
    )
    said = (
        "The links lead to the executed notebooks of the run folder, beside this file; a copy of this file alone has "
        "everything else."
    )
    return table(("notebook", "ok", "changed", "time"), rows) + (f'<p class="quiet">{said}</p>' if beside else "")
