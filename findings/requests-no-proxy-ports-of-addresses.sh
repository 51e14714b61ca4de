#!/usr/bin/env bash
# 2026-11-28, CPython 3.11.7 with requests 2.34.2, beside urllib of the same Python.
# Guess: NO_PROXY=web1:5985,10.0.0.4:5985 keeps both hosts' WinRM off the proxy, and other ports of theirs not: requests takes a
# name with a port so, and urllib takes both.
# So it is: with requests a port counts behind a name only. An entry of an IPv4 address with a port is never met, and the
# request goes to the proxy; the address alone, or 10.0.0.0/24, is met on each port (and urllib knows no /24). IPv6 is the other
# way round: requests meets fd00::4 and not [fd00::4], urllib [fd00::4] and not fd00::4; neither knows fd00::/8, and requests no
# port.
# It matters to a kit that reaches hosts by WinRM where a proxy is set: the list that a host's name passes fails for its
# address.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet requests==2.34.2
cat > "$place/try.py" <<'PY'
import os
import sys
import urllib.request
from urllib.parse import urlsplit

import requests

for name in list(os.environ):
    if name.lower().endswith("_proxy"):
        del os.environ[name]
os.environ["http_proxy"] = "http://proxy.example:3128"


def direct(url, entry):
    os.environ["no_proxy"] = entry
    settings = requests.Session().merge_environment_settings(url, {}, False, True, None)
    return "http" not in settings["proxies"], bool(urllib.request.proxy_bypass_environment(urlsplit(url).netloc))


print("requests", requests.__version__)
expected = {
    ("http://web1:5985/wsman", "web1:5985"): (True, True),
    ("http://web1:5985/wsman", "web1:80"): (False, False),
    ("http://10.0.0.4:5985/wsman", "10.0.0.4"): (True, True),
    ("http://10.0.0.4:5985/wsman", "10.0.0.4:5985"): (False, True),
    ("http://10.0.0.4:5985/wsman", "10.0.0.0/24"): (True, False),
    ("http://[fd00::4]:5985/wsman", "fd00::4"): (True, False),
    ("http://[fd00::4]:5985/wsman", "[fd00::4]"): (False, True),
    ("http://[fd00::4]:5985/wsman", "[fd00::4]:5985"): (False, True),
    ("http://[fd00::4]:5985/wsman", "fd00::/8"): (False, False),
}
as_seen = True
for (url, entry), wanted in expected.items():
    by_requests, by_urllib = direct(url, entry)
    print(f"no_proxy={entry:15} {url:28} past the proxy: requests {by_requests}, urllib {by_urllib}")
    as_seen = as_seen and (by_requests, by_urllib) == wanted
sys.exit(0 if as_seen else "this has changed")
PY
"$place/venv/bin/python" "$place/try.py"
