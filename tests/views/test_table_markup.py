"""A command in a sentence is code in a table, and is escaped once."""

from __future__ import annotations

import pandas as pd

from hnskit.views.table import View


def test_a_command_in_a_table_is_code_and_is_escaped_once() -> None:
    """pandas hands the formatter an escaped text of its own class, which escapes what is put into it."""
    frame = pd.DataFrame({"next_step": ['Run `netsh set "a<b"`.']})
    html = View(frame, "x")._repr_mimebundle_()["text/html"]
    assert "<code>netsh set &#34;a&lt;b&#34;</code>" in html
    assert "&lt;code&gt;" not in html
