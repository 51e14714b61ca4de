"""Why members of a sample and of the emulated host differ: sample, member, reason. Patterns as in a shell."""

from __future__ import annotations

_MADE_BY_V2 = "it was made through the v2 API; that one leaves this in the v1 form is not emulated (HNS fact 34)"
_OLDEST = "schema of HNS 1.1 (1607), for which there is no profile"

REASONS: tuple[tuple[str, str, str], ...] = (
    ("l2bridge-ws2019-aks1367-remote.*", ".Namespace*", _MADE_BY_V2),
    ("l2bridge-ws2019-aks1367-remote.*", ".InterfaceConstraint*", _MADE_BY_V2),
    ("nat-hns1.1-forwin2312.json", "*", _OLDEST),
    ("nat-ws2019-9.3-remoting-1.*", ".RunspaceId", "put there by PowerShell Remoting, not by HNS (HNS fact 88)"),
    ("nat-ws2019-9.3-remoting-1.*", ".Extensions*", "Open vSwitch was installed on that host"),
    ("transparent-1809-9.1-*", ".Flags", "9.1, the first HNS of 1809, prints no Flags; the profile is 9.3"),
)

NOT_COMPARED: dict[str, str] = {
    "v2-create-request-containerd5729.json": "a request, not an answer",
    "l2bridge-ws2019-aks1367-allocators.partial.json": "two allocators of two endpoints; each is compared in a test",
}
"""Samples that no one object of the emulated host can be held against."""

NOT_IN_ORDER = frozenset({"fargate-bridge-hcsshim2369.partial.json"})
"""Samples that a program printed in an order of its own, besides those that hcsshim did."""

FROM_MEMORY: tuple[tuple[str, str], ...] = (
    ("docker.exe: refusals and usage", "the words of docker's source; hnskit relies on exit statuses and JSON"),
    ("docker inspect", "members that no public print of a Windows host shows"),
    ("curl.exe: error texts", "the words of curl's source; exit codes are curl's documented ones"),
    ("route.exe: texts and the exit status of a failure", "Windows' own words, and 1"),
    ("ping.exe, cmd.exe", "the lines that a person sees; nothing reads them"),
    ("netsh.exe: what it says of a wrong interface or value; sc.exe; docker info", "no public print"),
    ("hnsdiag.exe: -d, and what it says of an error", "that -d prints the objects' JSON"),
    ("HCN: the members of v2 answers and their order", "those of the published schema and of hcsshim's structs"),
    ("HCN: policies of networks, TierAcl", "kept and shown; no packet meets them"),
    ("HNS: /endpointstats", "no packet is counted: all are 0"),
    ("HNS namespaces: what becomes of one whose last container has ended", "its compartment goes, and it says 0 again"),
    ("the metadata service: texts of its errors", "statuses are Azure's documented ones"),
    ("WinRM: an unencrypted body over HTTP is answered with 500, an undecryptable one with 400", "no public print"),
    ("WinRM: an envelope above MaxEnvelopeSizekb is a fault w:EncodingLimit", "its code"),
    ("WinRM: a Negotiate login over TLS must be bound to its channel", "as with CbtHardeningLevel Strict; Windows' "
     "default, Relaxed, lets a client in that sends no binding"),
)  # fmt: skip
"""What the emulated host says without a print of a real host to follow: UNCONFIRMED."""
