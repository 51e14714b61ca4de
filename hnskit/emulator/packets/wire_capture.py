"""Capture of a container's wire: frames from the kernel, kept as a pcap."""

from __future__ import annotations

import socket
import struct
import threading
import time

_NANOSECONDS = getattr(socket, "SO_TIMESTAMPNS", 35)
_BUFFER = 4 << 20
_LARGEST = 65535
_MOST_FRAMES = 20_000
_MAGIC_NANOSECONDS, _ETHERNET = 0xA1B23C4D, 1
_LOOPBACK_FRAME = b"\0" * 12


class WireCapture:
    """The frames of one namespace so far, at most 20,000: the first ones."""

    def __init__(self, key: str, wire: socket.socket) -> None:
        self.key = key
        """Container whose wire it is; a container that starts again has another."""
        self._wire = wire
        self._frames: list[tuple[int, bytes]] = []
        self._lock = threading.Lock()
        wire.setblocking(False)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        wire.setsockopt(socket.SOL_SOCKET, _NANOSECONDS, 1)

    def drain(self) -> None:
        """Take what the kernel has kept."""
        with self._lock:
            while self._wire.fileno() >= 0:
                try:
                    frame, extra, _, _ = self._wire.recvmsg(_LARGEST, 64)
                except OSError:
                    return  # nothing more, or the adapter is gone for now
                if frame[:12] != _LOOPBACK_FRAME and len(self._frames) < _MOST_FRAMES:
                    self._frames.append((_moment(extra), frame))

    def pcap(self) -> bytes:
        """All frames as a pcap file with nanoseconds."""
        self.drain()
        made = [struct.pack("<IHHiIII", _MAGIC_NANOSECONDS, 2, 4, 0, 0, _LARGEST, _ETHERNET)]
        for moment, frame in self._frames:
            seconds, rest = divmod(moment, 1_000_000_000)
            made += [struct.pack("<IIII", seconds, rest, len(frame), len(frame)), frame]
        return b"".join(made)

    def close(self) -> None:
        """Let the wire go; the frames stay."""
        self.drain()
        self._wire.close()


def _moment(extra: list[tuple[int, int, bytes]]) -> int:
    for level, _, data in extra:
        if level == socket.SOL_SOCKET and len(data) == 16:
            seconds, nanoseconds = struct.unpack("qq", data)
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return time.time_ns()
