"""Reading of pcap files: what is in them, and what is none."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnskit.errors import FileError
from hnskit.facts.packet_capture import read_frames
from hnskit.views.table import View
from hnskit.views.wire_frames import packets_frame

HEAD = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)
MAC = bytes(12)
CLIENT, METADATA = bytes([10, 0, 1, 20]), bytes([169, 254, 169, 254])
DTYPES = {
    "wire": "str", "time": "datetime64[ns, UTC]", "source": "str", "source_port": "Int64", "destination": "str",
    "destination_port": "Int64", "protocol": "str", "flags": "str", "length": "Int64", "text": "str",
}  # fmt: skip


def pcap(*frames: bytes, order: str = "<", magic: int = 0xA1B23C4D, rest: int = 5) -> bytes:
    """A capture of these frames, all of second 7."""
    made = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, 1)
    return made + b"".join(struct.pack(order + "IIII", 7, rest, len(item), len(item)) + item for item in frames)


def ip(protocol: int, body: bytes) -> bytes:
    """An Ethernet frame with an IPv4 packet from the client to the metadata service."""
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0)
    return MAC + b"\x08\x00" + head + CLIENT + METADATA + body


def tcp(flags: int, payload: bytes = b"") -> bytes:
    """The same with TCP."""
    return ip(6, struct.pack("!HHIIBBHHH", 49152, 80, 1, 1, 5 << 4, flags, 1024, 0, 0) + payload)


def test_a_request_is_one_row_with_its_first_line() -> None:
    (frame,) = read_frames(pcap(tcp(0x18, b"GET /metadata HTTP/1.1\r\nHost: x\r\n")), "x")
    assert (frame.source, frame.source_port, frame.destination, frame.destination_port) == (
        "10.0.1.20", 49152, "169.254.169.254", 80,
    )  # fmt: skip
    assert (frame.protocol, frame.flags, frame.text) == ("TCP", "PSH ACK", "GET /metadata HTTP/1.1")
    assert frame.nanoseconds == 7_000_000_005


@pytest.mark.parametrize(("order", "magic", "unit"), [("<", 0xA1B2C3D4, 1000), (">", 0xA1B2C3D4, 1000),
                                                      (">", 0xA1B23C4D, 1)])  # fmt: skip
def test_each_byte_order_and_unit_of_time_is_read(order: str, magic: int, unit: int) -> None:
    (frame,) = read_frames(pcap(tcp(2), order=order, magic=magic), "x")
    assert (frame.flags, frame.nanoseconds) == ("SYN", 7_000_000_000 + 5 * unit)


def test_a_question_of_arp_says_whose_address_is_asked_for() -> None:
    body = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, bytes(6), CLIENT, bytes(6), METADATA)
    (frame,) = read_frames(pcap(MAC + b"\x08\x06" + body), "x")
    assert (frame.protocol, frame.text) == ("ARP", "who has 169.254.169.254?")


def test_another_kind_of_frame_and_a_cut_one_are_rows_too() -> None:
    frames = read_frames(
        pcap(MAC + b"\x86\xdd" + bytes(40), tcp(2)[:30], b"", ip(47, b"?"), ip(2, b"?"), ip(17, bytes(8))), "x"
    )
    assert [item.protocol for item in frames] == ["0x86dd", "cut", "cut", "IPv4 47", "IGMP", "UDP"]


def test_a_payload_that_is_no_text_is_not_shown() -> None:
    (frame,) = read_frames(pcap(tcp(0x18, b"\x16\x03\x01\x1b[31m\n")), "x")
    assert frame.text == ""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a packet capture"),
        (b"\x0a\x0d\x0d\x0a" + bytes(40), "not a packet capture"),
        (struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 113), "link type 113"),
        (pcap(tcp(2))[:-1], "ends in the middle"),
        (HEAD + bytes(15), "ends in the middle"),
        (HEAD + struct.pack("<IIII", 0, 0, 1 << 30, 1), "ends in the middle"),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(FileError, match=said) as caught:
        read_frames(data, "client.pcap")
    assert "client.pcap" in caught.value.paragraph()


@given(st.binary(max_size=200), st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes, frame: bytes) -> None:
    """No other error comes out."""
    assert len(read_frames(pcap(frame), "x")) == 1
    for text in (data, HEAD + data):
        try:
            read_frames(text, "x")
        except FileError:
            continue


def test_the_table_is_in_the_order_of_time_over_all_wires() -> None:
    frame = packets_frame({"b": pcap(tcp(2), rest=9), "a": pcap(tcp(0x12), rest=3)})
    assert list(frame["wire"]) == ["a", "b"]
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == DTYPES


def test_the_table_has_its_columns_without_a_row() -> None:
    assert {name: str(kind) for name, kind in packets_frame({}).dtypes.items()} == DTYPES


def test_what_a_packet_says_is_escaped_on_a_page() -> None:
    page = View(packets_frame({"x": pcap(tcp(0x18, b"GET /<script>alert(1)</script> HTTP/1.1\n"))}), "x")
    html = page._repr_mimebundle_()["text/html"]
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
