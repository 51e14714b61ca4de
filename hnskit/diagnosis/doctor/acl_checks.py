"""The CNI's rules for the metadata service: blocked by an ACL, or asked as the node; and Server 2025's default deny."""

from __future__ import annotations

from collections.abc import Iterator

from hnskit.diagnosis.doctor.examination import DoctorCheck, Examination, asked_by
from hnskit.facts.finding import Finding
from hnskit.model.objects import METADATA_ADDRESS, Endpoint
from hnskit.model.policies.matching import Flow, blocking_acl, is_acl, nat_destinations
from hnskit.model.policies.values import inside
from hnskit.model.wording import describe_policy

_METADATA = Flow(METADATA_ADDRESS, 80)
_NAMED = 3  # endpoints that a note names; the rest is counted


class MetadataBlocked(DoctorCheck):
    """An ACL that blocks what a proxy policy of the same endpoint redirects; or the metadata service, by itself."""

    name = "metadata-blocked"
    severity = "warning"
    reference = "Azure/AgentBaker azurecnifunc.ps1; amazon-vpc-cni-plugins PR#55"
    confirmed = False

    def find(self, exam: Examination) -> Iterator[Finding]:
        """AKS and EKS block 169.254.169.254 so. Which of the two acts on redirected traffic is not known."""
        redirected: set[str] = set()
        with_acls = {item.id for item in exam.with_acls}
        for rule in exam.rules:
            if rule.endpoint.id not in with_acls:
                continue
            asked = asked_by(rule.settings)
            blocked = blocking_acl(rule.endpoint.policies, "Out", asked, asked.destination, local=rule.endpoint.address)
            if blocked is None or rule.endpoint.id in redirected:
                continue
            redirected.add(rule.endpoint.id)
            yield self.of_endpoint(
                rule.endpoint,
                f"an ACL blocks {asked}, which its proxy policy redirects; which of the two acts is not known",
                f"{describe_policy(blocked[0])}; {describe_policy(rule.policy)}",
                f"Take the ACL away where the redirect is wanted: {exam.policy('list', rule.endpoint)} numbers it.",
            )
        blocking = [item for item in exam.with_acls if item.id not in redirected and _blocks_metadata(item)]
        if blocking:
            more = f" and {len(blocking) - _NAMED} more" if len(blocking) > _NAMED else ""
            yield self.finding(
                "endpoints",
                f"{len(blocking)} of them may not reach the metadata service: an ACL blocks {METADATA_ADDRESS}, as AKS "
                "and EKS do where its use is restricted",
                ", ".join(f"{item.name or item.id} ({item.address})" for item in blocking[:_NAMED]) + more,
                "Nothing, if that is wanted; a redirect on such an endpoint needs the ACL taken away.",
                severity="note",
                confirmed=True,
            )


class MetadataAsNode(DoctorCheck):
    """An OutBoundNAT for the metadata service alone, as AKS sets it where outbound NAT is off."""

    name = "metadata-as-node"
    severity = "note"
    reference = "Azure/AgentBaker azurecnifunc.ps1:59-76; kubernetes-sigs/cluster-api-provider-azure#2132"
    confirmed = False

    def find(self, exam: Examination) -> Iterator[Finding]:
        """LoopbackDSR: a pod asks 169.254.169.254 with the address of its node, which alone may ask it."""
        so = [
            (item, policy)
            for item in exam.facts.endpoints
            for policy in item.policies
            if inside(METADATA_ADDRESS, nat_destinations(policy))
        ]
        if not so:
            return
        more = f" and {len(so) - _NAMED} more" if len(so) > _NAMED else ""
        redirected = {rule.endpoint.id for rule in exam.rules}
        plain = sum(item.id not in redirected for item, _ in so)
        yield self.finding(
            "endpoints",
            f"{len(so)} of them ask {METADATA_ADDRESS} with the node's address (LoopbackDSR, as AKS sets it where "
            f"outbound NAT is off): the metadata service takes a pod for the node, and gives it the node's identity; "
            f"{plain} of them have no redirect",
            ", ".join(f"{item.name or item.id}: {describe_policy(policy)}" for item, policy in so[:_NAMED]) + more,
            "Nothing, if pods may act as the node; a redirect takes these requests to a proxy that decides.",
        )


class DefaultDeny(DoctorCheck):
    """Server 2025: an endpoint with ACLs of which none allows what goes out."""

    name = "acl-default-deny"
    severity = "error"
    reference = "microsoft/Windows-Containers#616 (Microsoft, 2026-05-11)"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """Any ACL makes an endpoint deny by default what goes out; a Block alone so blocks everything."""
        for endpoint in exam.with_acls:
            if not endpoint.knows("policies"):
                continue
            if not exam.index.denies_by_default(endpoint) or _allows_out(endpoint):
                continue
            acls = [policy for policy in endpoint.policies if is_acl(policy)]
            yield self.of_endpoint(
                endpoint,
                "everything that goes out of it is blocked: on Server 2025 an endpoint with any ACL denies what none "
                "allows, by design, and none of its ACLs allows anything outbound",
                "; ".join(describe_policy(policy) for policy in acls),
                "Add an Allow for Direction Out with a Priority number above those of the Block rules: "
                f"{exam.policy('add', endpoint, '--kind', 'acl', '--direction', 'Out', '--action', 'Allow')}.",
            )


def _allows_out(endpoint: Endpoint) -> bool:
    return any(
        is_acl(policy)
        and str(policy.settings.get("Direction", "")).lower() == "out"
        and str(policy.settings.get("Action", "")).lower() == "allow"
        for policy in endpoint.policies
    )


def _blocks_metadata(endpoint: Endpoint) -> bool:
    """Tell whether a rule of its own for that address blocks it; one that blocks everything is another matter."""
    blocked = blocking_acl(endpoint.policies, "Out", _METADATA, METADATA_ADDRESS, local=endpoint.address)
    return blocked is not None and METADATA_ADDRESS in str(blocked[0].settings.get("RemoteAddresses", ""))
