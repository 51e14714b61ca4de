"""report.html of a fleet: the verdict, the hosts by trouble, what changed, what differs from the majority."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from hnskit.fleet.fleet_frames import by_trouble, findings_of_hosts
from hnskit.fleet.fleet_verdict import all_well, verdict
from hnskit.fleet.host_result import HostResult
from hnskit.fleet.shared_addresses import found_on
from hnskit.fleet.traits import outliers, windows_of
from hnskit.foreign_text.escaping import escape_html, shortened
from hnskit.foreign_text.masking import mask_text
from hnskit.model.wording import counted
from hnskit.running.report import page, section, table

_MOST_NAMES = 20
_MOST_LETTERS = 60
_CLASSES = {"ok": "good", "differs": "care", "not begun": "quiet", "busy": "care", "stopped": "care"}


def render(results: Sequence[HostResult], verb: str, inventory: str, started: str) -> str:
    """The page, which needs nothing beside it."""
    hosts = by_trouble(results)
    return page(
        f"hnskit fleet {verb}, {started}",
        [
            _verdict(hosts, verb, inventory, started),
            section("Hosts", table(("host", "state", "Windows", "seconds", "verdict"), map(_host, hosts))),
            section("What changed", _changes(hosts)),
            section("Found on them", _findings(hosts)),
            section("Addresses on more than one host", _addresses(hosts)),
            section("What differs from the majority", _outliers(hosts)),
        ],
    )


def _verdict(hosts: Sequence[HostResult], verb: str, inventory: str, started: str) -> str:
    bad = not all_well(hosts, verb)
    said, _, rest = verdict(hosts).partition(": ")
    changed = sum(one.changed for one in hosts)
    about = f"{counted(changed, 'changes')} on {counted(sum(bool(one.changed) for one in hosts), 'hosts')}"
    return (
        f"<h1>hnskit fleet {_text(verb)}</h1><p class='quiet'>{_text(inventory)}, {_text(started)}</p>"
        f"<div class='verdict{' bad' if bad else ''}'><strong>{_text(said)}.</strong> "
        f"{_text(f'{rest}. ' if rest else '')}{_text(about)}.</div>"
    )


def _host(one: HostResult) -> tuple[str, ...]:
    state = f"<span class='{_CLASSES.get(one.state, 'bad')}'>{_text(one.state)}</span>"
    system = " ".join(filter(None, (windows_of(one), one.traits.get("build", ""))))
    name = f"{_text(one.name)}<br><span class='quiet'>{_text(one.target)}</span>"
    return name, state, _text(shortened(system, _MOST_LETTERS)), f"{one.seconds:.1f}", _text(one.verdict)


def _changes(hosts: Iterable[HostResult]) -> str:
    """A row for all hosts on which the same was done."""
    same: dict[str, list[HostResult]] = {}
    for one in hosts:
        if one.changed:
            same.setdefault(", ".join(step["step"] for step in one.data.get("done", ())), []).append(one)
    rows = [
        (str(len(on)), str(on[0].changed), f"{_text(done)}<br><span class='quiet'>{_text(_names(on))}</span>")
        for done, on in same.items()
    ]
    return table(("hosts", "steps", "what was done"), rows) if rows else ""


def _names(hosts: Sequence[HostResult]) -> str:
    more = f" and {len(hosts) - _MOST_NAMES} more" if len(hosts) > _MOST_NAMES else ""
    return f"on {', '.join(one.name for one in hosts[:_MOST_NAMES])}{more}"


def _findings(hosts: Sequence[HostResult]) -> str:
    found = findings_of_hosts(hosts)
    rows = [tuple(_text(str(cell)) for cell in row[:5]) for row in found.itertuples(index=False)]
    return table(("host", "severity", "object", "finding", "what to do"), rows) if rows else ""


def _addresses(hosts: Sequence[HostResult]) -> str:
    rows = [(_text(one.address), str(len(one.hosts)), _text(one.holding(_MOST_NAMES))) for one in found_on(hosts)]
    if not rows:
        return ""
    return f"<p>Right only where these hosts share no network.</p>{table(('address', 'hosts', 'on'), rows)}"


def _outliers(hosts: Iterable[HostResult]) -> str:
    rows = [
        (
            _text(one.name),
            _text(one.trait),
            _text(one.value or "none"),
            _text(f"{one.usual or 'none'} ({one.hosts} hosts)"),
        )
        for one in outliers((host.name, host.traits) for host in hosts)
    ]
    return table(("host", "what", "here", "on most"), rows) if rows else ""


def _text(value: Any) -> str:
    return escape_html(mask_text(str(value)))
