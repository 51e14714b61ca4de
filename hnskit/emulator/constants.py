"""Names that both sides of an emulated host's door know."""

from __future__ import annotations

ADDRESS = "127.0.0.1"
"""Address on which every emulated host listens: loopback only."""

LIMITED = "User"
"""An account without administrator rights."""

RESTRICTED = "hnskit"
"""The session configuration (JEA) that has hnskit's commands and nothing else."""

RUNTIMES = ("docker", "containerd", "both")
"""Container runtimes of an emulated host."""

NETWORKS = ("model", "packets", "auto")
"""Carrier of an emulated host's packets: its own data plane, Linux, or Linux where it can."""
