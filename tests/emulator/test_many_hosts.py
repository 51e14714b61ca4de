"""Many emulated hosts in one process."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from hnskit.emulator import registry
from hnskit.emulator.emulator_commands import emulator
from hnskit.errors import ConnectError
from hnskit.facts.host_facts import gather_facts
from hnskit.facts.source import connection_settings
from hnskit.params.loading import load_params
from hnskit.remote.psrp import PsrpSession
from tests import sample_facts

COUNT = 200


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[dict[str, object]]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HNSKIT_STATE_DIR", str(tmp_path_factory.mktemp("many")))
        started = CliRunner().invoke(emulator, ["start", "--hosts", str(COUNT), "--json"])
        assert started.exit_code == 0, started.output
        hosts = json.loads(started.output)["items"]
        # Read before a test stops one of them, whose file goes with it.
        yield [{**host, "password": Path(host["password_file"]).read_text()} for host in hosts]
        left = next(entry for entry in map(registry.find, registry.names_of("lab", COUNT)) if entry is not None)
        registry.stop(left.name, together=True)
        assert registry.running() == []


def test_two_hundred_hosts_are_one_process(many: list[dict[str, object]]) -> None:
    """Each with a name, ports and a password of its own."""
    assert len(many) == COUNT
    assert len({item["pid"] for item in many}) == 1
    assert len({item[key] for item in many for key in ("http", "https")}) == 2 * COUNT
    assert len({item["password"] for item in many}) == COUNT


@pytest.mark.skipif(sys.platform != "linux", reason="reads the process's memory from /proc")
def test_they_need_less_than_100_mb(many: list[dict[str, object]]) -> None:
    """Resident memory of the process."""
    status = Path(f"/proc/{many[0]['pid']}/status").read_text()
    kilobytes = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
    assert kilobytes < 100_000


def test_each_is_a_host_of_its_own(many: list[dict[str, object]]) -> None:
    """A fault of one is not another's; each is reached by its name."""
    one, other = registry.get("lab-007"), registry.get("lab-200")
    one.ask({"do": "fault", "name": "docker_missing", "value": True})
    seen = []
    for entry in (one, other):
        settings = connection_settings(load_params(sample_facts.PARAMS, overrides=[f"target=emulator://{entry.name}"]))
        with PsrpSession(settings) as session:
            facts = gather_facts(session)
            seen.append((facts.system is not None and facts.system.name, facts.docker is not None))
    assert seen == [("LAB-007", False), ("LAB-200", True)]


def test_one_is_stopped_and_the_others_run(many: list[dict[str, object]]) -> None:
    """And starting them again says that some run already."""
    registry.stop("lab-100")
    assert registry.find("lab-100") is None
    assert registry.find("lab-101") is not None
    with pytest.raises(ConnectError, match=f"{COUNT - 1} of these {COUNT} run already"):
        registry.start_many("lab", COUNT)


def test_too_many_are_refused() -> None:
    """A number that no process could serve."""
    with pytest.raises(ConnectError, match="1 to 1000 hosts"):
        registry.start_many("lab", 1001)
