"""The state of keep as metrics of Prometheus, on loopback only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hnskit.errors import ArgumentError
from hnskit.fleet.keeping.keep_state import KeepState

ADDRESS = "127.0.0.1"

_GAUGES = {
    "ok": "Whether the host is as its parameters say, as last seen.",
    "follows_events": "Whether the events of its runtime are followed.",
    "withheld": "Steps that wait for an operator, because they disturb.",
    "read_at": "When the host was last read.",
    "changed_at": "When something was last put back.",
    "proved_at": "When the redirect was last proved.",
}
_COUNTERS = {
    "reads": "How often the host was read.",
    "changes": "Steps that put something back.",
    "proofs": "Proofs of the redirect.",
    "events": "Events of containers.",
    "failures": "Attempts that failed.",
}


def serve_metrics(state: KeepState, port: int) -> tuple[str, Callable[[], None]]:
    """Serve /metrics.

    Args:
        port: 0 for any that is free.

    Returns:
        The address, and what ends it.

    Raises:
        ArgumentError: prometheus_client is not installed, or the port is taken.
    """
    try:
        from prometheus_client import CollectorRegistry, start_http_server
    except ImportError as cause:
        raise ArgumentError(
            "metrics need prometheus_client, which is not installed",
            next_step="Install it with `pip install 'hnskit[keep]'`, or leave --metrics out.",
        ) from cause
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(state))
    try:
        server, thread = start_http_server(port, addr=ADDRESS, registry=registry)
    except (OSError, OverflowError) as cause:
        raise ArgumentError(
            f"metrics cannot be served at {ADDRESS}:{port}: {getattr(cause, 'strerror', '') or cause}",
            next_step="Choose another port with --metrics.",
        ) from cause

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return f"http://{ADDRESS}:{server.server_port}/metrics", end


class _Collector:
    """Reads the state when it is asked for."""

    def __init__(self, state: KeepState) -> None:
        self._state = state

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        rows = self._state.snapshot()
        for key, about in _GAUGES.items():
            name = f"{key.removesuffix('_at')}_timestamp_seconds" if key.endswith("_at") else key
            gauge = GaugeMetricFamily(f"hnskit_keep_{name}", about, labels=["host"])
            for row in rows:
                value = len(row[key]) if key == "withheld" else float(row[key])
                gauge.add_metric([row["name"]], value)
            yield gauge
        states = GaugeMetricFamily(
            "hnskit_keep_state", "1 for the state that the host is in.", labels=["host", "state"]
        )
        for row in rows:
            states.add_metric([row["name"], row["state"]], 1)
        yield states
        for key, about in _COUNTERS.items():
            counter = CounterMetricFamily(f"hnskit_keep_{key}", about, labels=["host"])
            for row in rows:
                counter.add_metric([row["name"]], row[key])
            yield counter
