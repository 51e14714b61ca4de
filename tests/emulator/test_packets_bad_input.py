"""Real packets where there is no root, no right, no module of the kernel; and what is on the machine already."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hnskit.emulator.host import create_host
from hnskit.emulator.packets.helper_client import HelperClient, PacketsError
from tests.emulator.packets_here import require_packets

ROOT = Path(__file__).parents[2]
REDIRECT = """
import sys
from hnskit.emulator.host import create_host
from tests.emulator import host_scenario
options = {"cut_seconds": 0, "seed": 7, "network": sys.argv[1]}
host_scenario.create_host = lambda name, profile, _: create_host(name, profile, options)
scenario = host_scenario.Scenario()
scenario.redirect()
plane = scenario.host.network.packets
print(scenario.ask()[0], plane is not None and plane.rootless, scenario.host.network.note)
scenario.host.close()
"""
LISTED = "ip -o link | cut -d: -f1,2; ip -o addr; nft list ruleset"


def ran(words: list[str], *, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """A program that can import hnskit and the tests."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(words, input=stdin, capture_output=True, text=True, env=env, cwd=ROOT, check=False)


def with_rights(*kept: str) -> list[str]:
    """Start of a command line: root without any of root's rights but these; nothing for who is not root."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    return ["setpriv", f"--bounding-set={','.join(['-all', *(f'+{one}' for one in kept)])}", "--inh-caps=-all"]


def test_without_root_s_rights_the_redirect_works_in_a_user_namespace() -> None:
    require_packets()
    rights = with_rights("setfcap")  # mapping root's own id asks for it; who is not root needs nothing
    if ran([*rights, "unshare", "--user", "--map-root-user", "--net", "true"]).returncode:
        pytest.skip("this system lets nobody make user namespaces")
    done = ran([*rights, sys.executable, "-c", REDIRECT, "packets"])
    assert done.stdout.split()[:2] == ["0", "True"], done.stderr


def test_without_any_right_packets_says_so_and_auto_falls_back_and_says_why() -> None:
    """A root without rights, as in many containers, may not map its own id into a user namespace."""
    require_packets()
    if os.geteuid() != 0:
        pytest.skip("only root's rights can be taken away")
    packets, auto = (ran([*with_rights(), sys.executable, "-c", REDIRECT, network]) for network in ("packets", "auto"))
    assert packets.stderr.splitlines()[-1].endswith("PacketsError: user namespaces: Operation not permitted")
    said = "There are no real packets here, the model carries them: user namespaces: Operation not permitted."
    assert auto.stdout.strip() == f"0 False {said}"


@pytest.mark.parametrize(("part", "step"), [("bridge", "bridges"), ("veth", "veth")])
def test_a_kernel_without_a_module_says_which(
    part: str, step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stands in for the kernel: an IPRoute that refuses this kind of link, as rtnetlink does."""
    require_packets()
    package = tmp_path / "pyroute2" / "iproute"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "linux.py").write_text(
        "class IPRoute:\n"
        "    def link(self, do, kind='', **more):\n"
        f"        if kind == {part!r}: raise OSError(95, 'Operation not supported')\n"
        "    def link_lookup(self, **names): return [7]\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(PacketsError, match=f"^{step}: Operation not supported$"):
        HelperClient()
    host = create_host("lab", "ws2019", {"cut_seconds": 0, "network": "auto"})
    assert host.network.packets is None
    assert host.network.note.endswith(f"the model carries them: {step}: Operation not supported.")


def test_links_and_rules_with_our_names_on_the_machine_are_left_alone() -> None:
    """Everything of ours is in namespaces of its own: a br1, a v1 and a table `hnskit` of others do not meet it."""
    require_packets()
    if os.geteuid() != 0:
        pytest.skip("a machine's links are root's")
    script = (
        "ip link add br1 type bridge && ip link add v1 type veth peer name eth0 && nft add table ip hnskit && "
        "nft add chain ip hnskit out '{ type filter hook output priority -150; }' || exit 9\n"
        f'before=$({LISTED})\n{sys.executable} -c "$REDIRECT" packets || exit 8\n'
        f'[ "$before" = "$({LISTED})" ] && echo same\n'
    )
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", script], capture_output=True, text=True, check=False, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "REDIRECT": REDIRECT},
    )  # fmt: skip
    assert done.stdout.split() == ["0", "False", "same"], done.stderr
