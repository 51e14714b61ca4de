#!/usr/bin/env bash
# 2026-11-28, CPython 3.11.7 with pandas 3.1.1 and isodate 0.7.2.
# Guess: pd.Timedelta and pd.to_timedelta, which read ISO 8601 durations (and write them: isoformat), read PT1.5H as 90 minutes,
# or refuse it.
# So it is: the digits behind the point are taken for the next number and its unit for the one of the number before it. PT1.5H is
# 5 hours and 1 second, PT0.5H is 5 hours, P1.5D is 5 days and 1 second; only seconds may have a fraction. P1M, a month, is one
# minute. No warning, also for whole columns. isodate reads all of them as they are meant.
# It matters where timeouts, intervals and maintenance windows come from elsewhere (task triggers, cloud services, WS-Management)
# into a table: the numbers are wrong, and look like numbers.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet pandas==3.1.1 isodate==0.7.2
cat > "$place/try.py" <<'PY'
import sys
import warnings

import isodate
import pandas as pd

warnings.simplefilter("error")
print("pandas", pd.__version__)
seen = {}
for text in ("PT1.5H", "PT0.5H", "PT10.25M", "P1.5D", "PT100.5H", "PT1H30M", "PT30.5S"):
    read, meant = pd.Timedelta(text).total_seconds(), isodate.parse_duration(text).total_seconds()
    column = pd.to_timedelta(pd.Series([text]))[0].total_seconds()
    seen[text] = (read, column, meant)
    print(f"{text:9} pandas {read:9g} s, in a column {column:9g} s, isodate {meant:9g} s")
month = pd.Timedelta("P1M").total_seconds()
print(f"P1M       pandas {month:9g} s, isodate {isodate.parse_duration('P1M')}")
expected = {
    "PT1.5H": (18001, 18001, 5400), "PT0.5H": (18000, 18000, 1800), "PT10.25M": (1510, 1510, 615),
    "P1.5D": (432001, 432001, 129600), "PT100.5H": (18100, 18100, 361800), "PT1H30M": (5400, 5400, 5400),
    "PT30.5S": (30.5, 30.5, 30.5),
}
sys.exit(0 if seen == expected and month == 60 else "this has changed")
PY
"$place/venv/bin/python" "$place/try.py"
