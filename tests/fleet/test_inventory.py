"""Inventories: three forms, one reading; every mistake is named before a host is contacted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hnskit.errors import ArgumentError, ParamsError
from hnskit.fleet import Inventory, load_inventory
from tests import sample_facts

YAML = """
params: redirect.yaml
groups:
  emea: [west, web3]
hosts:
  - name: web1
    target: winrm://web1.example.test
    groups: [west]
    set: {proxy.address: 10.0.1.77, "clients[0].address": 10.0.1.78}
  - {name: web2, target: "emulator://web2", groups: [east, west]}
  - {name: web3, target: "winrm://10.0.0.3:5986"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "redirect.yaml").write_text(sample_facts.PARAMS.read_text())
    return tmp_path


def read(folder: Path, text: str, name: str = "inventory.yaml", **more: str) -> Inventory:
    (folder / name).write_text(text)
    return load_inventory(folder / name, **more)


def mistakes(folder: Path, text: str, name: str = "inventory.yaml") -> str:
    with pytest.raises(ParamsError) as caught:
        read(folder, text, name)
    assert caught.value.exit_status == 2
    return "\n".join(f"{one.path}: {one.message} {one.value}" for one in caught.value.mistakes)


def test_each_host_has_the_parameters_with_its_own_values(folder: Path) -> None:
    found = read(folder, YAML)
    assert [host.name for host in found.hosts] == ["web1", "web2", "web3"]
    web1 = found.hosts[0]
    assert (web1.target, web1.params.proxy.address, web1.params.clients[0].address) == (
        "winrm://web1.example.test", "10.0.1.77", "10.0.1.78",
    )  # fmt: skip
    assert found.hosts[1].params.proxy.address == ""


def test_a_group_of_groups_has_the_hosts_of_both(folder: Path) -> None:
    found = read(folder, YAML)
    assert found.groups["emea"] == ("web1", "web2", "web3")
    assert found.hosts[0].groups == ("emea", "west")


def test_csv_has_a_column_for_each_key(folder: Path) -> None:
    text = (
        "name;target;groups;params;proxy.address\n"
        "web1;winrm://web1;west east;redirect.yaml;10.0.1.77\n\nweb2;winrm://web2;;redirect.yaml;\n"
    )
    found = read(folder, text, "hosts.csv")
    assert [(host.name, host.groups, host.params.proxy.address) for host in found.hosts] == [
        ("web1", ("east", "west"), "10.0.1.77"), ("web2", (), ""),
    ]  # fmt: skip


def test_what_ansible_lists_is_an_inventory(folder: Path) -> None:
    listed = {
        "_meta": {"hostvars": {
            "web1": {"ansible_connection": "winrm", "ansible_host": "10.0.0.1", "ansible_password": "s3cret",
                     "hnskit_set": {"proxy.address": "10.0.1.77"}},
            "web2": {"ansible_connection": "ansible.builtin.ssh", "ansible_user": "admin", "ansible_port": 2222},
            "web3": {"hnskit_target": "emulator://web3"},
        }},
        "all": {"children": ["ungrouped", "windows"]},
        "windows": {"children": ["west"], "hosts": ["web3"]}, "west": {"hosts": ["web1", "web2"]},
    }  # fmt: skip
    found = read(folder, json.dumps(listed), "list.json", params=str(folder / "redirect.yaml"))
    assert {host.name: host.target for host in found.hosts} == {
        "web1": "winrm://10.0.0.1", "web2": "ssh://admin@web2:2222", "web3": "emulator://web3",
    }  # fmt: skip
    assert found.groups["windows"] == ("web1", "web2", "web3")
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hosts: []\nparams: redirect.yaml\n", "hosts: there is none"),
        (YAML.replace("web2, target", "WEB1, target"), "2 hosts have the name web1"),
        (YAML.replace("emulator://web2", "winrm://WEB1.example.test:5985"), "web1, web2 are one host"),
        (YAML.replace("[west, web3]", "[west, emea]"), "groups.emea: is in itself"),
        (YAML.replace("[west, web3]", "[wset]"), "no host and no group has this name 'wset'"),
        (
            YAML.replace("proxy.address: 10.0.1.77", "proxy.adress: 10.0.1.77"),
            "web1: proxy.adress: no such key; did you",
        ),
        (YAML.replace("redirect.yaml", "nowhere.yaml"), "no such file"),
        (YAML.replace("params: redirect.yaml", ""), "no parameter file is named"),
        (YAML.replace("name: web1", "name: ../web1"), "letters, digits"),
        (YAML.replace("    groups: [west]", "    group: [west]"), "hosts[0].group: no such key"),
        ("- web1\n- web2\n", "is a list"),
        ("hosts: [", "line"),
    ],
)
def test_a_mistake_is_named_with_its_place(folder: Path, text: str, said: str) -> None:
    assert said in mistakes(folder, text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,groups\nweb1,west\n", "has no column target"),
        ("name,target\nweb1\n", "line 2: has 1 cell, the head has 2"),
        ("name,target,params\nweb1,nowhere,redirect.yaml\n", "web1: "),
    ],
)
def test_a_mistake_in_csv_has_its_line(folder: Path, text: str, said: str) -> None:
    assert said in mistakes(folder, text, "hosts.csv")


@pytest.mark.parametrize(
    ("limit", "names"),
    [("web1", "web1"), ("west,!web2", "web1"), ("west,&east", "web2"), ("!west", "web3"), ("web*", "web1 web2 web3"),
     ("all,!web[12]", "web3"), ("EMEA", "web1 web2 web3")],
)  # fmt: skip
def test_a_limit_chooses_hosts_as_ansible_does(folder: Path, limit: str, names: str) -> None:
    assert " ".join(host.name for host in read(folder, YAML).limited(limit).hosts) == names


@pytest.mark.parametrize(
    ("limit", "said"), [("", "empty limit"), ("wset", "Did you mean west"), ("west,!west", "no host")]
)
def test_a_limit_that_leaves_no_host_is_refused(folder: Path, limit: str, said: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        read(folder, YAML).limited(limit)
    assert said in caught.value.paragraph()
    assert caught.value.exit_status == 2
