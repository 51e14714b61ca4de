"""A run as a page shows it: folded from the lines of its log, drawn as HTML. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from hnskit.errors.prose_html import prose
from hnskit.foreign_text.escaping import escape_html
from hnskit.running.run_verdict import Achievement, verdict_sentence
from hnskit.running.summary import describe_changes, kept_lines
from hnskit.views.style import css

_LINES = 200
_SIGNS = {
    "waiting": "·", "running": "▸", "done": "✓", "failed": "✗", "stopped": "■", "not finished": "✗", "not begun": "–",
}  # fmt: skip
_STOPPED = 130  # the exit status of a run that was asked to stop

LOST = (
    "The run ended without a word: its process was killed, or the machine was restarted. What was begun and done is in "
    "its journal. Run it again: it reads the host first and does only what is missing."
)

STYLE = css("""
.hk-run{max-width:62em;line-height:1.45}
.hk-run .bar{height:6px;border-radius:3px;background:rgba(128,128,128,.3);margin:.4em 0 .7em}
.hk-run .bar div{height:6px;border-radius:3px;background:$accent;transition:width .2s}
.hk-run .bar.ok div{background:$good}.hk-run .bar.bad div{background:$bad}
.hk-run table{border-collapse:collapse;width:100%}
.hk-run th,.hk-run td{text-align:left;padding:.2em .8em .2em 0;border-bottom:1px solid rgba(128,128,128,.3)}
.hk-run th.n{text-align:right}.hk-run td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.hk-run .done{color:$good}.hk-run .failed{color:$bad}.hk-run .running{color:$accent}
.hk-run .stopped,.hk-run .not-finished{color:$care}
.hk-run .waiting,.hk-run .not-begun{opacity:.65}
.hk-run pre{display:flex;flex-direction:column-reverse;max-height:14em;
overflow:auto;margin:.8em 0 0;padding:.5em .7em;background:rgba(128,128,128,.09);
border-radius:4px;font-size:12px;white-space:pre-wrap;
word-break:normal;overflow-wrap:anywhere}
.hk-run pre code{background:none;padding:0;font:inherit;white-space:inherit;word-break:inherit}
.hk-run .verdict{font-weight:600;margin:.2em 0}.hk-run a{text-decoration:underline}
.hk-run.past .verdict{font-weight:400}
.hk-run .lamp{display:inline-block;width:1.3em;text-align:center}
""")


def local_time(stamp: str) -> str:
    """A moment of ISO 8601 as a clock here shows it, with its date; "" where there is none."""
    try:
        return f"{datetime.fromisoformat(stamp).astimezone():%d %B %Y, %H:%M:%S}"
    except ValueError:
        return ""


@dataclass(slots=True)
class NotebookState:
    """One notebook of a run."""

    notebook: str
    state: str = "waiting"
    changed: int = 0
    seconds: float = 0.0
    file: str = ""


@dataclass(slots=True)
class RunState:
    """The state of a run so far."""

    run_dir: Path
    target: str = ""
    steps: dict[str, NotebookState] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    passing: str = ""
    """Present activity, outdated by the next line."""
    finish: Mapping[str, Any] | None = None
    lost: bool = False
    ended: str = ""
    """Time of its last line; local time, as a calendar and a clock show it."""
    past: bool = False
    """True if it is looked at later: what the host has now, it does not know."""

    def take(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Fold in the next lines of the log."""
        for record in records:
            event = record.get("event")
            self.ended = local_time(str(record.get("time", ""))) or self.ended
            if event == "run":
                self.target = str(record.get("target", ""))
                self.steps = {name: NotebookState(name) for name in record.get("todo", ())}
            elif event == "begin":
                self.passing = ""
                self.steps.setdefault(record["notebook"], NotebookState(record["notebook"])).state = "running"
                self._say(record["notebook"])
            elif event == "line" and record.get("lasting"):
                self.passing = ""
                self._say(f"    {record['text']}")
            elif event == "line":
                self.passing = f"    {record['text']}"
            elif event == "end":
                self._end(record)
            elif event == "finish":
                self.finish, self.passing = record, ""

    def _end(self, record: Mapping[str, Any]) -> None:
        step = self.steps.setdefault(record["notebook"], NotebookState(record["notebook"]))
        step.state = "done" if record.get("ok") else "failed"
        step.changed, step.seconds = int(record.get("changed", 0)), float(record.get("seconds", 0.0))
        step.file = str(record.get("file", ""))
        self.passing = ""
        if record.get("ok") and not step.changed:
            for reason in kept_lines(record.get("kept", ())):
                self._say(f"    {reason}")

    def _say(self, line: str) -> None:
        self.lines = [*self.lines, line][-_LINES:]

    @property
    def over(self) -> bool:
        """Tell whether it has ended, one way or another."""
        return self.lost or self.finish is not None

    @property
    def percent(self) -> int:
        """The share of notebooks that are done; 100 only after success."""
        if self.finish is not None and self.finish.get("ok"):
            return 100
        done = sum(step.state == "done" for step in self.steps.values())
        return min(99, 100 * done // len(self.steps)) if self.steps else 0

    @property
    def verdict(self) -> str:
        """The state of the run in a sentence."""
        if self.lost:
            return LOST
        if self.finish is None:
            now = next((step.notebook for step in self.steps.values() if step.state == "running"), "it begins")
            return f"At work on {self.target}: {now} …" if self.target else "It begins …"
        changed = sum(step.changed for step in self.steps.values())
        earlier = int(self.finish.get("earlier", 0))
        did = describe_changes(changed, earlier) if changed + earlier else "nothing had to be changed"
        seconds = f"{float(self.finish.get('seconds', 0.0)):.1f} s"
        if not self.finish.get("ok"):
            said = str((self.finish.get("error") or {}).get("paragraph") or "It failed.")
            return said[0].upper() + said[1:]
        achievement = Achievement(self.finish.get("achieved") or Achievement.UNPROVED)
        said = verdict_sentence(achievement, past=self.past, left=int(self.finish.get("left", 0)))
        return f"{self.target}: {said[0].lower()}{said[1:]}: {did}, {seconds}."

    def html(self, link: Callable[[Path, str], str]) -> str:
        """The whole as HTML; `link` turns a file and a text into an <a>."""
        ended = self.finish is not None and bool(self.finish.get("ok"))
        past = " past" if self.past else ""
        colour = "ok" if ended else "bad" if self.over else ""
        rows = "".join(self._row(step, link) for step in self.steps.values())
        log = escape_html("\n".join([*self.lines, *([self.passing] if self.passing else [])]))
        more = [link(self.run_dir / name, text) for name, text in _FILES if (self.run_dir / name).is_file()]
        return (
            f'<style>{STYLE}</style><div class="hk-run{past}">'
            f'<p class="verdict" role="status">{prose(self.verdict)}</p>'
            f'<div class="bar {colour}" role="progressbar" aria-label="the run" aria-valuenow="{self.percent}" '
            f'aria-valuemin="0" aria-valuemax="100"><div style="width:{self.percent}%"></div></div>'
            f'<table><tr><th scope="col">step</th><th scope="col">state</th><th scope="col" class="n">changed</th>'
            f'<th scope="col" class="n">time</th></tr>{rows}</table>'
            + (f"<p>{' · '.join(more)}</p>" if more and self.over else "")
            + f'<pre role="log" aria-label="log" tabindex="0"><code>{log}</code></pre></div>'
        )

    def _shown(self, state: str) -> str:
        """A step's state in words; at the end of the run also of those that did not come to theirs."""
        if state == "failed" and self.finish is not None and self.finish.get("exit_status") == _STOPPED:
            return "stopped"
        if self.over and state in ("waiting", "running"):
            return "not begun" if state == "waiting" else "not finished"
        return state

    def _row(self, step: NotebookState, link: Callable[[Path, str], str]) -> str:
        state = self._shown(step.state)
        name = link(self.run_dir / step.file, step.notebook) if step.file else escape_html(step.notebook)
        changed = str(step.changed) if step.state in ("done", "failed") else ""
        seconds = f"{step.seconds:.1f} s" if step.seconds else ""
        return (
            f'<tr><td>{name}</td><td class="{state.replace(" ", "-")}"><span class="lamp" aria-hidden="true">'
            f'{_SIGNS[state]}</span> {state}</td><td class="n">{changed}</td><td class="n">{seconds}</td></tr>'
        )


_FILES = (
    ("report.html", "Report"),
    ("summary.json", "summary.json"),
    ("junit.xml", "junit.xml"),
    ("journal.jsonl", "journal"),
)
