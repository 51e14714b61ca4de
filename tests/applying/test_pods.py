"""The redirect of pods that are there already: a policy on the CNI's endpoint, proved from inside, and given back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hnskit.applying.api import apply, destroy
from hnskit.applying.verification import verify
from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.emulator.host.containerd.containerd_engine import WantedPod
from hnskit.emulator.host.containerd.sandboxes import HYPERVISOR
from hnskit.errors import PreflightError, StepError
from hnskit.facts.host_facts import Facts
from hnskit.model import hns_json
from hnskit.model.objects import Endpoint, Policy
from hnskit.params.desired import Desired, Part, desired_from
from hnskit.params.loading import load_params
from hnskit.planning.removed_objects import removal_question
from hnskit.planning.setup import plan
from hnskit.planning.steps import Action
from hnskit.planning.teardown import plan_destroy
from hnskit.remote import hns
from hnskit.remote.session import invoke_calls
from tests.in_process_host import QUICK, HereSession, MemoryJournal

PARAMS = Path(__file__).parents[2] / "params" / "pods.example.yaml"
PROXY_AT = ("proxy={address: 10.240.1.77}", "verify.proof={header: {name: Via}}")
"""A proxy that is an address by itself."""
PING = ("ping.exe", "-t", "localhost")


def wanted(*overrides: str) -> Desired:
    return desired_from(load_params(PARAMS, overrides=overrides))


def node(**options: Any) -> EmulatedHost:
    return create_host("lab", "ws2022", {"runtime": "containerd", "cut_seconds": 0, "seed": 1, "pods": 8, **options})


@pytest.fixture
def host() -> EmulatedHost:
    return node()


def run_pod(host: EmulatedHost, name: str, **more: Any) -> None:
    image = next(iter(name for name in host._containerd.images["k8s.io"] if "nanoserver" in name))
    host._containerd.run_pod(WantedPod("default", name, "web", image, PING, **more))


def add(host: EmulatedHost, pod: str, policy: Policy) -> Endpoint:
    """Another user's policy on a pod's endpoint; what is given back is the endpoint with it."""
    there = endpoint_of(host.snapshot(), pod)
    (_,) = invoke_calls(HereSession(host), [hns.set_policies("add", there, (*there.policies, policy))])
    return endpoint_of(host.snapshot(), pod)


def endpoint_of(facts: Facts, pod: str) -> Endpoint:
    container = next(item for item in facts.containers if item.name.startswith(pod))
    return facts.endpoints_of(container)[0]


def test_each_chosen_pod_is_redirected_and_proved_from_inside(host: EmulatedHost) -> None:
    session = HereSession(host)
    before = host.snapshot()
    apply(session, wanted(), pace=QUICK)
    proof = verify(session, wanted())
    assert proof.ok
    chosen = {pod.full_name for pod in before.pods if pod.labels["app"] == "web" or pod.name.startswith("worker-")}
    assert {client.client for client in proof.clients} == chosen


def test_only_policies_of_the_chosen_endpoints_and_the_proxys_route_change(host: EmulatedHost) -> None:
    before = host.snapshot()
    apply(HereSession(host), wanted(), pace=QUICK)
    after = host.snapshot()
    assert [replace(item, policies=()) for item in after.endpoints] == [
        replace(item, policies=()) for item in before.endpoints
    ]
    assert (after.networks, after.containers, after.pods) == (before.networks, before.containers, before.pods)
    kept = [item.policies[: len(old.policies)] for item, old in zip(after.endpoints, before.endpoints, strict=True)]
    assert kept == [old.policies for old in before.endpoints]


def test_destroy_takes_away_hnskits_policies_and_route_alone(host: EmulatedHost) -> None:
    before, journal = host.snapshot(), MemoryJournal()
    apply(HereSession(host), wanted(), journal=journal, pace=QUICK)
    outcome = destroy(HereSession(host), wanted(), made=journal.made, journal=journal, pace=QUICK)
    assert outcome.nothing_left
    assert host.snapshot() == before


def test_a_second_apply_has_nothing_to_do(host: EmulatedHost) -> None:
    journal = MemoryJournal()
    apply(HereSession(host), wanted(), journal=journal, pace=QUICK)
    assert plan(wanted(), host.snapshot(), made=journal.made).pending == ()


def test_without_a_journal_destroy_takes_nothing_off_a_pods_endpoint(host: EmulatedHost) -> None:
    apply(HereSession(host), wanted(), pace=QUICK)
    redirected = host.snapshot().endpoints
    destroy(HereSession(host), wanted(), pace=QUICK)
    assert host.snapshot().endpoints == redirected


def test_a_pod_that_comes_again_is_redirected_by_the_next_apply(host: EmulatedHost) -> None:
    journal = MemoryJournal()
    apply(HereSession(host), wanted(), journal=journal, pace=QUICK)
    engine = host._containerd
    old = next(item for item in engine.sandboxes if item.name.startswith("web-"))
    engine.end_pod(old)
    run_pod(host, "web")
    again = apply(HereSession(host), wanted(), made=journal.made, journal=journal, pace=QUICK)
    assert [result.step.kind for result in again.done] == ["policy"]
    assert verify(HereSession(host), wanted()).ok


def test_a_proxy_pod_that_comes_again_gets_the_redirects_of_all(host: EmulatedHost) -> None:
    journal = MemoryJournal()
    apply(HereSession(host), wanted(), journal=journal, pace=QUICK)
    engine = host._containerd
    old = next(item for item in engine.sandboxes if item.name.startswith("metadata-proxy"))
    engine.renew(old, WantedPod("identity", "metadata-proxy", "metadata-proxy", "docker.io/library/metadata-proxy:1.0",
                                ("metadata-proxy.exe",)))  # fmt: skip
    apply(HereSession(host), wanted(), made=journal.made, journal=journal, pace=QUICK)
    assert verify(HereSession(host), wanted()).ok
    counts = [len(item.proxies) for item in host.snapshot().endpoints]
    assert max(counts) == 1


def test_a_pod_that_vanishes_in_the_middle_is_no_failure_while_others_are_left(host: EmulatedHost) -> None:
    session, engine = HereSession(host), host._containerd
    gone = next(item for item in engine.sandboxes if item.name.startswith("web-"))

    def vanish(call: Any) -> None:
        if call["id"] == f"step: update policy {gone.namespace}/{gone.name}" and gone in engine.sandboxes:
            engine.end_pod(gone)

    session.before_call = vanish
    outcome = apply(session, wanted(), pace=QUICK)
    assert gone not in engine.sandboxes
    assert all(gone.name not in result.step.name for result in outcome.done)
    assert verify(HereSession(host), wanted()).ok


def test_the_last_pod_of_a_choice_that_vanishes_stops_with_a_sentence(host: EmulatedHost) -> None:
    session, engine = HereSession(host), host._containerd
    gone = next(item for item in engine.sandboxes if item.name.startswith("web-"))
    only = wanted(f"pods=[{{namespace: default, name: {gone.name}}}]")

    def vanish(call: Any) -> None:
        if call["id"].startswith("step: update policy") and gone in engine.sandboxes:
            engine.end_pod(gone)

    session.before_call = vanish
    with pytest.raises(StepError, match="no ready pod of this host is one of these"):
        apply(session, only, pace=QUICK)


def test_a_pod_that_vanishes_while_it_is_asked_is_told_so(host: EmulatedHost) -> None:
    """Its sentence says what to do; the others are proved, and nothing is changed by the proof."""
    apply(HereSession(host), wanted(), pace=QUICK)
    session, engine = HereSession(host), host._containerd
    gone = next(item for item in engine.sandboxes if item.name.startswith("web-"))

    def vanish(call: Any) -> None:
        if call["id"].startswith(f"request from {gone.namespace}/{gone.name}"):
            engine.end_pod(gone)

    session.before_call = vanish
    proofs = {client.client: client for client in verify(session, wanted()).clients}
    assert [name for name, proof in proofs.items() if not proof.ok] == [f"{gone.namespace}/{gone.name}"]
    assert "its container went meanwhile: verify again" in proofs[f"{gone.namespace}/{gone.name}"].checks[0].seen


@pytest.mark.parametrize(
    ("when", "said"), [("system", "no ready pod of this host is the proxy"), ("log", "it could not be read: FATA")]
)
def test_a_proxy_pod_that_vanishes_is_told_where_its_log_is_read(host: EmulatedHost, when: str, said: str) -> None:
    apply(HereSession(host), wanted(), pace=QUICK)
    session, engine = HereSession(host), host._containerd
    gone = next(item for item in engine.sandboxes if item.name.startswith("metadata-proxy"))

    def vanish(call: Any) -> None:
        if call["id"] == when:
            engine.end_pod(gone)

    session.before_call = vanish
    checks = {check.name: check.seen for check in verify(session, wanted()).clients[0].checks}
    assert checks["log"].startswith(said)


def test_a_host_process_pod_is_refused_in_words(host: EmulatedHost) -> None:
    chosen = wanted("pods=[{namespace: kube-system}]")
    (step,) = plan(chosen, host.snapshot()).refused
    assert "HostProcess" in step.reason
    with pytest.raises(PreflightError, match="HostProcess"):
        apply(HereSession(host), chosen, pace=QUICK)


def test_a_pod_that_hyperv_isolates_is_refused(host: EmulatedHost) -> None:
    run_pod(host, "isolated", handler=HYPERVISOR)
    (step,) = plan(wanted("pods=[{name: isolated-*}]"), host.snapshot()).refused
    assert "Hyper-V" in step.reason


def test_a_pod_that_hyperv_isolates_is_refused_where_ctr_alone_tells_of_it(host: EmulatedHost) -> None:
    """ctr knows no runtime handler: the options of the shim have it."""
    host.set_fault("crictl_missing", True)
    run_pod(host, "isolated", handler=HYPERVISOR)
    (step,) = plan(wanted("pods=[{name: isolated-*}]"), host.snapshot()).refused
    assert "Hyper-V" in step.reason


def test_pods_whose_ids_begin_alike_are_refused_where_hns_lists_the_beginning_alone(host: EmulatedHost) -> None:
    """Each would be given the endpoint of whichever namespace comes last."""
    facts = host.snapshot()
    web, worker = (next(pod for pod in facts.pods if pod.name.startswith(name)) for name in ("web-", "worker-"))
    alike = web.id[:8] + worker.id[8:]
    short = {web.id: web.id[:8], worker.id: web.id[:8]}
    namespaces = tuple(
        replace(item, containers=tuple(short[id] for id in item.containers if id in short) or item.containers)
        for item in facts.namespaces
    )
    pods = tuple(replace(pod, id=alike) if pod is worker else pod for pod in facts.pods)
    inside = tuple(replace(item, pod_id=alike) if item.pod_id == worker.id else item for item in facts.containers)
    refused = plan(wanted(), replace(facts, pods=pods, containers=inside, namespaces=namespaces)).refused
    assert {step.name for step in refused} == {web.full_name, worker.full_name}
    assert all("which namespace is its own is not known" in step.reason for step in refused)


def test_the_beginning_of_an_id_gives_another_pod_no_endpoint(host: EmulatedHost) -> None:
    """A HostProcess pod whose id begins like that of a pod of HNS' lists."""
    facts = host.snapshot()
    web = next(pod for pod in facts.pods if pod.name.startswith("web-"))
    node = next(pod for pod in facts.pods if pod.namespace == "kube-system")
    alike = web.id[:8] + node.id[8:]
    namespaces = tuple(
        replace(item, containers=(web.id[:8],) if web.id in item.containers else item.containers)
        for item in facts.namespaces
    )
    pods = tuple(replace(pod, id=alike) if pod is node else pod for pod in facts.pods)
    inside = tuple(replace(item, pod_id=alike) if item.pod_id == node.id else item for item in facts.containers)
    now = replace(facts, pods=pods, containers=inside, namespaces=namespaces)
    container = next(item for item in now.containers if item.pod_id == alike)
    assert now.endpoints_of(container) == ()


