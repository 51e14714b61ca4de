"""`winrm/config`: the configuration of the service, with the elements of recorded hosts (docs/wire.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hnskit.emulator.winrm.service_settings import ServiceSettings
from hnskit.emulator.winrm.shell_objects import element
from hnskit.emulator.winrm.shells import DEFAULT_IDLE
from hnskit.emulator.winrm.soap import MAX_ENVELOPE

Tree = Mapping[str, Any]
_UNLIMITED = 2**32 - 1
_LONGEST = 2**31 - 1


def configuration(settings: ServiceSettings, ports: tuple[int, int]) -> str:
    """The cfg:Config of a service whose listeners have these ports, HTTP and HTTPS."""
    listeners = {"HTTP": ports[0], "HTTPS": ports[1]}
    tree: Tree = {
        "MaxEnvelopeSizekb": MAX_ENVELOPE // 1024,
        "MaxTimeoutms": 60000,
        "MaxBatchItems": 32000,
        "MaxProviderRequests": _UNLIMITED,
        "Client": {
            "NetworkDelayms": 5000,
            "URLPrefix": "wsman",
            "AllowUnencrypted": False,
            "Auth": {
                "Basic": True,
                "Digest": True,
                "Kerberos": True,
                "Negotiate": True,
                "Certificate": True,
                "CredSSP": False,
            },
            "DefaultPorts": {"HTTP": 5985, "HTTPS": 5986},
            "TrustedHosts": "",
        },
        "Service": {
            "RootSDDL": "O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU)S:P(AU;FA;GA;;;WD)(AU;SA;GXGW;;;WD)",
            "MaxConcurrentOperations": _UNLIMITED,
            "MaxConcurrentOperationsPerUser": 1500,
            "EnumerationTimeoutms": 240000,
            "MaxConnections": 300,
            "MaxPacketRetrievalTimeSeconds": 120,
            "AllowUnencrypted": False,
            "Auth": {
                "Basic": True,
                "Kerberos": False,
                "Negotiate": True,
                "Certificate": True,
                "CredSSP": settings.credssp,
                "CbtHardeningLevel": settings.channel_binding.capitalize(),
            },
            "DefaultPorts": listeners,
            "IPv4Filter": "*",
            "IPv6Filter": "*",
            "EnableCompatibilityHttpListener": False,
            "EnableCompatibilityHttpsListener": False,
            "CertificateThumbprint": "",
            "AllowRemoteAccess": True,
        },
        "Winrs": {
            "AllowRemoteShellAccess": False,  # there are no cmd shells here
            "IdleTimeout": int(DEFAULT_IDLE * 1000),
            "MaxConcurrentUsers": _LONGEST,
            "MaxShellRunTime": _LONGEST,
            "MaxProcessesPerShell": _LONGEST,
            "MaxMemoryPerShellMB": _LONGEST,
            "MaxShellsPerUser": settings.shells_per_user,
        },
    }
    return f"<cfg:Config>{_elements(tree)}</cfg:Config>"


def _elements(tree: Tree) -> str:
    return "".join(_element(name, value) for name, value in tree.items())


def _element(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return f"<cfg:{name}>{_elements(value)}</cfg:{name}>"
    return element(f"cfg:{name}", str(value).lower() if isinstance(value, bool) else value)
