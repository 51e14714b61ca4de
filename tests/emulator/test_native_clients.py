"""Requests of HCN's real clients, put into the native library: each test of `MODULES` that has no parameters.

What hcsshim, containerd and CNI plug-ins ask for goes through the library as it goes through the host's model there.
"""

from __future__ import annotations

import ctypes
import inspect
import json
import re
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hnskit.emulator.engines.pwsh import native_build
from hnskit.emulator.host import create_host
from tests.emulator import (
    test_hcn_balancers,
    test_hcn_endpoints,
    test_hcn_namespaces,
    test_hcn_networks,
    test_hcn_refusals,
)
from tests.emulator.engines import needs_compiler
from tests.emulator.hcn_client import V2, Client
from tests.emulator.test_native_hcn import Library, listening

pytestmark = needs_compiler
MODULES = (test_hcn_balancers, test_hcn_endpoints, test_hcn_namespaces, test_hcn_networks, test_hcn_refusals)
TESTS = [
    test
    for module in MODULES
    for name, test in vars(module).items()
    if name.startswith("test_") and not inspect.signature(test).parameters
]


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type]:
    """A client whose every call of HCN goes through computenetwork.dll and the socket behind it."""
    libraries, _ = native_build.build()
    library = Library(libraries / "computenetwork.dll")
    with listening() as listen:

        class NativeClient(Client):
            def __init__(self, profile: str = "ws2025") -> None:
                self.host = create_host("lab", profile, {"cut_seconds": 0, "seed": 5})
                self.place = tmp_path / f"host-{profile}-{uuid.uuid4().hex[:6]}"
                listen(self.host, self.place)

            def ask(self, operation: str, id: str = "", body: Any = None, parent: str = "") -> tuple[int, str, str]:
                monkeypatch.setenv("VMCOMPUTE_SOCKET", str(self.place))
                text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
                return by_library(library, operation, id, text, parent)

        yield NativeClient


def by_library(library: Library, operation: str, id: str, text: str, parent: str) -> tuple[int, str, str]:
    """One call as hcsshim makes it: what is asked or changed is opened before and closed afterwards."""
    verb, kind = next(re.finditer(r"(Enumerate|Create|Open|Query|Modify|Delete|Stats)(\w+)", operation)).groups()
    if verb == "Enumerate":
        code, (listed, record) = library.call(f"HcnEnumerate{kind}s", text, out=2)
        return code, listed, record
    if verb == "Delete":
        code, (record,) = library.call(f"HcnDelete{kind}", uuid.UUID(id), out=1)
        return code, "", record
    handle, above = ctypes.c_void_p(), ctypes.c_void_p()
    if verb == "Create":
        before: list[Any] = []
        if kind == "Endpoint":
            library.call("HcnOpenNetwork", uuid.UUID(parent), ctypes.byref(above), out=1)
            before = [above]
        code, (record,) = library.call(f"HcnCreate{kind}", *before, uuid.UUID(id), text, ctypes.byref(handle), out=1)
        if code:
            return code, "", record
        shown = library.call(f"HcnQuery{kind}Properties", handle, {"SchemaVersion": V2}, out=2)[1][0]
        library.call(f"HcnClose{kind}", handle)
        return code, str(json.loads(shown)["ID"]), record
    code, (record,) = library.call(f"HcnOpen{kind}", uuid.UUID(id), ctypes.byref(handle), out=1)
    properties = ""
    if not code and verb == "Modify":
        code, (record,) = library.call(f"HcnModify{kind}", handle, text, out=1)
    elif not code and verb in ("Query", "Stats"):
        name = "HcnQueryEndpointStats" if verb == "Stats" else f"HcnQuery{kind}Properties"
        code, (properties, record) = library.call(name, handle, text, out=2)
    if handle.value:
        library.call(f"HcnClose{kind}", handle)
    return code, properties, record


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.__name__.removeprefix("test_"))
def test_a_client_s_requests_go_through_the_library(
    test: Callable[[], None], client: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[test.__module__], "Client", client)
    test()
