"""Packets on the wires of an emulated host's containers, as a notebook shows and keeps them."""

from __future__ import annotations

from hnskit.facts.source import captures_of
from hnskit.runbook.notebook_record import NotebookRecord
from hnskit.runbook.screen import Sentence
from hnskit.views.table import View


def show_packets(target: str, record: NotebookRecord) -> View | Sentence:
    """Show what passed on the wires of the clients and the proxy, and keep it as `captures/` of the run.

    Args:
        target: as the parameters name it.
        record: the notebook's; without a run folder nothing is kept.

    Returns:
        A table, a row a frame, of an emulated host with real packets; of any other host a sentence.

    Raises:
        HostUnreachableError: the emulated host is gone.
        FileError: a capture cannot be kept.
    """
    captures = captures_of(target)
    if not captures:
        return Sentence("No packets were captured: only an emulated host with real ones has them (docs/packets.md).")
    from hnskit.views.wire_frames import packets_frame

    record.keep_captures(captures)
    return View(packets_frame(captures), "packets on the wires of the containers")
