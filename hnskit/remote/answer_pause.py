"""The pause before more of a pipeline's output is asked for: what else is there by then comes with it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from hnskit.remote.compressed_records import lines_in

_LONGEST = 0.03
"""Seconds; a fifth fewer requests on a real engine near by, and nothing to speak of beside a docker command."""


class AnswerPause:
    """Answers of one pipeline, as they come.

    Args:
        parameters: of its command; a batch's are under `Call` (see `session.invoke_calls`). Any other command is no
            batch, and no further answer of it is waited for.
    """

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._waiting = self._asked = len(parameters.get("Call", ()))
        self._began = time.perf_counter()
        self._came = False

    def take(self, record: str) -> None:
        """Note what came: a record has one answer or more."""
        self._waiting = max(self._waiting - lines_in(record), 0)
        self._came = True

    def pause(self, *, in_pieces: bool = False) -> None:
        """Wait, where answers came and others are to come: as long as those would take, and not longer than it pays.

        After the last answer there is no wait: the end of a pipeline follows it at once.

        Args:
            in_pieces: the last record is there in part. PowerShell sends one in fragments of 32 KB, each as soon as it
                is written, so that without a wait the tables of a node with 110 pods take a request for each.
        """
        came, self._came = self._came, False
        if in_pieces:
            time.sleep(_LONGEST)
        elif came and self._waiting:
            each = (time.perf_counter() - self._began) / (self._asked - self._waiting)
            time.sleep(min(self._waiting * each, _LONGEST))