@pytest.mark.parametrize("kind", ["nat", "Transparent"])
def test_a_cni_without_vfp_is_refused(host: EmulatedHost, kind: str) -> None:
    facts = host.snapshot()
    moved = replace(facts, networks=tuple(replace(item, type=kind) for item in facts.networks))
    refused = plan(wanted(*PROXY_AT), moved).refused
    assert refused
    assert all("second endpoint" in step.reason and kind in step.reason for step in refused)


def test_an_address_by_itself_can_be_the_proxy() -> None:
    """Its log is nobody's to read, so that the proof has to be a header or the body."""
    host = node()
    facts = host.snapshot()
    address = endpoint_of(facts, "identity/metadata-proxy").address
    apply(HereSession(host), wanted(), pace=QUICK)  # its route
    chosen = wanted(f"proxy={{address: {address}}}", *PROXY_AT[1:])
    assert not plan(chosen, host.snapshot()).refused
    assert verify(HereSession(host), chosen).ok


def test_a_block_acl_for_what_is_redirected_is_refused_as_unconfirmed(host: EmulatedHost) -> None:
    acl = {"Action": "Block", "Direction": "Out", "RemoteAddresses": "169.254.169.254/32", "RemotePorts": "80",
           "Protocols": "6", "Priority": 200, "RuleType": "Switch"}  # fmt: skip
    add(host, "default/web-", Policy("ACL", acl))
    (step,) = plan(wanted(), host.snapshot()).refused
    assert "UNCONFIRMED" in step.reason
    assert "blocks 169.254.169.254:80" in step.reason


