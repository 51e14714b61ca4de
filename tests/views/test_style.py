"""One place has the colours and the markup of an error."""

from __future__ import annotations

from pathlib import Path

import pytest

import hnskit
from hnskit.views import style

COLOURS = (style.GOOD, style.CARE, style.BAD, style.ACCENT)


def test_no_other_file_has_a_colour_of_its_own() -> None:
    """A page, a table, a picture and a widget show the same thing in the same colour."""
    package = Path(hnskit.__file__).parent
    others = [path for path in package.rglob("*.py") if path != Path(style.__file__)]
    texts = {path.name: path.read_text(encoding="utf-8").lower() for path in others}
    assert [name for name, text in texts.items() if any(colour in text for colour in COLOURS)] == []


def test_a_style_sheet_with_an_unknown_colour_is_a_mistake() -> None:
    """And one with known colours has them."""
    assert style.css("a{color:$bad}") == f"a{{color:{style.BAD}}}"
    with pytest.raises(KeyError):
        style.css("a{color:$pink}")


@pytest.mark.parametrize("inline", [True, False])
def test_an_error_is_escaped_and_its_commands_are_code(inline: bool) -> None:
    """What a host said is not markup."""
    shown = style.error_html("<b>no</b>: run `hnskit show`", inline=inline)
    assert "&lt;b&gt;no" in shown
    assert "<code>hnskit show</code>" in shown
    assert ('role="alert"' in shown) is not inline
