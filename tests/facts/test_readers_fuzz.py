"""Every reader of what others wrote, on any bytes: facts, records and parameters, or an error of hnskit's own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz_readers import READERS, read

WORDS = st.sampled_from([
    "networks", "ID", "Name", "Type", "Policies", "Output", "Success", "id", "ok", "output", "error", "ms", "event",
    "done", "target", "kind", "hnskit", "facts", "version", "taken_at", "Resources", "Allocators",
    "State", "clients", "proxy",
])  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=16,
)
BYTES = (
    st.binary(max_size=400) | JSON.map(lambda data: json.dumps(data).encode()) | st.text(max_size=300).map(str.encode)
)


@pytest.mark.parametrize("reader", READERS)
@given(BYTES)
@settings(max_examples=60, deadline=None)
def test_nothing_but_an_error_of_hnskits_comes_of_any_bytes(reader: str, data: Any) -> None:
    """`make fuzz` does it for longer, led by what of the code was reached."""
    read(reader, data)
