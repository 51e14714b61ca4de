"""The isolation of a container of containerd, from the record that ctr prints of it.

A spec need not have it: the shim adds `windows.hyperv` by itself, after the record was written, from its own options
(hcsshim cmd/containerd-shim-runhcs-v1, `SandboxIsolation`). These are a protobuf message, which ctr prints in base64.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from hnskit.model.json_reader import JsonReader

_ISOLATION, _HYPERVISOR = 6, 1
"""`SandboxIsolation sandbox_isolation = 6` of hcsshim's runhcs.proto, and its value HYPERVISOR."""
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
"""Wire types of protobuf."""


def isolation_in(record: JsonReader) -> str:
    """Return `hyperv` or `process`; options that are none of runhcs' say nothing."""
    if "hyperv" in record.nested("Spec").nested("windows").json:
        return "hyperv"
    options = record.nested("Runtime").nested("Options")
    if not options.text("type_url").endswith("containerd.runhcs.v1.Options"):
        return "process"
    try:
        numbers = dict(_numbers(base64.b64decode(options.text("value"), validate=True)))
    except ValueError:
        return "process"
    return "hyperv" if numbers.get(_ISOLATION) == _HYPERVISOR else "process"


def _numbers(message: bytes) -> Iterator[tuple[int, int]]:
    """Yield each number of a message with its field, up to what cannot be read."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind = key & 7
        if kind == _VARINT:
            value, place = _varint(message, place)
            yield key >> 3, value
        elif kind == _BYTES:
            length, place = _varint(message, place)
            place += length
        elif kind in (_FIXED64, _FIXED32):
            place += 8 if kind == _FIXED64 else 4
        else:
            return


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """The number at a place, and the place after it; a message that ends within it ends the number."""
    value = shift = 0
    while place < len(message) and shift < 64:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if not byte & 0x80:
            break
    return value, place
