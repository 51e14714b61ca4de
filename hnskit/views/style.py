"""One style: the colours that mean something, and the markup of an error, for tables, pictures, pages and widgets."""

from __future__ import annotations

from string import Template

from hnskit.errors.prose_html import prose

GOOD, CARE, BAD, QUIET, ACCENT = "#2c8a4b", "#b07300", "#d13438", "#808080", "#1f86d6"
"""Right, to be looked at, wrong, in the background, and the redirect itself; legible on light and on dark pages."""

SEVERITIES = {"ok": GOOD, "note": QUIET, "warning": CARE, "error": BAD}
"""The colour of a finding."""


def css(text: str) -> str:
    """Put the colours into a style sheet that names them: `color:$bad`.

    Raises:
        KeyError: there is no colour of this name.
    """
    return Template(text).substitute(good=GOOD, care=CARE, bad=BAD, quiet=QUIET, accent=ACCENT)


def error_html(message: str, *, inline: bool = False) -> str:
    """Mark an error for a page: text escaped, commands set as code; a screen reader speaks a paragraph at once."""
    said = f"✗ {prose(message)}"
    if inline:
        return f'<span style="color:{BAD};white-space:pre-wrap">{said}</span>'
    return f'<p role="alert" style="color:{BAD};white-space:pre-wrap;line-height:1.45">{said}</p>'
