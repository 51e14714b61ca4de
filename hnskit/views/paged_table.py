"""A table of thousands of rows as one piece of HTML: searched, sorted and turned by page in the reader's browser.

It needs nothing from a network and no kernel. Where scripts do not run (a notebook that is not trusted, a mail), its
first rows stand there as a plain table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from hnskit.foreign_text.escaping import escape_html, json_text
from hnskit.views.style import css

FIRST = 25
"""Rows of a page."""

PRINTED = """<style>@media print{
.hk-paper,.hk-paper table{font-size:9px!important}.hk-paper tr,svg.hk{break-inside:avoid}
.hk-paper td,.hk-paper th{padding:.2em .4em!important;white-space:pre-line!important;overflow-wrap:break-word}
.hk-paper td:not(.n){overflow-wrap:anywhere!important}
.jp-OutputPrompt{display:none!important}.jp-OutputArea-child,.jp-OutputArea-output{overflow:visible!important}
.jp-InputArea-editor pre{white-space:pre-wrap!important}}</style>"""
"""For tables of the class `hk-paper`: on paper nothing can be scrolled, so all columns fit in; where they do not, the
browser makes the page smaller. A notebook's lines of code, too, which nbconvert's page else cuts off."""

_NARROW = "white-space:nowrap;overflow-wrap:break-word!important"
"""Style of a cell that stays on one line, and on paper breaks between words alone."""
_STYLE = css("""
.hkt{font-size:13px}.hkt .bar{display:flex;gap:.7em;align-items:center;flex-wrap:wrap;margin:.4em 0}
.hkt .cap{font-weight:bold;white-space:pre-line}.hkt .wide{overflow-x:auto}
.hkt table{border-collapse:collapse}.hkt th,.hkt td{text-align:left!important;vertical-align:top;padding:.25em .7em;
white-space:pre-line;border-bottom:1px solid rgba(128,128,128,.25)}.hkt td{max-width:34em;
overflow-wrap:break-word}
.hkt th button{all:unset;cursor:pointer;font-weight:bold}.hkt th button:focus-visible{outline:2px solid $accent}
.hkt th[aria-sort=ascending] button::after{content:" ▲"}.hkt th[aria-sort=descending] button::after{content:" ▼"}
.hkt input{font:inherit;padding:.15em .4em;min-width:18em;color:inherit;background:transparent;
border:1px solid rgba(128,128,128,.6);border-radius:3px}
.hkt .bar button{font:inherit;padding:.15em .7em;color:inherit;background:rgba(128,128,128,.15);
border:1px solid rgba(128,128,128,.5);border-radius:3px;cursor:pointer}.hkt .bar button:disabled{opacity:.4}
.hkt .said{opacity:.8}.hkt .arrow{white-space:nowrap}
@media print{.hkt .bar :is(label,button){display:none}.hkt .wide{overflow:visible}}
""")


def big_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    ids: Mapping[int, Sequence[str]],
    caption: str,
    narrow: Sequence[int] = (),
    *,
    colours: Mapping[int, Mapping[str, str]] | None = None,
) -> str:
    """The HTML.

    Args:
        rows: text, as it is to be seen.
        ids: by the number of a column, what its cells' tooltips say.
        caption: stands above it.
        narrow: numbers of the columns whose cells stay on one line.
        colours: by the number of a column, the colour of a cell by its text.
    """
    tints = {place: dict(words) for place, words in (colours or {}).items()}
    data = json_text({"columns": list(columns), "rows": list(rows), "ids": dict(ids), "colours": tints})
    data = data.replace("<", "\\u003c")  # so that nothing in it ends the script, whatever a container's name is
    scope = "n" + "-".join(map(str, narrow))
    lines = "".join(f".hkt.{scope} td:nth-child({place + 1}){{{_NARROW}}}" for place in narrow)
    head = "".join(f'<th scope="col">{escape_html(name)}</th>' for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape_html(text)}</td>' for text in row)}</tr>" for row in rows[:FIRST])
    return (
        f'<div class="hkt hk-paper {scope}"><style>{_STYLE}{lines}</style>{PRINTED}'
        f'<div class="cap">{escape_html(caption)}</div>'
        f'<div class="bar">The first {min(FIRST, len(rows))} of {len(rows)} rows; trust the notebook to search in all.'
        f'</div><div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        f'<script type="application/json">{data}</script>'
        f"<script>{_script()}</script></div>"
    )


@cache
def _script() -> str:
    return (resources.files("hnskit.views") / "table.js").read_text(encoding="utf-8")
