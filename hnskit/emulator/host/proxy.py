"""The metadata proxy: listens on port 80, asks the metadata service from its own endpoint, adds Via, logs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hnskit.emulator.host.containers import FOR_EVER, DockerContainer, Ran, Surroundings
from hnskit.emulator.host.surroundings import METADATA_PORT, Request, Response, respond
from hnskit.model.objects import METADATA_ADDRESS

PORT = 80
VIA = "1.1 metadata-proxy"
_MOST_HOPS = 8  # a proxy that is redirected to itself would ask for ever


def start(around: Surroundings, container: DockerContainer) -> Ran:
    """The image's program: it listens from now on."""

    def answer(request: Request, client: str) -> Response:
        return _answer(around, container, request, client)

    container.listening[PORT] = answer
    container.log(around.clock(), f" * Running on http://0.0.0.0:{PORT}/ (Press CTRL+C to quit)\n")
    return Ran(seconds=FOR_EVER)


def _answer(around: Surroundings, container: DockerContainer, request: Request, client: str) -> Response:
    vias = [value for name, value in request.headers if name.lower() == "via"]
    if len(vias) >= _MOST_HOPS:
        response = respond(508, "Loop Detected", "the proxy was asked by itself\n", "text/plain", "metadata-proxy")
    else:
        forwarded = replace(request, headers=(*request.headers, ("Via", VIA)))
        result = around.http(container, METADATA_ADDRESS, METADATA_PORT, forwarded)
        response = result.response or respond(
            502, "Bad Gateway", f"no answer from {METADATA_ADDRESS}: {result.arrival.reason}\n",
            "text/plain; charset=utf-8", "metadata-proxy",
        )  # fmt: skip
    moment = datetime.fromtimestamp(around.clock(), UTC).strftime("%d/%b/%Y %H:%M:%S")
    line = f'{client} - - [{moment}] "{request.method} {request.target} HTTP/1.1" {response.status} -\n'
    container.log(around.clock(), line)
    return replace(response, headers=(*response.headers, ("Via", VIA)))
