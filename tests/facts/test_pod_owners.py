"""A container of containerd is found by any of its names and ids, and its compartment by its namespace."""

from __future__ import annotations

from typing import Any

import pytest

from hnskit.facts.compartment_owners import CompartmentOwners
from hnskit.facts.host_facts import Facts, lists_container
from hnskit.model.objects import Container, Namespace
from hnskit.model.runtime_objects import Pod

POD, WEB, SIDE = "a" * 64, "b" * 64, "c" * 64


def pod_container(id: str, name: str, **more: Any) -> Container:
    fields: dict[str, Any] = {"runtime_namespace": "k8s.io", "pod_id": POD, **more}
    return Container(id, f"default/web-1/{name}", "", "", "running", runtime="containerd", **fields)


def facts(*containers: Container, listed: tuple[str, ...] = (POD, POD, WEB)) -> Facts:
    namespace = Namespace("0A1B-GUID", compartment_id=7, guid="G", containers=tuple(dict.fromkeys(listed)))
    return Facts("x", namespaces=(namespace,), containers=containers, pods=(Pod(POD, "web-1", ready=True),))


@pytest.mark.parametrize("text", ["default/web-1/web", WEB, WEB[:12], "web"])
def test_one_container_by_name_id_or_the_beginning_of_an_id(text: str) -> None:
    found = facts(pod_container(WEB, "web"), pod_container(SIDE, "side")).containers_called(text)
    assert [item.id for item in found] == [WEB]


@pytest.mark.parametrize("text", ["default/web-1", "web-1", POD, POD[:13]])
def test_a_pod_stands_for_its_containers(text: str) -> None:
    found = facts(pod_container(WEB, "web"), pod_container(SIDE, "side")).containers_called(text)
    assert [item.id for item in found] == [WEB, SIDE]


def test_the_beginning_of_two_ids_is_both() -> None:
    two = [Container("d" * 20 + end, end, "", "", "running") for end in ("1", "2")]
    assert len(Facts("x", containers=tuple(two)).containers_called("d" * 12)) == 2


def test_a_few_letters_are_no_id() -> None:
    assert facts(pod_container(WEB, "web")).containers_called("bbb") == ()


@pytest.mark.parametrize("listed", [(WEB,), (POD,), (WEB[:12],)])
def test_the_namespace_is_found_by_the_ids_that_hns_lists(listed: tuple[str, ...]) -> None:
    host = facts(pod_container(WEB, "web"), listed=listed)
    assert CompartmentOwners(host).compartment_of(host.containers[0]) == 7


def test_a_few_letters_that_hns_lists_are_no_beginning_of_an_id() -> None:
    short, long = (facts(pod_container(WEB, "web"), listed=(WEB[:count],)) for count in (7, 8))
    assert not lists_container(short.namespaces[0], short.containers[0])
    assert lists_container(long.namespaces[0], long.containers[0])


def test_what_the_runtime_says_of_the_namespace_comes_before_what_hns_lists() -> None:
    host = facts(pod_container(WEB, "web", network_namespace="0a1b-guid"), listed=())
    compartment = host.compartment_of(host.containers[0])
    assert compartment is not None
    assert (compartment.id, compartment.guid) == (7, "G")


def test_a_container_of_docker_is_in_no_namespace() -> None:
    host = facts(Container(WEB, "web", "", "", "running"))
    assert host.namespace_of(host.containers[0]) is None
