#!/usr/bin/env bash
# 2026-11-28, CPython 3.11.7 with papermill 2.7.0.
# `papermill -p NAME VALUE` makes a number of whatever Python's int() or float() takes, and those take underscores between
# digits, leading zeros and digits of other scripts: a Windows revision given as 20348_2582 reaches the notebook as the number
# 203482582, an image's tag 1.10 as 1.1, a room 007 as 7. `true` in small letters stays a text, while `True` is a truth value.
# `-r NAME VALUE` hands on the text as it is.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet papermill==2.7.0
cat > "$place/in.ipynb" <<'NB'
{"cells": [{"cell_type": "code", "id": "a", "execution_count": null, "metadata": {"tags": ["parameters"]}, "outputs": [],
  "source": "tag = ''"}],
 "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
  "language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
NB
cat > "$place/told.py" <<'PY'
import json
import sys

cells = json.load(open(sys.argv[1]))["cells"]
cell = next(item for item in cells if "injected-parameters" in item["metadata"]["tags"])
print("".join(cell["source"]).strip().splitlines()[-1])
PY
told() {
    "$place/venv/bin/papermill" --prepare-only "$place/in.ipynb" "$place/out.ipynb" "$@" 2> "$place/log"
    "$place/venv/bin/python" "$place/told.py" "$place/out.ipynb"
}
status=0
expect() {
    wanted="$1"
    shift
    seen="$(told "$@")"
    echo "papermill $*  ->  $seen"
    [ "$seen" = "$wanted" ] || { echo "  seen before: $wanted"; status=1; }
}
expect 'tag = 203482582' -p tag 20348_2582
expect 'tag = 10.5' -p tag 1_0.5
expect 'tag = 1.1' -p tag 1.10
expect 'tag = 7' -p tag 007
expect 'tag = "true"' -p tag true
expect 'tag = True' -p tag True
expect 'tag = "20348_2582"' -r tag 20348_2582
[ "$status" = 0 ] || echo "papermill behaves otherwise now"
exit "$status"
