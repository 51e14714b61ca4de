"""The emulated fleet of a module."""

from tests.fleet.fleet_hosts import place, targets  # noqa: F401 - fixtures
