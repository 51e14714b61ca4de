"""The guard of a change: nothing is sent unless HNS shows that all is as the caller saw it."""

from __future__ import annotations

from typing import Any

import pytest

from hnskit.emulator.host import EmulatedHost
from hnskit.emulator.host.hns_service import HnsService
from hnskit.model import hns_json, hns_requests
from hnskit.model.objects import Endpoint, Policy
from hnskit.remote import hns
from hnskit.remote.session import Call, CallResult, invoke_calls
from tests import strategies
from tests.in_process_host import HereSession, host_here

ACL = Policy("ACL", {"Action": "Block", "Direction": "Out"})
UNREAD = "Hnskit.HnsUnread"


def made(host: EmulatedHost) -> Endpoint:
    """An endpoint of somebody's, with a policy."""
    nat = host.snapshot().networks_named("nat")[0]
    endpoint = strategies.hns(host, "POST", "/endpoints", hns_requests.endpoint_request("web", nat.id))
    strategies.hns(host, "POST", f"/endpoints/{endpoint['ID']}", hns_requests.policies_request(endpoint["ID"], [ACL]))
    found = strategies.endpoint(host, "web")
    assert found is not None
    assert found.policies
    return found


def asked(host: EmulatedHost, call: Call) -> CallResult:
    (result,) = invoke_calls(HereSession(host), [call])
    return result


def error_id(result: CallResult) -> str:
    assert result.error is not None
    return result.error.error_id


def without(endpoint: Endpoint, *members: str) -> Endpoint:
    """The endpoint as it was read when HNS did not show these members of it."""
    raw = {name: value for name, value in endpoint.raw.items() if name not in members}
    return hns_json.parse_endpoint(raw)


def test_policies_that_came_to_an_endpoint_without_any_are_not_written_over() -> None:
    """It had no such member when it was read."""
    host = host_here()
    endpoint = made(host)
    assert error_id(asked(host, hns.set_policies("x", without(endpoint, "Policies"), []))) == hns.CHANGED
    assert strategies.endpoint(host, "web") == endpoint


def test_an_endpoint_that_still_has_no_such_member_can_be_changed() -> None:
    """HNS leaves members out; then null says so."""
    host = host_here()
    endpoint = made(host)
    assert "StartTime" not in endpoint.raw
    assert asked(host, hns.delete_endpoint("x", endpoint)).error is None
    assert not host.snapshot().endpoints_named("web")


@pytest.mark.parametrize("response", ['{"Success":false,"Error":"Unspecified error","ErrorCode":2147500037}', "", "{}"])
def test_a_list_that_hns_does_not_show_does_not_prove_that_a_name_is_free(
    response: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else there would be two of one name."""
    host = host_here()
    nat = made(host).network_id
    call = HnsService.call

    def refusing(self: HnsService, method: str, path: str, body: str) -> tuple[int, str]:
        return (0, response) if (method, path) == ("GET", "/endpoints/") else call(self, method, path, body)

    with monkeypatch.context() as context:
        context.setattr(HnsService, "call", refusing)
        result = asked(host, hns.create_endpoint("x", hns_requests.endpoint_request("web", nat)))
    assert error_id(result) == UNREAD
    assert len(host.snapshot().endpoints_named("web")) == 1


def test_an_object_that_is_gone_has_changed() -> None:
    """Its own GET is refused: the host is to be read again."""
    host = host_here()
    endpoint = made(host)
    strategies.hns(host, "DELETE", f"/endpoints/{endpoint.id}")
    assert error_id(asked(host, hns.set_policies("x", endpoint, [ACL]))) == hns.CHANGED


def test_a_guard_says_of_each_member_what_it_was() -> None:
    """Of one that was not there, too."""
    raw: dict[str, Any] = {"State": 1, "Other": 2}
    assert hns.unchanged("/p", raw, "State", "Policies") == {"path": "/p", "is": {"State": 1, "Policies": None}}
