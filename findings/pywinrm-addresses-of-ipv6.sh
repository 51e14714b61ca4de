#!/usr/bin/env bash
# 2026-11-28, CPython 3.11.7 with pywinrm 0.5.0.
# Guess: winrm.Session takes the URL of a host with an IPv6 address, https://[2001:db8::1]:5986/wsman, as requests below it does;
# or it says that it takes none.
# So it is: the scheme is taken for the host, and the session's URL is http://https:5985/wsman (https://https:5986/wsman with
# transport "ssl"), so that the error names a host "https" that nobody typed. A bare 2001:db8::1 becomes http://2001:5985/wsman,
# and only [2001:db8::1] without a scheme is refused. winrm.Protocol takes the same URL as it is.
# It matters to a tool whose inventory has hosts with IPv6 addresses: make the URL, and give it to Protocol.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet pywinrm==0.5.0
cat > "$place/try.py" <<'PY'
import sys
from importlib.metadata import version

import winrm

print("pywinrm", version("pywinrm"))


def url_of(target, transport):
    try:
        return winrm.Session(target, auth=("alice", "secret"), transport=transport).url
    except ValueError as problem:
        return f"ValueError: {problem}"


seen = {}
for target in ("https://[2001:db8::1]:5986/wsman", "2001:db8::1", "[2001:db8::1]", "https://web1:5986/wsman"):
    for transport in ("ntlm", "ssl"):
        seen[target, transport] = url_of(target, transport)
        print(f"Session({target!r}, transport={transport!r}): {seen[target, transport]}")
direct = winrm.Protocol("https://[2001:db8::1]:5986/wsman", transport="ntlm", username="alice", password="secret")
print("Protocol:", direct.transport.endpoint)
expected = {
    ("https://[2001:db8::1]:5986/wsman", "ntlm"): "http://https:5985/wsman",
    ("https://[2001:db8::1]:5986/wsman", "ssl"): "https://https:5986/wsman",
    ("2001:db8::1", "ntlm"): "http://2001:5985/wsman",
    ("2001:db8::1", "ssl"): "https://2001:5986/wsman",
    ("https://web1:5986/wsman", "ntlm"): "https://web1:5986/wsman",
    ("https://web1:5986/wsman", "ssl"): "https://web1:5986/wsman",
}
as_seen = all(seen[one] == url for one, url in expected.items()) and seen["[2001:db8::1]", "ntlm"].startswith("ValueError")
sys.exit(0 if as_seen and direct.transport.endpoint == "https://[2001:db8::1]:5986/wsman" else "this has changed")
PY
"$place/venv/bin/python" "$place/try.py"
