"""Parts of objects that are printed alone, and rows that a console has wrapped: read as what they belong to."""

from __future__ import annotations

import json

import pytest

from hnskit.diagnosis.doctor import diagnose
from hnskit.errors import SnapshotError
from hnskit.facts.dumps import read_text

MISSPELT = {"Type": "PROXY", "IP": "169.254.169.254", "Port": "80", "Destination": "10.75.1.9:80", "OutbountNat": True}
LIST = "".join(f"{name:<11} : {value}\n" for name, value in MISSPELT.items())


@pytest.mark.parametrize("text", [
    f"PS C:\\> (Get-HnsEndpoint | ? Name -eq sluice).Policies\n\n\n{LIST}\n\nPS C:\\>\n",
    f"PS C:\\> $e.Policies | ConvertTo-Json\n{json.dumps([{'Type': 'L2Driver'}, MISSPELT], indent=4)}\n",
    f"PS C:\\> $e.Policies[1] | ConvertTo-Json\n{json.dumps(MISSPELT, indent=4)}\nPS C:\\>\n",
    json.dumps([{"Type": "OutBoundNAT"}, MISSPELT]),
])  # fmt: skip
def test_a_misspelt_policy_is_found_without_its_endpoint(text: str) -> None:
    facts = read_text(text)

    assert len(facts.endpoints) == 1
    assert not facts.knows("endpoints")
    assert any(item.check == "policy-key" and item.severity == "error" for item in diagnose(facts))


@pytest.mark.parametrize("value", [
    [{"Type": "ELB", "VIPs": ["10.75.0.9"]}],
    [{"Type": "ACL", "Action": "Block"}],
    {"Type": "L2Driver"},
    [{"Type": "PROXY", "Name": "squid", "Port": "3128"}],
    [{"Type": "A", "Name": "web", "Data": "10.75.0.9"}],
])  # fmt: skip
def test_what_only_has_a_type_is_no_endpoint_s_policy(value: object) -> None:
    with pytest.raises(SnapshotError):
        read_text(json.dumps(value))


WRAPPED = """PS C:\\> Get-HnsEndpoint | ft -Wrap Name,ID,IPAddress,VirtualNetworkName

Name   ID                 IPAddress VirtualNetworkName
----   --                 --------- ------------------
sluice 75C00000-0000-4000 10.75.1.5 inner
       -8000-000000000001           harbour
weir   75C00000-0000-4000 10.75.1.6 inner
       -8000-000000000002           harbour

PS C:\\>
"""


def test_a_policy_list_with_a_member_of_a_wrong_type_is_read_without_that_member() -> None:
    """As an endpoint is; the kind of object has a blank in its name."""
    id = "0E7A2B5C-1111-4222-8333-0A1B2C3D4E5F"
    facts = read_text(json.dumps({"PolicyLists": [{"ID": id, "References": 5, "Policies": [{"Type": "ELB"}]}]}))
    assert [(item.id, len(item.policies)) for item in facts.policy_lists] == [(id, 1)]
    assert any("policy list.References is not a list" in problem.message for problem in facts.problems)


def test_a_row_that_was_wrapped_is_one_row() -> None:
    facts = read_text(WRAPPED)

    assert [(one.name, one.id[-1], one.network_name) for one in facts.endpoints] == [
        ("sluice", "1", "inner harbour"), ("weir", "2", "inner harbour")
    ]  # fmt: skip


def test_a_row_without_a_name_is_no_part_of_the_one_above() -> None:
    ids = [f"75C00000-0000-4000-8000-00000000000{number}" for number in (1, 2)]
    facts = read_text(
        f"PS C:\\> Get-HnsEndpoint | ft Name,ID,State\n\nName   ID{' ' * 35}State\n----   --{' ' * 35}-----\n"
        f"sluice {ids[0]}     2\n       {ids[1]}     1\n\nPS C:\\>\n"
    )

    assert [one.id for one in facts.endpoints] == ids