def test_a_block_acl_on_the_proxys_own_endpoint_is_refused_unless_it_needs_no_route(host: EmulatedHost) -> None:
    acl = {"Action": "Block", "Direction": "Out", "RemoteAddresses": "169.254.169.254/32", "Priority": 200}
    add(host, "identity/metadata-proxy", Policy("ACL", acl))
    (step,) = plan(wanted(), host.snapshot()).refused
    assert "the proxy would not reach it" in step.reason
    assert not plan(wanted("proxy.route=false"), host.snapshot()).refused


@pytest.mark.parametrize("by", ["pod", "address"])
def test_an_address_that_two_endpoints_hold_is_no_proxy(host: EmulatedHost, by: str) -> None:
    """Which of them answers is not known (containerd fact 37)."""
    facts = host.snapshot()
    address, other = endpoint_of(facts, "identity/metadata-proxy").address, endpoint_of(facts, "default/billing")
    twice = tuple(replace(item, address=address) if item is other else item for item in facts.endpoints)
    chosen = wanted() if by == "pod" else wanted(f"proxy={{address: {address}}}", *PROXY_AT[1:])
    (step,) = plan(chosen, replace(facts, endpoints=twice)).refused
    assert "which of them answers is not known" in step.reason


def test_a_redirect_of_others_for_the_same_is_refused_and_left(host: EmulatedHost) -> None:
    theirs = add(host, "default/web-", hns_json.proxy_policy("10.240.1.99:8080", "169.254.169.254", 80))
    (step,) = plan(wanted(), host.snapshot()).refused
    assert "no journal says that hnskit put it there" in step.reason
    with pytest.raises(PreflightError):
        apply(HereSession(host), wanted(), pace=QUICK)
    assert theirs in host.snapshot().endpoints


