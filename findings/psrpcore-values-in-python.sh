#!/usr/bin/env bash
# 2026-11-28, CPython 3.11.7 with psrpcore 0.3.1.
# psrpcore's values are subclasses of Python's own types (PSInt of int, PSString of str, PSDateTime of datetime), but others of
# them plain objects; three surprise where they meet the standard library:
# - PSDateTime.replace(), which datetime has for changing an hour or a time zone, gives a PSDateTime whose str() and repr()
#   raise AttributeError; adding a timedelta and astimezone() are fine.
# - A PSVersion (as $PSVersionTable.PSVersion arrives) that was copied by copy.deepcopy, which dataclasses.asdict does with
#   each value, or pickled for another process, is an empty one: no error until it is printed or compared (AttributeError).
# - PSChar, a character, prints as one and is an int: json.dumps writes 97 for "a", and it is equal to 97 and not to "a".
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet psrpcore==0.3.1
cat > "$place/try.py" <<'PY'
import copy
import dataclasses
import datetime
import json
import pickle
import sys

from psrpcore.types import PSChar, PSDateTime, PSVersion


@dataclasses.dataclass
class Host:
    powershell: object


def outcome(work):
    try:
        return repr(work())
    except Exception as problem:
        return type(problem).__name__


moment = PSDateTime(2026, 1, 1, 12, 0, 0, 5, nanosecond=300)
version, letter = PSVersion("5.1.17763.1"), PSChar("a")
seen = {
    "str(PSDateTime + timedelta)": outcome(lambda: str(moment + datetime.timedelta(seconds=1))),
    "str(PSDateTime.replace(hour=3))": outcome(lambda: str(moment.replace(hour=3))),
    "repr(PSDateTime.replace(hour=3))": outcome(lambda: repr(moment.replace(hour=3))),
    "repr(PSVersion)": outcome(lambda: version),
    "repr of a deep copy of it": outcome(lambda: copy.deepcopy(version)),
    "str of a deep copy of it": outcome(lambda: str(copy.deepcopy(version))),
    "dataclasses.asdict with it": outcome(lambda: dataclasses.asdict(Host(version))),
    "str of what was pickled and read again": outcome(lambda: str(pickle.loads(pickle.dumps(version)))),
    "str(PSChar)": outcome(lambda: str(letter)),
    "json.dumps(PSChar)": outcome(lambda: json.dumps(letter)),
    "PSChar == 'a', PSChar == 97": outcome(lambda: (letter == "a", letter == 97)),
}
before = {
    "str(PSDateTime + timedelta)": "'2026-01-01 12:00:01.000005300'",
    "str(PSDateTime.replace(hour=3))": "AttributeError",
    "repr(PSDateTime.replace(hour=3))": "AttributeError",
    "repr(PSVersion)": "PSVersion(major=5, minor=1, build=17763, revision=1)",
    "repr of a deep copy of it": "PSVersion()",
    "str of a deep copy of it": "AttributeError",
    "dataclasses.asdict with it": "{'powershell': PSVersion()}",
    "str of what was pickled and read again": "AttributeError",
    "str(PSChar)": "'a'",
    "json.dumps(PSChar)": "'97'",
    "PSChar == 'a', PSChar == 97": "(False, True)",
}
for what, said in seen.items():
    print(f"{what}  ->  {said}" + ("" if said == before[what] else f"   (seen before: {before[what]})"))
if seen != before:
    sys.exit("psrpcore behaves otherwise now")
PY
"$place/venv/bin/python" "$place/try.py"
