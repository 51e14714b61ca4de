#!/usr/bin/env bash
# 2026-11-28, CPython 3.11.7 with dpkt 1.9.8, scapy 2.8.0 and python-pcapng 2.1.1.
# Guess: three readers of pcapng give the same times for the same file. Times in it count in the unit of their packet's interface
# (if_tsresol) from that interface's zero (if_tsoffset), and a file may be two files one behind the other (sections).
# So it is: dpkt counts each packet in the unit of the first interface, so that a second one with 100 ns (the ticks of Windows) is
# in the year 2539. scapy and python-pcapng read no if_tsoffset, and are as many seconds early or late. scapy keeps the interfaces
# of the first section for the second one. No reader has all of it right.
# It matters where captures of several vNICs, or of before and after, are merged into one file: the order in time is lost, and a
# check like "the answer came after the request" fails or, worse, holds.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet dpkt==1.9.8 scapy==2.8.0 python-pcapng==2.1.1
cat > "$place/try.py" <<'PY'
import io
import logging
import struct
import sys

logging.getLogger("scapy").setLevel(logging.ERROR)
import dpkt
import pcapng
from scapy.utils import rdpcap

FRAME = bytes.fromhex("00155d000002 00155d000001 88b5") + bytes(46)
MOMENT = 1795842000  # 2026-11-28 05:00 UTC


def block(kind, body):
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def interface(digits=6, offset=0):
    options = option(9, bytes([digits])) + (option(14, struct.pack("<q", offset)) if offset else b"") + option(0, b"")
    return block(1, struct.pack("<HHI", 1, 0, 65535) + options)


def packet(number, ticks):
    size = len(FRAME)
    return block(6, struct.pack("<IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, size, size) + FRAME)


SECTION = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
FILES = {
    "two interfaces": SECTION + interface(6) + interface(7) + packet(0, MOMENT * 10**6) + packet(1, MOMENT * 10**7),
    "an offset": SECTION + interface(6, offset=MOMENT - 60) + packet(0, 60 * 10**6),
    "two sections": SECTION + interface(6) + packet(0, MOMENT * 10**6) + SECTION + interface(9) + packet(0, MOMENT * 10**9),
}


def by_dpkt(data):
    return [float(moment) for moment, _ in dpkt.pcapng.Reader(io.BytesIO(data))]


def by_scapy(data):
    return [float(one.time) for one in rdpcap(io.BytesIO(data))]


def by_pcapng(data):
    packets = [one for one in pcapng.FileScanner(io.BytesIO(data)) if isinstance(one, pcapng.blocks.EnhancedPacket)]
    return [float(one.timestamp) for one in packets]


seen = {}
for name, data in FILES.items():
    for reader in (by_dpkt, by_scapy, by_pcapng):
        late = [round(moment - MOMENT) for moment in reader(data)]
        seen[name, reader.__name__] = late
        print(f"{name}: {reader.__name__.removeprefix('by_'):6} is off by {late} s")
right, missed = [0, 0], MOMENT - 60
expected = {
    ("two interfaces", "by_dpkt"): [0, 9 * MOMENT], ("two interfaces", "by_scapy"): right, ("two interfaces", "by_pcapng"): right,
    ("an offset", "by_dpkt"): [0], ("an offset", "by_scapy"): [-missed], ("an offset", "by_pcapng"): [-missed],
    ("two sections", "by_dpkt"): [0, 999 * MOMENT], ("two sections", "by_scapy"): [0, 999 * MOMENT],
    ("two sections", "by_pcapng"): right,
}
sys.exit(0 if seen == expected else "this has changed")
PY
"$place/venv/bin/python" "$place/try.py"
