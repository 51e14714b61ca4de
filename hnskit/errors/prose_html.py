"""Sentences as HTML: what stands between backticks, a command, is code."""

from __future__ import annotations

import re

from hnskit.foreign_text.escaping import escape_html


def prose(text: str) -> str:
    """A plain sentence as HTML."""
    return escaped_prose(escape_html(text))


def escaped_prose(text: str) -> str:
    """The same of a sentence that is escaped already."""
    # pandas hands over a Markup, whose own join would escape what is put in.
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", str(text))
