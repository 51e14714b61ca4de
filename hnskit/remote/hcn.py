"""HCN, the v2 API of the Host Networking Service: policies of one endpoint or network (HNS facts 51-57)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from hnskit.errors import HostAnswerError
from hnskit.model import hns_envelope, hns_json, hns_requests
from hnskit.model.json_reader import load
from hnskit.model.objects import Policy
from hnskit.model.policies.v1_v2 import settings_form
from hnskit.remote.session import Call, CallResult

On = Literal["endpoint", "network"]
Change = Literal["Add", "Update", "Remove"]


def request(
    id: str, operation: str, object_id: str, settings: Mapping[str, Any], guard: Mapping[str, Any] | None = None
) -> Call:
    """One function of computenetwork.dll on one object; `guard` as for `hns.request`."""
    parameters = {"Operation": operation, "Id": object_id.strip("{}"), "Settings": hns_requests.dump(settings)}
    if guard is not None:
        parameters["Guard"] = hns_requests.dump(guard)
    return Call(id, "Invoke-HnskitHcn", parameters, reads=operation.startswith("Query"))


def query(id: str, on: On, object_id: str) -> Call:
    """An endpoint or a network in the v2 form."""
    return request(id, f"Query{on.title()}", object_id, {"SchemaVersion": {"Major": 2, "Minor": 0}})


def modify_policies(
    id: str,
    on: On,
    object_id: str,
    change: Change,
    policies: Iterable[Policy],
    *,
    guard: Mapping[str, Any] | None = None,
) -> Call:
    """Change an object's policies.

    Add appends and does not de-duplicate, Update replaces those of the kinds that are sent, Remove takes away what has
    the same value (HNS facts 52, 53; of a proxy policy none was ever seen on a host: UNCONFIRMED).
    """
    sent = [hns_json.policy_json(settings_form(policy)) for policy in policies]
    body = {"RequestType": change, "ResourceType": "Policy", "Settings": {"Policies": sent}}
    return request(id, f"Modify{on.title()}", object_id, body, guard)


def change_namespace(
    id: str, change: Literal["Add", "Remove"], namespace_id: str, endpoint_id: str, guard: Mapping[str, Any]
) -> Call:
    """Put an endpoint into a namespace, or take it out; one that v1 made goes in as well (containerd facts 11, 15)."""
    body = {"ResourceType": "Endpoint", "RequestType": change, "Settings": {"EndpointId": endpoint_id}}
    return request(id, "ModifyNamespace", namespace_id, body, guard)


def output(result: CallResult) -> Any:
    """The properties of a query, as JSON; None of a change.

    Raises:
        HnsError: HCN refused.
        HostAnswerError: the answer is not HCN's.
        RemoteCommandError: the call did not reach HCN.
    """
    answer = result.value()
    hresult, properties, record = (answer.get(key) for key in ("HResult", "Properties", "ErrorRecord"))
    if not isinstance(hresult, int) or not isinstance(properties, str) or not isinstance(record, str):
        raise HostAnswerError("an answer of HCN has no HResult, Properties and ErrorRecord", got=answer)
    if hresult & 0x80000000:
        hns_envelope.parse_envelope(record, hresult)
    return load(properties) if properties.strip() else None
