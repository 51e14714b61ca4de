"""Rules of VFP, where a dump has them, beside the policies that they carry out."""

from __future__ import annotations

from collections.abc import Iterator

from hnskit.diagnosis.doctor.examination import DoctorCheck, Examination
from hnskit.facts.finding import Finding
from hnskit.model import hns_json
from hnskit.model.vfp_rule import VfpRule
from hnskit.model.wording import describe_policy
from hnskit.params.desired import Part


class PolicyNotInVfp(DoctorCheck):
    """A proxy policy that HNS lists, and that no rule of the endpoint's port carries out."""

    name = "policy-not-in-vfp"
    severity = "warning"
    reference = "HNS fact 48; calico#12862; microsoft/SDN VFP.psm1"
    confirmed = False

    def find(self, exam: Examination) -> Iterator[Finding]:
        """Compare with `vfpctrl /list-rule` of the port. UNCONFIRMED: which rule VFP makes of a proxy policy."""
        rules = exam.facts.vfp_rules
        if not rules:
            return
        ports: dict[str, list[VfpRule]] = {}
        for one in rules:
            ports.setdefault(one.port, []).append(one)
        for rule in exam.rules:
            guid = hns_json.port_guid(rule.endpoint)
            address = rule.settings.ip.removesuffix("/32")
            there = ports.get(guid, []) if guid else []
            if not there or not address or "/" in address or any(item.names(address) for item in there):
                continue
            yield self.of_endpoint(
                rule.endpoint,
                f"HNS lists its proxy policy for {rule.what}, and none of its port's rules in VFP ({len(there)}) "
                f"names {address}: it may not be carried out",
                f"{describe_policy(rule.policy)}; rules: {_named(there)}",
                exam.repair(
                    Part.POLICY,
                    rule.endpoint.name,
                    f"List all rules of the port (`vfpctrl /port {guid} /list-rule`); if it is not there, write the "
                    "policy again, and look into the client with a request.",
                ),
            )


_SHOWN = 5


def _named(rules: list[VfpRule]) -> str:
    names = [item.name or "without a name" for item in rules]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
