"""computenetwork.dll beside the engine: each of HCN's 35 functions, called as a native client calls it."""

from __future__ import annotations

import asyncio
import ctypes
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hnskit.emulator.engines.pwsh import native_build
from hnskit.emulator.engines.pwsh.host_socket import HostSocket
from hnskit.emulator.host import EmulatedHost, create_host
from tests.emulator.engines import needs_compiler

pytestmark = needs_compiler

KINDS = {"Network": "Networks", "Endpoint": "Endpoints", "Namespace": "Namespaces", "LoadBalancer": "LoadBalancers",
         "SdnRoute": "SdnRoutes"}  # fmt: skip
V2 = {"SchemaVersion": {"Major": 2, "Minor": 0}}
NOBODY = "5f0b1190-63be-4e0c-b974-bd0f55675a42"


class Library:
    """The functions, with texts in and out."""

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path))
        self.libc = ctypes.CDLL(None)
        self.called: set[str] = set()

    def call(self, name: str, *given: Any, out: int = 0) -> tuple[int, list[str]]:
        """One function: the HRESULT as 64 bits, and the texts that it gave."""
        self.called.add(name)
        function = getattr(self._library, name)
        function.restype = ctypes.c_uint64
        texts = [ctypes.c_void_p() for _ in range(out)]
        result = function(*map(_argument, given), *map(ctypes.byref, texts))
        return int(result), [self._text(item) for item in texts]

    def _text(self, pointer: ctypes.c_void_p) -> str:
        if not pointer.value:
            return ""
        units = (ctypes.c_uint16 * (1 << 20)).from_address(pointer.value)
        length = next(at for at in range(1 << 20) if units[at] == 0)
        text = bytes(memoryview(units)[:length]).decode("utf-16-le")
        self.libc.free(pointer)
        return text


def _argument(value: Any) -> Any:
    if isinstance(value, str):
        return ctypes.create_string_buffer(value.encode("utf-16-le") + b"\0\0")
    if isinstance(value, dict):
        return _argument(json.dumps(value))
    if isinstance(value, uuid.UUID):
        return ctypes.create_string_buffer(value.bytes_le, 16)
    return value


