"""An explanation drawn on the host's topology: a numbered mark at each hop, the way between them, the verdict below."""

from __future__ import annotations

import itertools
import textwrap
from collections import defaultdict
from dataclasses import replace

from hnskit.diagnosis.path_segments import ExplanationData
from hnskit.diagnosis.trace import Hop
from hnskit.facts.compartment_owners import CompartmentOwners
from hnskit.facts.host_facts import Facts
from hnskit.foreign_text.escaping import escape_html, join_lines
from hnskit.views.style import BAD, CARE, GOOD
from hnskit.views.topology import END_W, END_X, HOST_W, HOST_X, Drawing, Topology

_COLOURS = {"reached": GOOD, "refused": BAD, "unreachable": BAD, "unknown": CARE}
_MOST = 40  # endpoints that are drawn beside those of the trace
_LINE = 17
_MARK = 20
_HALF = 23  # half of a box's height
_HOST_Y = 200  # the upper edge of the host's first adapter
_ROOM = {"b": 128, "w": 135, "q": 155}  # characters of a line below the picture


def draw_explanation(facts: Facts, explanation: ExplanationData) -> Topology:
    """Draw an explanation.

    Args:
        facts: the snapshot that it was made from. Of a large host only what the trace touches is drawn.
        explanation: from `explaining.explain`.
    """
    drawing = Drawing(_focused(facts, explanation), None)
    plain = drawing.finished()
    marks, y = _Marks(explanation, drawing.rows), plain.height + 10
    body = [plain.body, marks.svg()]
    lines = [(explanation.sentence(), "b")]
    for segment in explanation.segments:
        lines.append((segment.title, "b"))
        lines += [(f"{marks.number[id(hop)]}  {hop}", "q" if hop.confirmed else "w") for hop in segment.hops]
    for text, kind in lines:
        for line in textwrap.wrap(text, _ROOM[kind]):
            body.append(f'<text class="{kind}" x="{HOST_X}" y="{y + 12}">{escape_html(line)}</text>')
            y += _LINE
    return Topology("".join(body), y + 10, join_lines([plain.text, "", explanation.to_text()]))


def _focused(facts: Facts, explanation: ExplanationData) -> Facts:
    if len(facts.endpoints) <= _MOST:
        return facts
    touched = {hop.endpoint for segment in explanation.segments for hop in segment.hops if hop.endpoint}
    kept = tuple(item for item in facts.endpoints if item.id in touched)
    networks = {item.network_id.lower() for item in kept}
    owners = CompartmentOwners(facts)
    used = {owner.id for item in kept if (owner := owners.of_endpoint(item))}
    used |= {container for item in kept for container in item.containers}
    return replace(
        facts,
        endpoints=kept,
        networks=tuple(item for item in facts.networks if item.id.lower() in networks),
        containers=tuple(item for item in facts.containers if item.id in used),
    )


class _Marks:
    """Numbered marks of the hops, and curves between the endpoints that they are at."""

    def __init__(self, explanation: ExplanationData, rows: dict[str, int]) -> None:
        self._segments = explanation.segments
        self._rows = rows
        self._colour = _COLOURS[explanation.verdict.kind]
        self.number = {
            id(hop): n for n, hop in enumerate((h for segment in self._segments for h in segment.hops), start=1)
        }

    def svg(self) -> str:
        """All of them."""
        parts: list[str] = []
        for segment in self._segments:
            colour = _COLOURS[segment.verdict.kind] if segment.verdict else self._colour
            dashes = "" if segment.name == "forward" else ' stroke-dasharray="5 4"'
            places = [self._rows[hop.endpoint] for hop in segment.hops if hop.endpoint in self._rows]
            for one, other in itertools.pairwise(places):
                if one != other:
                    parts.append(_curve(one, other, colour, dashes))
        at: dict[str, list[Hop]] = defaultdict(list)
        for segment in self._segments:
            for hop in segment.hops:
                at[hop.endpoint if hop.endpoint in self._rows else ""].append(hop)
        for endpoint, hops in at.items():
            x, y = (END_X + END_W - 14, self._rows[endpoint] - _HALF) if endpoint else (HOST_X + HOST_W - 12, _HOST_Y)
            parts += [self._mark(hop, x - _MARK * place, y) for place, hop in enumerate(reversed(hops))]
        return "".join(parts)

    def _mark(self, hop: Hop, x: int, y: int) -> str:
        """A disc; a ring where the hop is UNCONFIRMED."""
        fill = self._colour if hop.confirmed else "#ffffff"
        text = "#ffffff" if hop.confirmed else self._colour
        return (
            f"<g><title>{escape_html(str(hop))}</title>"
            f'<circle cx="{x}" cy="{y}" r="9" style="fill:{fill};stroke:{self._colour};stroke-width:1.6"/>'
            f'<text x="{x}" y="{y + 4}" text-anchor="middle" style="fill:{text};font-size:10px;font-weight:600">'
            f"{self.number[id(hop)]}</text></g>"
        )


def _curve(one: int, other: int, colour: str, dashes: str) -> str:
    right = END_X + END_W
    way = 1 if other > one else -1
    return (
        f'<path d="M{right} {one + 6 * way}C{right + 32} {one + 6 * way} {right + 32} {other - 6 * way} '
        f'{right + 2} {other - 6 * way}"{dashes} style="stroke:{colour};stroke-width:2;stroke-opacity:1"/>'
        f'<path d="M{right + 1} {other - 6 * way}l8 -4v8z" style="fill:{colour};stroke:none"/>'
    )
