"""Dumps of two hosts, or of two moments, are never merged to one that never was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hnskit.errors import SnapshotError
from hnskit.facts.anything import read_anything
from hnskit.facts.snapshot import save_facts
from tests import sample_facts


def endpoint(host: str, number: int) -> dict[str, Any]:
    """An endpoint of a host; its id and its network's begin with the host's letter."""
    return {"ID": f"{host}{number:07d}-AEE8-4050-B1E1-CB12A86CE8BC", "Name": f"e{number}", "Policies": [],
            "VirtualNetwork": network(host)["ID"], "IPAddress": f"10.0.1.{number}", "State": 2}  # fmt: skip


def network(host: str, management: str = "10.0.0.4") -> dict[str, Any]:
    """A bridge of a host."""
    return {"ID": f"{host}44A3CAB-A2FF-45FE-8E35-08C709B6E69F", "Name": "l2b", "Type": "L2Bridge",
            "ManagementIP": management, "Subnets": [], "Policies": []}  # fmt: skip


def folder(place: Path, **files: Any) -> Path:
    """A folder of dumps; what is not text is written as JSON."""
    for name, content in files.items():
        path = place / f"{name.replace('__', '/')}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return place


def lists(host: str, *numbers: int) -> dict[str, Any]:
    """All that a host lists."""
    return {"Networks": [network(host), {**network(host), "ID": f"{host}0000000-0000-0000-0000-000000000001"}],
            "Endpoints": [endpoint(host, number) for number in numbers]}  # fmt: skip


def test_two_hosts_in_a_folder_are_refused_with_the_files_of_each(tmp_path: Path) -> None:
    """A duplicate address of a mixture would be certain and wrong."""
    place = folder(tmp_path, a__networks=lists("A", 2, 3)["Networks"], a__endpoints=lists("A", 2, 3)["Endpoints"],
                   b__networks=lists("B", 2, 3)["Networks"], b__endpoints=lists("B", 2, 3)["Endpoints"])  # fmt: skip
    with pytest.raises(SnapshotError, match="two hosts, or of two moments") as caught:
        read_anything(place)
    assert "a/endpoints.txt, a/networks.txt; b/endpoints.txt, b/networks.txt" in caught.value.message
    assert "one host" in caught.value.next_step


def test_files_of_one_host_that_complete_each_other_are_one_snapshot(tmp_path: Path) -> None:
    """Also where one of them lists the same again."""
    both = lists("A", 2, 3)
    facts = read_anything(folder(tmp_path, networks=both["Networks"], endpoints=both["Endpoints"], again=both)).facts
    assert (len(facts.networks), len(facts.endpoints)) == (2, 2)
    assert facts.knows("endpoints")


def test_of_two_lists_that_differ_nothing_is_told_to_be_absent(tmp_path: Path) -> None:
    """A pod came or went between the two commands."""
    facts = read_anything(folder(tmp_path, one=lists("A", 2, 3), two=lists("A", 3, 4))).facts
    assert len(facts.endpoints) == 3
    assert not facts.knows("endpoints")
    assert facts.knows("networks")


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("MachineName : WIN-A\n", "MachineName : WIN-B\n"),
        ('{"PSComputerName": "win-a"}\n', '{"PSComputerName": "WIN-B.corp.example"}\n'),
        ("[win-a]: PS C:\\> hostname\n", "[win-b]: PS C:\\> hostname\n"),
        ("   Host Name . . . . . . . . . . . . : WIN-A\n", "   Host Name . . . . . . . . . . . . : WIN-B\n"),
        ("COMPUTERNAME=WIN-A\n", "COMPUTERNAME=WIN-B\n"),
    ],
)
def test_two_names_of_computers_are_two_hosts(tmp_path: Path, one: str, two: str) -> None:
    """In two files and in one; one name in two spellings is one host."""
    body = json.dumps(lists("A", 2, 3)) + "\n"
    for place in (folder(tmp_path / "x", a=one + body, b=two + body), folder(tmp_path / "y", a=one + body + two)):
        with pytest.raises(SnapshotError, match="of 2 hosts in it: win-a") as caught:
            read_anything(place)
        assert "win-b" in caught.value.message
    same = folder(tmp_path / "z", a=one + body, b=one.replace("WIN-A", "win-a") + body)
    assert len(read_anything(same).facts.endpoints) == 2


def test_the_name_of_a_container_is_no_second_host(tmp_path: Path) -> None:
    """ipconfig inside of one prints its own."""
    place = folder(
        tmp_path,
        a="   Host Name . . . . . . . . . . . . : WIN-A\n" + json.dumps(lists("A", 2, 3)),
        b="PS C:\\> docker exec web ipconfig /all\n   Host Name . . . . . . . . . . . . : web-0\n",
        c="   Host Name . . . . . . . . . . . . : 0123456789ab\n",
    )
    assert len(read_anything(place).facts.endpoints) == 2


def test_one_network_with_two_addresses_of_its_host_is_of_two_hosts(tmp_path: Path) -> None:
    """Cloned machines have the same ids."""
    place = folder(tmp_path, a=network("A"), b=network("A", "10.0.0.9"))
    with pytest.raises(SnapshotError, match=r"ManagementIP 10\.0\.0\.4 in a\.txt, 10\.0\.0\.9 in b\.txt"):
        read_anything(place)


def test_a_snapshot_of_hnskit_is_not_left_out_beside_other_dumps(tmp_path: Path) -> None:
    """It was, without a word."""
    place = folder(tmp_path, a=lists("A", 2, 3))
    save_facts(sample_facts.complete(), place / "facts.json")
    with pytest.raises(SnapshotError, match="a snapshot of hnskit in it beside other dumps"):
        read_anything(place)


def test_ipconfig_of_another_host_is_left_aside(tmp_path: Path) -> None:
    """Its addresses are not those of the networks' host."""
    other = (
        "Windows IP Configuration\n\n\nEthernet adapter Ethernet:\n\n   Connection-specific DNS Suffix  . : \n"
        "   IPv4 Address. . . . . . . . . . . : 10.9.9.9\n   Subnet Mask . . . . . . . . . . . : 255.255.255.0\n\n"
    )
    reading = read_anything(folder(tmp_path, a=lists("A", 2, 3), b=other))
    assert reading.facts.addresses == ()
    assert any("left aside" in caveat for caveat in reading.caveats)
    own = folder(tmp_path / "own", a=lists("A", 2, 3), b=other.replace("10.9.9.9", "10.0.0.4"))
    assert [item.address for item in read_anything(own).facts.addresses] == ["10.0.0.4"]
