#!/usr/bin/env bash
# 2026-11-28, CPython 3.11.7 with jc 1.26.1 (its parser of `ipconfig`).
# Guess: the %23 behind a link-local address, the index of its interface, comes back as a zone or a scope, or stays in the address.
# And `ipconfig /allcompartments`, which heads each network compartment with "Network Information for Compartment N", gives
# adapters with their compartment.
# So it is: the index is told as "prefix_length": 23, beside a correct address (Windows prints no prefix there; it is 64). The
# headings are dropped, also from "extras", and the adapters of all compartments stand in one list: a host's and its containers'
# addresses are one machine's. Gateways keep their %23.
# It matters to whoever makes a table of a Windows container host from its text: networks computed from that prefix are of
# another size on each adapter, and two containers with the same adapter name or address look like a clash.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet jc==1.26.1
cat > "$place/ipconfig.txt" <<'TXT'

Windows IP Configuration


==============================================================================
Network Information for Compartment 1 (ACTIVE)
==============================================================================

Ethernet adapter vEthernet (cbr0):

   Connection-specific DNS Suffix  . :
   Link-local IPv6 Address . . . . . : fe80::31c0:c008:1bba:866e%23
   IPv4 Address. . . . . . . . . . . : 10.200.3.2
   Subnet Mask . . . . . . . . . . . : 255.255.255.0
   Default Gateway . . . . . . . . . : fe80::1%23
                                       10.200.3.1

==============================================================================
Network Information for Compartment 4
==============================================================================

Ethernet adapter vEthernet (proxy):

   Connection-specific DNS Suffix  . :
   Link-local IPv6 Address . . . . . : fe80::921d:1ce7:a445:8dfa%49
   IPv4 Address. . . . . . . . . . . : 10.200.3.9
   Subnet Mask . . . . . . . . . . . : 255.255.255.0
   Default Gateway . . . . . . . . . : 10.200.3.2
TXT
cat > "$place/try.py" <<'PY'
import json
import sys
from importlib.metadata import version

import jc

print("jc", version("jc"))
told = jc.parse("ipconfig", open(sys.argv[1]).read(), quiet=True)
seen = []
for adapter in told["adapters"]:
    (local,) = adapter["link_local_ipv6_addresses"]
    seen.append((adapter["name"], local["address"], local["prefix_length"], adapter["default_gateways"]))
    print(*seen[-1], sep="  ")
print("the word compartment is in it:", "ompartment" in json.dumps(told))
expected = [
    ("vEthernet (cbr0)", "fe80::31c0:c008:1bba:866e", 23, ["fe80::1%23", "10.200.3.1"]),
    ("vEthernet (proxy)", "fe80::921d:1ce7:a445:8dfa", 49, ["10.200.3.2"]),
]
sys.exit(0 if seen == expected and "ompartment" not in json.dumps(told) else "this has changed")
PY
"$place/venv/bin/python" "$place/try.py" "$place/ipconfig.txt"
