"""CLIXML in the order in which Windows PowerShell writes it: psrpcore's has the same parts in another one."""

from __future__ import annotations

from xml.etree import ElementTree as ET

_OBJECT = b"<Obj "
_FIRST = {"TN": 0, "TNRef": 0, "ToString": 1, "Props": 3, "MS": 4}
_VALUE = 2


def as_windows(message: bytes) -> bytes:
    """Put each object's type and text before its value and its properties, and its name before its number."""
    if _OBJECT not in message:
        return message
    root = ET.fromstring(message)  # noqa: S314 - our own serializer's
    for element in root.iter():
        name = element.attrib.pop("N", None)
        if name is not None:
            element.attrib = {"N": name, **element.attrib}
        if element.tag == "Obj":
            element[:] = sorted(element, key=lambda child: _FIRST.get(child.tag, _VALUE))
    written: bytes = ET.tostring(root, encoding="utf-8")
    return written
