"""The Host Networking Service, v1: each function is one call; `model/hns_json.py` knows how the JSON is spelt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hnskit.errors import HnsError, HostAnswerError
from hnskit.model import hns_envelope, hns_json, hns_requests
from hnskit.model.objects import Endpoint, Namespace, Network, Policy, PolicyList
from hnskit.remote.session import Call, CallResult

CHANGED = "Hnskit.Changed"
"""FullyQualifiedErrorId where a guard did not hold."""


def request(
    id: str, method: str, path: str, body: Mapping[str, Any] | None = None, guard: Mapping[str, Any] | None = None
) -> Call:
    """One HNSCall (HNS facts 1-9); the body is "" for GET and DELETE.

    Args:
        guard: what must still be so right before the call, from `unchanged` or `absent`; else nothing is sent
            and the call fails with `CHANGED`, or with `Hnskit.HnsUnread` where HNS does not show the list.
    """
    parameters = {"Method": method, "Path": path, "Body": "" if body is None else hns_requests.dump(body)}
    if guard is not None:
        parameters["Guard"] = hns_requests.dump(guard)
    return Call(id, "Invoke-HnskitHns", parameters, reads=method == "GET", cuts=_cuts(method, path))


def _cuts(method: str, path: str) -> bool:
    """Tell whether a request can make the first L2Bridge, or remove the last (HNS facts 63, 78)."""
    return path == "/networks" if method == "POST" else method == "DELETE" and path.startswith("/networks/")


def unchanged(path: str, raw: Mapping[str, Any], *members: str) -> dict[str, Any]:
    """A guard: the object still has these members as `raw`, its JSON when it was read, has them.

    A member that `raw` does not have is sent as null: the object must still not have it. That an object by itself has
    the members that it has in a list is UNCONFIRMED.
    """
    return {"path": path, "is": {member: raw.get(member) for member in members}}


def absent(path: str, **members: str) -> dict[str, Any]:
    """A guard: no object of this list has these members, in whatever letter case, and HNS shows the list.

    HNS prints the id of one network in upper case on the network and in lower case on its endpoints (HNS fact 62).
    """
    return {"path": path, "none": members}


def fact_calls() -> list[Call]:
    """Return the calls that a snapshot makes to HNS."""
    return [
        request("hns_version", "GET", "/globals/version"),
        request("networks", "GET", "/networks/"),
        request("endpoints", "GET", "/endpoints/"),
        request("policy_lists", "GET", "/policylists/"),
        request("namespaces", "GET", "/namespaces/"),
    ]


def create_network(id: str, body: Mapping[str, Any]) -> Call:
    """Make a network; the first L2Bridge cuts the host's own network for seconds (HNS facts 63, 64).

    HNS fact 65 advises to start it detached and to read the network back later: so it is done over ssh. Over WinRM
    the pipeline runs on in the host's shell while the connection is away, and the network is read back all the same;
    that a real host keeps the shell through the cut is UNCONFIRMED, and if it does not, the outcome is unknown and is
    read from the host.

    Guarded by its name: whether v1 refuses a second network of one name is UNCONFIRMED (HNS fact 72).
    """
    return request(id, "POST", "/networks", body, absent("/networks/", Name=body["Name"]))


def delete_network(id: str, network_id: str) -> Call:
    """Remove a network; the last L2Bridge cuts the host's own network again (HNS fact 78).

    Guarded: HNS deletes a network that still has endpoints (HNS fact 75), so none may have come meanwhile.
    """
    return request(id, "DELETE", f"/networks/{network_id}", guard=absent("/endpoints/", VirtualNetwork=network_id))


def create_endpoint(id: str, body: Mapping[str, Any]) -> Call:
    """Make an endpoint; guarded by its name, of which HNS allows two (HNS fact 73)."""
    return request(id, "POST", "/endpoints", body, absent("/endpoints/", Name=body["Name"]))


def delete_endpoint(id: str, endpoint: Endpoint) -> Call:
    """Remove an endpoint; Docker never does it for one that was made outside it (HNS fact 77).

    Guarded: who has attached it meanwhile needs it.
    """
    path = f"/endpoints/{endpoint.id}"
    return request(id, "DELETE", path, guard=as_attached(path, endpoint))


def attach_endpoint(id: str, endpoint: Endpoint, compartment_id: int) -> Call:
    """Bind a free endpoint to a compartment: 1 is the host, else a container's (HNS facts 37, 38).

    An attached one is refused (0x803B0014). Guarded: nobody else has attached it meanwhile.
    """
    path = f"/endpoints/{endpoint.id}"
    return request(
        id, "POST", f"{path}/attach", hns_requests.attach_request(compartment_id), as_attached(path, endpoint)
    )


def detach_endpoint(id: str, endpoint: Endpoint) -> Call:
    """Take an endpoint off its compartment; guarded: it is still attached as it was read."""
    path = f"/endpoints/{endpoint.id}"
    return request(id, "POST", f"{path}/detach", hns_requests.detach_request(), as_attached(path, endpoint))


def as_attached(path: str, endpoint: Endpoint) -> dict[str, Any]:
    """A guard: an endpoint is attached, or free, as it was read."""
    # StartTime is that of the attachment (HNS fact 32): with State alone, detached and attached again looks the same.
    return unchanged(path, endpoint.raw, "State", "SharedContainers", "StartTime")


def set_policies(id: str, endpoint: Endpoint, policies: Iterable[Policy]) -> Call:
    """Give an endpoint its whole list of policies (HNS facts 45, 53).

    A read-modify-write: guarded by the list as it was read, so that no policy that somebody else has added
    meanwhile is lost.
    """
    path = f"/endpoints/{endpoint.id}"
    body = hns_requests.policies_request(endpoint.id, policies)
    return request(id, "POST", path, body, unchanged(path, endpoint.raw, "Policies"))


def output(result: CallResult) -> Any:
    """The Output of an HNS answer.

    Raises:
        HnsError: HNS refused.
        HostAnswerError: the answer is not an envelope.
        RemoteCommandError: the call did not reach HNS.
    """
    answer = result.value()
    response, hresult = answer.get("Response"), answer.get("HResult")
    if not isinstance(response, str) or not isinstance(hresult, int):
        raise HostAnswerError("an answer of HNS has no Response and HResult", got=answer)
    return hns_envelope.parse_envelope(response, hresult)


def _version(result: CallResult) -> tuple[int, int] | None:
    try:
        answer = output(result)
    except HnsError:
        return None  # before 1803 the call fails (HNS fact 8)
    return hns_json.parse_version(answer)


def _networks(result: CallResult) -> tuple[Network, ...]:
    return hns_json.parse_all(output(result), hns_json.parse_network)


def _endpoints(result: CallResult) -> tuple[Endpoint, ...]:
    return hns_json.parse_all(output(result), hns_json.parse_endpoint)


def _policy_lists(result: CallResult) -> tuple[PolicyList, ...]:
    return hns_json.parse_all(output(result), hns_json.parse_policy_list)


def _namespaces(result: CallResult) -> tuple[Namespace, ...]:
    try:
        answer = output(result)
    except HnsError:
        return ()  # before HNS 9.2 there are none (HNS fact 60)
    return hns_json.parse_all(answer, hns_json.parse_namespace)


READERS: dict[str, Callable[[CallResult], Any]] = {
    "hns_version": _version,
    "networks": _networks,
    "endpoints": _endpoints,
    "policy_lists": _policy_lists,
    "namespaces": _namespaces,
}
"""Call id of `fact_calls` -> what makes the model's objects of its result."""
