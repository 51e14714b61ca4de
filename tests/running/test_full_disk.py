"""A disk that is full is said so, with what to do about it."""

from __future__ import annotations

import errno
import os

import pytest

from hnskit.running.runner import _what_to_do


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_not_a_matter_of_installing_again(code: int) -> None:
    """Nor is it something to report."""
    said = _what_to_do(OSError(code, os.strerror(code)))
    assert said.startswith("Make room on the disk")
    assert "install" not in said
    assert "install" in _what_to_do(ImportError("papermill"))
