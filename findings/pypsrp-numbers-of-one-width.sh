#!/usr/bin/env bash
# 2026-11-28, pypsrp 0.9.1.
# Each Python int is sent as a 32-bit number (I32), also one that needs more, which PowerShell cannot read; and each float as
# a Single, of which PowerShell keeps seven digits: 0.1 arrives as 0.100000001490116. Nothing is said. The sender has to name the type.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet pypsrp==0.9.1
cat > "$place/try.py" <<'PY'
import struct
import sys
from importlib.metadata import version
from xml.etree import ElementTree

from pypsrp.serializer import Serializer

print("pypsrp", version("pypsrp"))
serializer, tags = Serializer(), []
for value in (2**31 - 1, 2**31, 2**40, -(2**63), 0.1, 16777217.0):
    element = serializer.serialize(value)
    tags.append(element.tag)
    print(value, "is sent as", ElementTree.tostring(element).decode(), end="")
    single = f", of which a Single keeps {struct.unpack('f', struct.pack('f', value))[0]}" if element.tag == "Sg" else ""
    print(single or f", which holds at most {2**31 - 1}")
sys.exit(0 if tags == ["I32"] * 4 + ["Sg"] * 2 else "this has changed")
PY
"$place/venv/bin/python" "$place/try.py"