def test_a_redirect_made_by_hand_is_adopted_and_then_kept(host: EmulatedHost) -> None:
    address = endpoint_of(host.snapshot(), "identity/metadata-proxy").address
    add(host, "default/web-", hns_json.proxy_policy(f"{address}:80", "169.254.169.254", 80))
    assert [step.kind for step in plan(wanted(), host.snapshot()).adopted] == ["policy"]
    before, journal = host.snapshot(), MemoryJournal()
    apply(HereSession(host), wanted(), journal=journal, adopt=True, pace=QUICK)
    destroy(HereSession(host), wanted(), made=journal.made, journal=journal, pace=QUICK)
    assert host.snapshot() == before


def test_two_pods_that_could_be_the_proxy_are_a_question(host: EmulatedHost) -> None:
    (step,) = plan(wanted("proxy.pod={namespace: default, labels: {app: web}}"), host.snapshot()).refused[:1]
    assert step.kind == "proxy"
    assert "the proxy must be one alone: default/web-" in step.reason


def test_a_choice_that_no_pod_fits_is_refused_with_its_words(host: EmulatedHost) -> None:
    (step,) = plan(wanted("pods=[{namespace: nowhere, labels: {app: web}}]"), host.snapshot()).refused
    assert step.title == "nowhere/* with app=web"


