"""The network around the emulated host: HTTP messages, the metadata service, the fabric."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hnskit.emulator.host.dataplane.fabric import Arrival
from hnskit.model.objects import METADATA_ADDRESS

FABRIC_GATEWAY = "10.0.0.1"
METADATA_PORT = 80
API_VERSIONS = ("2017-04-02", "2017-08-01", "2018-02-01", "2019-06-01", "2020-09-01", "2021-02-01")


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request, as far as it matters here."""

    method: str
    target: str
    """Path with its query."""
    headers: tuple[tuple[str, str], ...] = ()

    def header(self, name: str) -> str:
        """The first header of this name; "" where there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response."""

    status: int
    reason: str
    body: str = ""
    headers: tuple[tuple[str, str], ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class HttpResult:
    """The result of an HTTP request from inside a container."""

    arrival: Arrival
    response: Response | None = None
    refused: bool = False
    """It got there, and nobody listens."""


def respond(status: int, reason: str, body: str, content_type: str, server: str) -> Response:
    """A response with the headers that every server gives."""
    headers = (
        ("Content-Type", content_type),
        ("Server", server),
        ("Date", formatdate(usegmt=True)),
        ("Content-Length", str(len(body.encode()))),
    )
    return Response(status, reason, body, headers)


class Cloud:
    """The services that a packet can meet outside the host."""

    def __init__(self, name: str, host_address: Callable[[], str], host_mac: str) -> None:
        self._name = name
        self._host_address = host_address
        self._host_mac = host_mac

    def listener(self, address: str, port: int) -> Callable[[Request, str], Response] | None:
        """Return the service that listens at an address; None if there is none."""
        if (address, port) == (METADATA_ADDRESS, METADATA_PORT):
            return self._metadata
        return None

    @staticmethod
    def refuses(address: str) -> bool:
        """Tell whether something is there that refuses a connection at once, rather than nothing at all."""
        return address in (METADATA_ADDRESS, FABRIC_GATEWAY)

    def _metadata(self, request: Request, source: str) -> Response:
        # Azure's: header Metadata: true, no X-Forwarded-For, an api-version, a node's address as source (HNS fact 86).
        url = urlsplit(request.target)
        query = parse_qs(url.query)
        if source != self._host_address() or request.header("X-Forwarded-For"):
            return _problem(403, "Forbidden", "Forbidden")
        if request.header("Metadata").lower() != "true":
            return _problem(400, "Bad Request", "Bad request. Required metadata header not specified")
        if request.method not in ("GET", "HEAD"):
            return _problem(405, "Method Not Allowed", "Method not allowed")
        if url.path.rstrip("/") not in ("/metadata", "/metadata/instance"):
            return _problem(404, "Not Found", "Not found")
        version = query.get("api-version", [""])[0]
        if version not in API_VERSIONS:
            said = "is not supported" if version else "was not specified in the request"
            return _problem(400, "Bad Request", f"Bad request. api-version {said}", list(API_VERSIONS[-2:]))
        instance = self._instance()
        body = instance if url.path.rstrip("/") == "/metadata/instance" else {"instance": instance}
        return _json(200, "OK", body)

    def _instance(self) -> dict[str, Any]:
        # Members and order as an instance on 1709 got them (soccerGB/MSIExperiment, pf2/note.md).
        return {
            "compute": {
                "location": "westus2",
                "name": self._name,
                "offer": "WindowsServer",
                "osType": "Windows",
                "platformFaultDomain": "1",
                "platformUpdateDomain": "1",
                "publisher": "MicrosoftWindowsServer",
                "sku": "",
                "version": "",
                "vmId": "c4f95933-e5bd-495f-8fa1-0a6a30d32063",
                "vmSize": "Standard_D2s_v3",
            },
            "network": {
                "interface": [
                    {
                        "ipv4": {
                            "ipAddress": [{"privateIpAddress": self._host_address(), "publicIpAddress": ""}],
                            "subnet": [{"address": "10.0.0.0", "prefix": "24"}],
                        },
                        "ipv6": {"ipAddress": []},
                        "macAddress": self._host_mac.replace("-", ""),
                    }
                ]
            },
        }


def _json(status: int, reason: str, body: Any) -> Response:
    text = json.dumps(body, separators=(",", ":"))
    return respond(status, reason, text, "application/json; charset=utf-8", "Microsoft-IIS/10.0")


def _problem(status: int, reason: str, words: str, newest: list[str] | None = None) -> Response:
    return _json(status, reason, {"error": words, **({"newest-versions": newest} if newest else {})})
