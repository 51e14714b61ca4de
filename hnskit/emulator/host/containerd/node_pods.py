"""The pods that an emulated node of Kubernetes has from the beginning."""

from __future__ import annotations

from collections.abc import Iterator

from hnskit.emulator.host.containerd.containerd_engine import APPLICATIONS, PROXY_IMAGE, WantedPod

_PING = ("ping.exe", "-t", "localhost")
_APPS = ("web", "worker", "billing", "reports")


def node_pods(image: str, count: int) -> Iterator[WantedPod]:
    """kube-proxy as a HostProcess pod, a proxy for the metadata service, and applications, `count` pods in all."""
    first = (
        WantedPod("kube-system", "kube-proxy-windows", "kube-proxy", image, _PING, host_process=True),
        WantedPod("identity", "metadata-proxy", "metadata-proxy", PROXY_IMAGE, ("metadata-proxy.exe",)),
    )
    for number in range(count):
        app = _APPS[(number - len(first)) % len(_APPS)]
        yield first[number] if number < len(first) else WantedPod(APPLICATIONS, app, app, image, _PING)
