"""DataFrames of what passed on containers' wires; see `frames` for the rules. Imports pandas."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from hnskit.facts.packet_capture import read_frames
from hnskit.views.columns import columns_of, make_frame


def packets_frame(captures: Mapping[str, bytes]) -> pd.DataFrame:
    """Tabulate packet captures, a row a frame, in the order of time.

    Args:
        captures: the name of each wire's owner -> a pcap file of Ethernet.

    Returns:
        A DataFrame with the columns wire (the owner): str; time: datetime64[ns, UTC]; source, destination (IPv4
        addresses): str; source_port, destination_port: Int64; protocol (ARP, ICMP, IGMP, TCP, UDP, or a number),
        flags (SYN ACK, …): str; length (bytes on the wire): Int64; text (the first line of a TCP payload that is text,
        question and answer of ARP): str.

    Raises:
        FileError: one is no such file.
    """
    columns = columns_of(
        "wire time source source_port:Int64 destination destination_port:Int64 protocol flags length:Int64 text"
    ) | {"time": "datetime64[ns, UTC]"}
    rows = [
        (wire, pd.Timestamp(item.nanoseconds, unit="ns", tz="UTC"), item.source, item.source_port, item.destination,
         item.destination_port, item.protocol, item.flags, item.length, item.text)
        for wire, data in captures.items()
        for item in read_frames(data, f"the capture of {wire}")
    ]  # fmt: skip
    return make_frame(columns, rows, "time")
