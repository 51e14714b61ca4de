"""Reading of packet captures: pcap files of Ethernet, with ARP and IPv4 (ICMP, IGMP, TCP, UDP) in them.

https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html has the format. Only what a table needs is read: a frame
that is cut, or of another kind, is one row that says so; a file that is none is refused.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from hnskit.errors import FileError

_MAGICS = {b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\xa1\xb2\xc3\xd4": (">", 1000), b"\x4d\x3c\xb2\xa1": ("<", 1),
           b"\xa1\xb2\x3c\x4d": (">", 1)}  # fmt: skip
"""First bytes -> byte order, and nanoseconds of a unit of time."""
_ETHERNET, _LARGEST = 1, 1 << 18
_ARP, _IPV4 = 0x0806, 0x0800
_PROTOCOLS = {1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP"}
_FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG")
_MOST_TEXT = 120


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """One frame of a capture, as far as it is understood."""

    nanoseconds: int
    """Since 1970, UTC."""
    length: int
    """Bytes on the wire."""
    protocol: str
    """ARP, ICMP, IGMP, TCP, UDP, `IPv4 N`, `0xNNNN` (another EtherType), or `cut` where its header is not whole."""
    source: str = ""
    destination: str = ""
    source_port: int | None = None
    destination_port: int | None = None
    flags: str = ""
    text: str = ""
    """Question and answer of ARP; the first line of a TCP payload that is text. Foreign."""


def read_frames(data: bytes, name: str) -> list[CapturedFrame]:
    """Read a capture.

    Args:
        data: the file.
        name: for what is said of it.

    Returns:
        Its frames, in its order.

    Raises:
        FileError: it is not a pcap file of Ethernet, or it ends in the middle.
    """
    kind = _MAGICS.get(data[:4])
    if kind is None or len(data) < 24:
        raise FileError("this is not a packet capture (pcap)", object=name)
    order, unit = kind
    (link,) = struct.unpack_from(order + "I", data, 20)
    if link != _ETHERNET:
        raise FileError(f"this is a capture of link type {link}, and only Ethernet (1) is read", object=name)
    return list(_records(data, order, unit, name))


def _records(data: bytes, order: str, unit: int, name: str) -> Iterator[CapturedFrame]:
    place = 24
    while place < len(data):
        if len(data) - place < 16:
            raise FileError("this packet capture ends in the middle of a frame", object=name)
        seconds, rest, kept, length = struct.unpack_from(order + "IIII", data, place)
        place += 16
        if kept > _LARGEST or len(data) - place < kept:
            raise FileError("this packet capture ends in the middle of a frame", object=name)
        yield _frame(seconds * 1_000_000_000 + rest * unit, length, data[place : place + kept])
        place += kept


def _frame(moment: int, length: int, frame: bytes) -> CapturedFrame:
    try:
        (kind,) = struct.unpack_from("!H", frame, 12)
        if kind == _ARP:
            return _arp(moment, length, frame[14:])
        if kind == _IPV4:
            return _ipv4(moment, length, frame[14:])
    except (struct.error, OSError, IndexError):
        return CapturedFrame(moment, length, "cut")
    return CapturedFrame(moment, length, f"0x{kind:04x}")


def _arp(moment: int, length: int, packet: bytes) -> CapturedFrame:
    operation, _, sender, _, target = struct.unpack_from("!6xH6s4s6s4s", packet)
    asked, asks = socket.inet_ntoa(target), socket.inet_ntoa(sender)
    text = f"who has {asked}?" if operation == 1 else f"{asks} is at {packet[8:14].hex(':')}"
    return CapturedFrame(moment, length, "ARP", asks, asked, text=text)


def _ipv4(moment: int, length: int, packet: bytes) -> CapturedFrame:
    total, fragment = struct.unpack_from("!2xH2xH", packet)
    header, number = (packet[0] & 15) * 4, packet[9]
    ends = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
    protocol = _PROTOCOLS.get(number, f"IPv4 {number}")
    if fragment & 0x1FFF or protocol not in {"TCP", "UDP"}:
        return CapturedFrame(moment, length, protocol, *ends)
    body = packet[header:total] if total else packet[header:]
    source, destination = struct.unpack_from("!HH", body)
    if protocol == "UDP":
        return CapturedFrame(moment, length, protocol, *ends, source, destination)
    flags = " ".join(name for bit, name in enumerate(_FLAGS) if body[13] >> bit & 1)
    text = _first_line(body[(body[12] >> 4) * 4 :])
    return CapturedFrame(moment, length, protocol, *ends, source, destination, flags, text)


def _first_line(payload: bytes) -> str:
    line = payload.partition(b"\n")[0].rstrip(b"\r")[:_MOST_TEXT]
    text = line.decode("utf-8", errors="replace")
    return text if text.isprintable() else ""
