"""The emulated Windows container host: HNS, Docker, Windows and a data path, behind the emulator's door."""

from hnskit.emulator.host.host import EmulatedHost, create_host
from hnskit.emulator.host.profiles import PROFILES

__all__ = ["PROFILES", "EmulatedHost", "create_host"]