@contextmanager
def listening() -> Iterator[Callable[[EmulatedHost, Path], None]]:
    """A way to put an emulated host behind a socket, and another one behind another."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    sockets: list[HostSocket] = []

    async def no_process(_line: str, _directory: str) -> dict[str, int]:
        return {}

    def listen(host: EmulatedHost, place: Path) -> None:
        sockets.append(HostSocket(host, "Administrator", no_process))
        asyncio.run_coroutine_threadsafe(sockets[-1].open(place), loop).result(10)

    yield listen
    for socket in sockets:
        asyncio.run_coroutine_threadsafe(socket.close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """The library, with an emulated host at the other end of its socket."""
    libraries, _ = native_build.build()
    with listening() as listen:
        listen(create_host("lab", "ws2025", {"cut_seconds": 0, "seed": 4}), tmp_path / "host")
        monkeypatch.setenv("VMCOMPUTE_SOCKET", str(tmp_path / "host"))
        yield Library(libraries / "computenetwork.dll")


def test_every_function_of_hcn_does_what_its_name_says(library: Library) -> None:
    """Made, listed, opened, asked, changed and removed: five kinds, seven functions each."""
    handles: dict[str, ctypes.c_void_p] = {kind: ctypes.c_void_p() for kind in KINDS}
    ids: dict[str, str] = {}
    zero = uuid.UUID(int=0)

    def create(kind: str, body: dict[str, Any], *before: Any) -> None:
        handle = ctypes.byref(handles[kind])
        assert library.call(f"HcnCreate{kind}", *before, zero, V2 | body, handle, out=1) == (0, [""])
        result, (shown, record) = library.call(f"HcnQuery{kind}Properties", handles[kind], V2, out=2)
        assert (result, record) == (0, "")
        ids[kind] = json.loads(shown)["ID"]

    subnet = {"IpAddressPrefix": "10.0.1.0/24", "Routes": [{"NextHop": "10.0.1.1", "DestinationPrefix": "0.0.0.0/0"}]}
    create("Network", {"Type": "L2Bridge", "Name": "l2", "Ipams": [{"Type": "Static", "Subnets": [subnet]}]})
    create("Endpoint", {"Name": "e"}, handles["Network"])
    create("Namespace", {})
    ports = [{"Protocol": 6, "InternalPort": 80, "ExternalPort": 8080}]
    create("LoadBalancer", {"HostComputeEndpoints": [ids["Endpoint"]], "PortMappings": ports})
    create("SdnRoute", {"HostComputeEndpoints": [ids["Endpoint"]], "Routes": [{"DestinationPrefix": "10.9.0.0/24"}]})
    changes: dict[str, dict[str, Any]] = {
        "Network": {"ResourceType": "DNS", "RequestType": "Update", "Settings": {"ServerList": ["10.0.0.9"]}},
        "Endpoint": {"ResourceType": "Policy", "RequestType": "Add", "Settings": {"Policies": []}},
        "Namespace": {"ResourceType": "Endpoint", "RequestType": "Add", "Settings": {"EndpointId": ids["Endpoint"]}},
        "LoadBalancer": {"HostComputeEndpoints": [], "PortMappings": ports, **V2},
    }
    for kind, many in KINDS.items():
        query = V2 | {"Filter": json.dumps({"ID": ids[kind]})}
        result, (listed, _) = library.call(f"HcnEnumerate{many}", query, out=2)
        assert (result, [item.lower() for item in json.loads(listed)]) == (0, [ids[kind].lower()])
        opened = ctypes.c_void_p()
        assert library.call(f"HcnOpen{kind}", uuid.UUID(ids[kind]), ctypes.byref(opened), out=1) == (0, [""])
        changed, (record,) = library.call(f"HcnModify{kind}", opened, changes.get(kind, {}), out=1)
        # hcsshim removes a route and makes it anew: here a change of one is refused by name.
        assert (changed, "not emulated" in record) == ((0, False) if kind in changes else (0x80004001, True))
        assert library.call(f"HcnClose{kind}", opened) == (0, [])
    for kind in reversed(KINDS):
        assert library.call(f"HcnDelete{kind}", uuid.UUID(ids[kind]), out=1) == (0, [""])
        assert library.call(f"HcnClose{kind}", handles[kind]) == (0, [])
        opened = ctypes.c_void_p(1)
        result, (record,) = library.call(f"HcnOpen{kind}", uuid.UUID(ids[kind]), ctypes.byref(opened), out=1)
        assert (result, opened.value, json.loads(record)["ErrorCode"]) == (0x80070490, None, 0x80070490)
    assert len(library.called) == 35


def test_an_endpoints_statistics_and_a_guest_service(library: Library) -> None:
    """Two of Microsoft's functions more: one that is emulated, one that says that it is not."""
    network, end, listed = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
    body = V2 | {"Type": "NAT", "Name": "n"}
    library.call("HcnCreateNetwork", uuid.UUID(int=0), body, ctypes.byref(network), out=1)
    assert library.call("HcnCreateEndpoint", network, uuid.UUID(NOBODY), V2, ctypes.byref(end), out=1)[0] == 0
    result, (stats, _) = library.call("HcnQueryEndpointStats", end, "", out=2)
    assert (result, json.loads(stats)["EndpointId"].lower()) == (0, NOBODY)
    result, (_, record) = library.call("HcnEnumerateGuestNetworkServices", V2, out=2)
    assert (result, "HcnEnumerateGuestNetworkService is not emulated" in record, listed.value) == (
        0x80004001, True, None,
    )  # fmt: skip


def test_no_handle_and_no_host_are_errors(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    assert library.call("HcnQueryNamespaceProperties", None, V2, out=2)[0] == 0x80070006
    assert library.call("HcnOpenNetwork", None, None, out=1)[0] == 0x80004003
    monkeypatch.setenv("VMCOMPUTE_SOCKET", "/nowhere")
    assert library.call("HcnEnumerateNetworks", V2, out=2)[0] == 0x800706BA
