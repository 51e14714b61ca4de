"""Rules of VFP as vfpctrl lists them, in a paste and in what collectlogs.ps1 writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hnskit.diagnosis.doctor import diagnose
from hnskit.facts.anything import read_anything
from hnskit.model.vfp_rule import VfpRule
from hnskit.views.vfp_frames import vfp_rules
from tests.terminal import hnskit

CLIENT, PROXY = "3C8C9C0E-6B25-4A0A-9B5F-0C7A3B0F5E01", "8F1A55C2-0D0B-4C55-8E6E-2F6C8E0A7702"
LISTED = f"""\
Policy for port :
{CLIENT}
ITEM LIST
===========

  LAYER : ACL_ENDPOINT_LAYER
    Friendly name : ACL_ENDPOINT_LAYER
    Flags : 0x9 Default Allow , Update flows
    Priority : 100

    GROUP : ACL_V4_OUT
      Friendly name : ACL_V4_OUT
      Priority : 0
      Direction : OUT
      Type : IPv4
      Conditions:
          <none>
      Match type : Priority-based match

      RULE :
          Friendly name : ALLOW_ALL
          Priority : 65500
          Flags : 1 terminating
          Type : allow
          Conditions:
              <none>
          Flow TTL: 0

      RULE :
          Friendly name : BLOCK_DNS
          Priority : 200
          Type : block
          Conditions:
              Protocols : 17
              Destination IP : 10.0.0.0/8
          Flow TTL: 240

Command list-rule succeeded!


Policy for port :
{PROXY}
  LAYER : SLB_NAT_LAYER
    GROUP : SLB_GROUP_NAT_IPv4_IN
      Direction : IN
      RULE :
          Friendly name : DNAT
          Type : nat
          Modify:
              Destination IP : 10.0.1.9
"""


def rules(text: str) -> tuple[VfpRule, ...]:
    return read_anything(text.encode(), "vfprules.txt").facts.vfp_rules


def test_each_rule_has_its_port_layer_group_and_conditions() -> None:
    allow, block, nat = rules(LISTED)
    assert (allow.name, allow.layer, allow.group, allow.direction) == (
        "ALLOW_ALL",
        "ACL_ENDPOINT_LAYER",
        "ACL_V4_OUT",
        "OUT",
    )
    assert (allow.port, allow.priority, allow.type, allow.conditions) == (CLIENT.lower(), 65500, "allow", ())
    assert block.conditions == ("Protocols : 17", "Destination IP : 10.0.0.0/8")
    assert block.details == ("Flow TTL: 240",)
    assert (nat.port, nat.direction, nat.priority) == (PROXY.lower(), "IN", None)
    assert nat.details == ("Modify:", "Destination IP : 10.0.1.9")


def test_the_port_of_the_command_before_a_list_is_that_of_its_rules() -> None:
    one = "RULE :\n    Friendly name : A\n    Type : allow\n"
    asked = f"PS C:\\> vfpctrl.exe /port {CLIENT} /layer L4 /group G4 /list-rule\n{one}"
    found = rules(asked)[0]
    assert (found.port, found.layer, found.group) == (CLIENT.lower(), "L4", "G4")


def test_a_rule_names_an_address_by_itself_and_by_a_prefix_and_not_by_one_of_everything() -> None:
    assert VfpRule("a", conditions=("Destination IP : 169.254.169.254",)).names("169.254.169.254")
    assert VfpRule("a", details=("Destination IP : 169.254.0.0/16",)).names("169.254.169.254")
    assert VfpRule("a", details=("to 169.254.169.254:80",)).names("169.254.169.254")
    assert not VfpRule("a", conditions=("Destination IP : 0.0.0.0/0",)).names("169.254.169.254")
    assert not VfpRule("a", conditions=("Destination IP : 169.254.169.25",)).names("169.254.169.254")


def test_the_table_names_the_endpoint_whose_port_it_is_and_doctor_compares_both() -> None:
    endpoint = {
        "ID": "0A4C7B0E-70B5-4B40-A6D9-0B6E8C1D2F3A",
        "Name": "client",
        "VirtualNetwork": "095BD356-5B1A-4BD8-9F10-6F6A1F0F7A11",
        "IPAddress": "10.0.1.20",
        "State": 2,
        "Policies": [
            {"Type": "PROXY", "IP": "169.254.169.254", "Port": "80", "Destination": "10.0.1.9:80", "OutboundNat": True}
        ],
        "Resources": {"Allocators": [{"Tag": "Endpoint Port", "CompartmendId": 3, "EndpointPortGuid": CLIENT}]},
    }
    facts = read_anything(f"{json.dumps([endpoint])}\n{LISTED}".encode(), "paste").facts
    assert vfp_rules(facts)["endpoint"].tolist() == ["client", "client", ""]
    assert [item.name for item in diagnose(facts) if item.check == "policy-not-in-vfp"] == ["client"]
    with_rule = LISTED.replace("10.0.0.0/8", "169.254.169.254")
    facts = read_anything(f"{json.dumps([endpoint])}\n{with_rule}".encode(), "paste").facts
    assert not [item for item in diagnose(facts) if item.check == "policy-not-in-vfp"]


@pytest.mark.parametrize("table", ["vfp_rules", "sdn_routes", "pods", "networks"])
def test_an_empty_table_of_what_a_dump_does_not_have_is_not_said_to_be_none(
    table: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "endpoints.json"
    file.write_text(json.dumps([{"ID": "0A4C7B0E-70B5-4B40-A6D9-0B6E8C1D2F3A", "IPAddress": "10.0.1.20"}]))
    assert hnskit(capsys, "show", table, str(file)).out.startswith(f"{table}: not known: ")
