"""Where containerd runs containers beside Docker, or in place of it: only Docker's are hnskit's to make and remove."""

from __future__ import annotations

from dataclasses import replace

from hnskit.facts.host_facts import Facts
from hnskit.model.objects import Container, Image
from hnskit.model.runtime_objects import ContainerdVersion
from hnskit.params.desired import LABEL
from hnskit.planning.setup import plan
from hnskit.planning.teardown import plan_destroy
from tests import sample_facts

NAME = "hnskit-client1"


def beside(facts: Facts) -> Facts:
    """The same host, with a container and an image of ctr that have our names and our label."""
    network = sample_facts.desired().network.name
    (image,) = sample_facts.fresh().images
    theirs = Container("ab" * 32, NAME, image.name, image.id, "running", runtime="containerd", labels={LABEL: network})
    images = (Image(image.id, "hnskit/proxy:1", runtime="containerd", runtime_namespace="default"), *facts.images)
    return replace(facts, containers=(theirs, *facts.containers), images=images, containerd=ContainerdVersion("1.7.0"))


def test_a_container_of_ctr_with_our_name_is_not_taken_for_ours() -> None:
    alone, both = (plan(sample_facts.desired(), host) for host in (sample_facts.fresh(), beside(sample_facts.fresh())))
    assert [step.id for step in both.pending] == [step.id for step in alone.pending]


def test_an_image_of_containerd_with_our_name_is_not_taken_for_ours() -> None:
    host = sample_facts.fresh()
    (image,) = host.images
    moved = replace(host, images=(replace(image, runtime="containerd"),), containerd=ContainerdVersion("1.7.0"))
    assert not any(image.name in step.name for step in plan(sample_facts.desired(), host).refused)
    assert any(image.name in step.name for step in plan(sample_facts.desired(), moved).refused)


def test_teardown_leaves_a_container_of_ctr_with_our_label() -> None:
    """Its label says what is not so: Docker's label is the one that hnskit sets."""
    alone, both = (
        plan_destroy(sample_facts.desired(), host, by_name=True)
        for host in (sample_facts.complete(), beside(sample_facts.complete()))
    )
    assert [step.id for step in both.pending] == [step.id for step in alone.pending]
    assert "ab" * 32 not in {step.object_id for step in both.pending}
