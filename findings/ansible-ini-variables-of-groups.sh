#!/usr/bin/env bash
# 2026-11-28, CPython 3.11.7 with ansible-core 2.19.14.
# Guess: values in a [group:vars] section of an INI inventory are texts, whatever they look like: `ansible-doc -t inventory ini`
# says so, with myvar=23 "interpreted as a string" as its example, and that all behind the = is the value.
# So it is: they are read as Python literals, as those of a host's line are. An image's tag 1.10 is the number 1.1, a Windows
# revision 20348_2582 is 203482582, False a truth value and ['a'] a list in `ansible-inventory --list`; 0123 and false stay texts.
# A comment at the end goes with a number (8080 # web) and stays with a text (core # web). tag="1.10" is the text 1.10, but
# '"1.10"', which host lines need, keeps its inner quotes.
# It matters to a tool that takes hosts from ansible-inventory: versions and tags can be other ones there already.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet ansible-core==2.19.14
cat > "$place/inventory.ini" <<'INI'
[win]
web1
[win:vars]
tag=1.10
build=20348_2582
strict=False
small=false
serial=0123
names=['a']
port=8080 # web
image=core # web
quoted="1.10"
twice='"1.10"'
INI
export HOME="$place" ANSIBLE_LOCALHOST_WARNING=False ANSIBLE_NOCOLOR=1 LC_ALL=C.UTF-8
"$place/venv/bin/ansible-doc" -t inventory ini > "$place/doc" 2> /dev/null
grep -m1 -n "myvar=23" "$place/doc"
"$place/venv/bin/ansible-inventory" -i "$place/inventory.ini" --list > "$place/list.json" 2> /dev/null
"$place/venv/bin/python" - "$place/list.json" <<'PY'
import json
import sys

seen = json.load(open(sys.argv[1]))["_meta"]["hostvars"]["web1"]
for name, value in seen.items():
    print(f"{name}: {value!r}")
expected = {
    "tag": 1.1, "build": 203482582, "strict": False, "small": "false", "serial": "0123", "names": ["a"], "port": 8080,
    "image": "core # web", "quoted": "1.10", "twice": '"1.10"',
}
sys.exit(0 if seen == expected and type(seen["strict"]) is bool else "this has changed")
PY
