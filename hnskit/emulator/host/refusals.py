"""Refusals of HNS: codes and texts of Windows.

A text comes from a host's print where one is known (HNS facts 13, 25, 40, 72-74); the rest is marked.
"""

from __future__ import annotations

__all__ = [
    "adapter_not_found",
    "address_invalid",
    "already_attached",
    "already_in_a_namespace",
    "compartment_gone",
    "container_gone",
    "degraded",
    "invalid_json",
    "invalid_parameter",
    "invalid_policy",
    "invalid_policy_type",
    "name_in_use",
    "namespace_attach_failed",
    "network_exists",
    "not_emulated",
    "not_found",
    "not_supported",
    "object_exists",
    "port_exists",
    "request_unsupported",
    "rpc_failed",
    "unknown_field",
    "unspecified",
]


class HostRefusal(Exception):  # noqa: N818 - it is HNS's answer, not a mistake of the emulator
    """HNS refuses a request.

    Attributes:
        code: the HRESULT, unsigned.
        text: Windows' words.
        end: what HNS ends them with: a dot and a space (HNS fact 13).
    """

    def __init__(self, code: int, text: str, end: str = ". ") -> None:
        super().__init__(f"0x{code:08X} {text}")
        self.code = code
        self.text = text
        self.end = end


def not_found() -> HostRefusal:
    """ERROR_NOT_FOUND (HNS fact 74)."""
    return HostRefusal(0x80070490, "Element not found")


def invalid_parameter() -> HostRefusal:
    """ERROR_INVALID_PARAMETER (HNS facts 13, 25, 26)."""
    return HostRefusal(0x80070057, "The parameter is incorrect")


def adapter_not_found() -> HostRefusal:
    """HCN_E_ADAPTER_NOT_FOUND (HNS fact 25)."""
    return HostRefusal(0x803B0006, "An adapter was not found")


def network_exists() -> HostRefusal:
    """HCN_E_NETWORK_ALREADY_EXISTS: seen from v2; whether v1 refuses a name is UNCONFIRMED (HNS fact 72)."""
    return HostRefusal(0x803B0010, "A network with this name already exists")


def object_exists() -> HostRefusal:
    """ERROR_OBJECT_ALREADY_EXISTS (HNS fact 73)."""
    return HostRefusal(0x80071392, "The object already exists")


def address_invalid() -> HostRefusal:
    """HCN_E_ADDR_INVALID_OR_RESERVED (HNS fact 73); for an address outside the subnets it is UNCONFIRMED."""
    return HostRefusal(0x803B002F, "An address provided is invalid or reserved")


def port_exists() -> HostRefusal:
    """HCN_E_PORT_ALREADY_EXISTS: a port of the host is led to another endpoint (HNS fact 73, hcsshim's tests).

    Seen on Overlay; that each other type of network gives it, and not 0x20 as in docker/for-win#3893, is UNCONFIRMED.
    """
    return HostRefusal(0x803B0013, "The specified port already exists")


def already_attached() -> HostRefusal:
    """HCN_E_ENDPOINT_ALREADY_ATTACHED (HNS fact 40)."""
    return HostRefusal(0x803B0014, "This endpoint is already attached to the switch")


def already_in_a_namespace() -> HostRefusal:
    """HCN_E_ENDPOINT_NAMESPACE_ALREADY_EXISTS: the constant exists; that a second namespace, or the same one again,
    gives it, and its text, are UNCONFIRMED."""
    return HostRefusal(0x803B002B, "The endpoint is already in a namespace")


def namespace_attach_failed() -> HostRefusal:
    """HCN_E_NAMESPACE_ATTACH_FAILED: an endpoint that is Degraded underneath (HNS fact 40)."""
    return HostRefusal(0x803B002E, "The requested operation for attach namespace failed")


def request_unsupported() -> HostRefusal:
    """HCN_E_REQUEST_UNSUPPORTED: a namespace with a container in it is not deleted (Windows-Containers#485).

    That a change of a load balancer before HNS 15.4 gives it is UNCONFIRMED.
    """
    return HostRefusal(0x803B0015, "The specified request is unsupported")


def container_gone() -> HostRefusal:
    """The compute system of an attach does not exist (HNS fact 40)."""
    return HostRefusal(0xC037010E, "A Compute System with the specified identifier does not exist")


def compartment_gone() -> HostRefusal:
    """GCN_E_NETCOMPARTMENT_NOT_FOUND: the constant exists, that attach gives it and its text are UNCONFIRMED."""
    return HostRefusal(0x803B0027, "The specified network compartment was not found")


def degraded() -> HostRefusal:
    """HCN_E_DEGRADED_OPERATION: the endpoint was made with something that could not be put to work (HNS fact 40)."""
    return HostRefusal(0x803B0017, "Endpoint is in invalid state")


def invalid_policy() -> HostRefusal:
    """HCN_E_INVALID_POLICY: a policy of a known type that is incomplete (hcsshim#1059, calico#8465)."""
    return HostRefusal(0x803B000D, "The provided policy configuration is invalid or missing parameters")


def invalid_policy_type() -> HostRefusal:
    """HCN_E_INVALID_POLICY_TYPE: a Type that this HNS does not know (hcsshim#470, Windows-Containers#360).

    That v1 gives it for PROXY on a NAT network, where "proxy policy does not support NAT mode" (HNS fact 49), is
    UNCONFIRMED.
    """
    return HostRefusal(0x803B000E, "Invalid policy type")


def invalid_json() -> HostRefusal:
    """HCN_E_INVALID_JSON: seen from v2; what v1 says of a body that is not JSON is UNCONFIRMED."""
    return HostRefusal(0x803B001B, "Invalid JSON document string")


def name_in_use() -> HostRefusal:
    """STATUS_OBJECT_NAME_COLLISION as an HRESULT; the text was seen on a create after leftovers of an older network
    (Juniper's HNS_error_bestiary.md), its code is UNCONFIRMED."""
    return HostRefusal(
        0xD0000035, "{Object Exists} An attempt was made to create an object and the object name already exists"
    )


def rpc_failed() -> HostRefusal:
    """RPC_S_CALL_FAILED: the HNS service was restarted during the call."""
    return HostRefusal(0x800706BE, "The remote procedure call failed")


def unknown_field(name: str) -> HostRefusal:
    """HCN_E_INVALID_JSON: v2 is strict where v1 is silent (HNS fact 47)."""
    return HostRefusal(0x803B001B, f"Invalid JSON document string. {{{{{name},UnknownField}}}}", end="")


def not_supported() -> HostRefusal:
    """ERROR_NOT_SUPPORTED: HCN on an HNS that has no v2 API; what a host says then is UNCONFIRMED (HNS fact 60)."""
    return HostRefusal(0x80070032, "The request is not supported")


def unspecified() -> HostRefusal:
    """E_FAIL: transient, when creations overlap (HNS fact 69)."""
    return HostRefusal(0x80004005, "Unspecified error")


def not_emulated(what: str) -> HostRefusal:
    """The emulator's own no, E_NOTIMPL: Windows may well do this, the emulated host does not."""
    return HostRefusal(0x80004001, f"hnskit emulator: {what} is not emulated")
