"""A paste that nobody has pressed Read for, one that was refused, and one that is a single line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hnskit import runbook
from hnskit.errors import SnapshotError
from hnskit.runbook.pasted_input import Paste
from hnskit.runbook.widgets.paste_box import _Box
from tests import sample_facts

ENDPOINT = '[{"ID": "A", "Name": "x", "VirtualNetwork": "N", "IPAddress": "10.0.1.9", "State": 2, "Policies": []}]'


def look(paste: Paste) -> object:
    """What the cell below the box does; a host would be asked that is not there."""
    choice = runbook.choose(sample_facts.PARAMS, ["target=winrm://nobody.invalid"], interactive=False)
    return choice.look("doctor", paste=paste)


def test_what_stands_in_the_box_is_taken_though_nobody_pressed_read() -> None:
    """No other host is diagnosed in its place."""
    paste = Paste(interactive=True)
    box = _Box(paste)
    box._text.value = ENDPOINT
    session = look(paste)
    assert isinstance(session, runbook.PastedNotebook)
    assert session.facts.endpoints[0].address == "10.0.1.9"
    assert (box._text.value, "Taken for 1 endpoint" in box._note.value) == ("", True)


def test_what_stands_in_the_box_and_says_nothing_of_a_host_stops_the_notebook() -> None:
    """In a sentence; again each time, until another paste or the way back to the host."""
    paste = Paste(interactive=True)
    box = _Box(paste)
    box._text.value = "hello"
    for _ in range(2):
        with pytest.raises(SnapshotError, match="nothing of HNS"):
            look(paste)
    assert "nothing of HNS" in box._note.value
    paste.read(ENDPOINT.encode())
    assert isinstance(look(paste), runbook.PastedNotebook)


def test_a_refused_paste_is_shown_as_such_in_the_next_box() -> None:
    """The cell of the box was run again; its text was taken, and not lost."""
    paste = Paste(interactive=True)
    first = _Box(paste)
    first._text.value = "hello"
    paste.take_box()
    assert "nothing of HNS" in _Box(paste)._note.value
    paste.forget()
    assert "Nothing was pasted" in _Box(paste)._note.value


def test_a_single_line_is_a_text_unless_it_names_a_file(tmp_path: Path) -> None:
    """Headless, the parameter `paste` may be one line of a log."""
    line = "hnsCall failed in Win32: The parameter is incorrect. (0x57)"
    assert [item.code for item in runbook.paste(line, False).reading.facts.refusals] == [0x57]  # type: ignore[union-attr]
    file = tmp_path / "a line.log"
    file.write_text(line)
    assert runbook.paste(str(file), False).reading is not None
    with pytest.raises(SnapshotError, match="no such file or folder; read as a text, there is nothing of HNS"):
        runbook.paste(str(tmp_path / "nowhere.log"), False)
