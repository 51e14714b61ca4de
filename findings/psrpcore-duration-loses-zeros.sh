#!/usr/bin/env bash
# 2026-11-28, psrpcore 0.3.1.
# A duration whose seconds end in a zero is written without that zero: 30 s as PT3S, 90 s as PT1M3S. Zeros are stripped from the
# end of the seconds, also where no decimal point stands before them. It is read back as 3 s, by psrpcore and by anybody else.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet psrpcore==0.3.1
cat > "$place/try.py" <<'PY'
import sys
from importlib.metadata import version
from xml.etree import ElementTree

from psrpcore.types import PSDuration, deserialize, serialize

print("psrpcore", version("psrpcore"))
written = {}
for seconds in (5, 30, 90, 600, 3640):
    element = serialize(PSDuration(seconds=seconds), cipher=None)
    written[seconds] = element.text
    back = deserialize(element, cipher=None)
    print(f"{seconds} s is written as {ElementTree.tostring(element).decode()} and read back as {back.total_seconds():g} s")
as_seen = written == {5: "PT5S", 30: "PT3S", 90: "PT1M3S", 600: "PT10M", 3640: "PT1H4S"}
sys.exit(0 if as_seen else "this has changed")
PY
"$place/venv/bin/python" "$place/try.py"