def test_the_proxy_is_not_redirected_to_itself_by_a_wide_choice(host: EmulatedHost) -> None:
    steps = plan(wanted("pods=[{namespace: identity}, {namespace: default}]"), host.snapshot()).steps
    assert all("metadata-proxy" not in step.name for step in steps if step.kind == "policy")


def test_a_node_without_tools_is_refused_with_the_next_step(host: EmulatedHost) -> None:
    bare = replace(host.snapshot(), containerd=None, pods=(), containers=())
    (step,) = plan(wanted(), bare).refused
    assert "neither crictl.exe nor ctr.exe" in step.reason


def test_policies_of_other_parameters_stay_and_are_named(host: EmulatedHost) -> None:
    journal = MemoryJournal()
    apply(HereSession(host), wanted(), journal=journal, pace=QUICK)
    narrow = wanted("pods=[{namespace: default, labels: {app: web}}]")
    outcome = destroy(HereSession(host), narrow, made=journal.made, journal=journal, pace=QUICK)
    kept = [step for step in outcome.plan.steps if step.action is Action.NONE and "other parameters" in step.reason]
    assert {step.name.split("-")[0] for step in kept} == {"default/worker"}
    assert outcome.left
    assert all(item.reason for item in outcome.left)


def test_before_a_teardown_each_redirect_that_goes_is_asked_about(host: EmulatedHost) -> None:
    """The endpoints stay, and what their pods ask goes to the real service again."""
    journal = MemoryJournal()
    apply(HereSession(host), wanted(), journal=journal, pace=QUICK)
    going = plan_destroy(wanted(), host.snapshot(), made=journal.made)
    count = sum(step.kind == "policy" for step in going.pending)
    assert count > 1
    assert removal_question(going) == f"Remove {count + 1} objects from emulator://lab ({count} policies, 1 route)?"
    assert removal_question(plan(wanted(), node().snapshot())) == ""


def test_the_proxy_gets_its_route_though_a_choice_of_clients_fits_no_pod(host: EmulatedHost) -> None:
    """The part of the proxy by itself: a client that went for a moment is none of its business."""
    nobody = wanted("pods[0].labels={app: none}")
    alone = plan(nobody, host.snapshot(), parts=[Part.PROXY])
    assert [step.kind for step in alone.pending] == ["route"]
    assert not alone.refused
    whole = plan(nobody, host.snapshot())
    assert [step.kind for step in whole.refused] == ["pods"]
    assert not any(step.kind == "policy" for step in whole.steps)
