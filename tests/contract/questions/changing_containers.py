"""Questions about containers: their compartments, and what becomes of an endpoint when they stop."""

from __future__ import annotations

import json

from tests.contract.questions.asking import World, question


@question("HNS fact 80", "one more")
def a_compartment_without_a_network(w: World) -> str:
    """Has a container that was started without a network a compartment?"""
    return "one more" if w.compartment(w.container()) else "none"


@question("HNS fact 81", "gone")
def the_compartment_of_a_stopped_container(w: World) -> str:
    """What becomes of the compartment of a container that is stopped?"""
    number = w.compartment(name := w.container())
    w.docker("stop", name)
    return "there" if any(row["Id"] == number for row in w.rows("Get-HnskitCompartment")) else "gone"


@question("HNS fact 81", "2")
def the_endpoint_of_a_stopped_container(w: World) -> str:
    """Which State has the endpoint of a container that is stopped?"""
    id, name = w.make()["ID"], w.container()
    w.attach(id, w.compartment(name))
    w.docker("stop", name)
    return str(w.get(id)["State"])


@question("HNS fact 81", "another")
def the_compartment_after_a_restart(w: World) -> str:
    """Has a container the same compartment after a restart?"""
    before = w.compartment(name := w.container())
    w.docker("stop", name)
    w.docker("start", name)
    return "the same" if w.compartment(name) == before else "another"


@question("HNS fact 81", "0x803B0014")
def attach_after_a_restart(w: World) -> str:
    """What does attach to the new compartment say while the endpoint is bound to the old one?"""
    id, name = w.make()["ID"], w.container()
    w.attach(id, w.compartment(name))
    w.docker("stop", name)
    w.docker("start", name)
    return w.said("POST", f"/endpoints/{id}/attach", {"SystemType": "Host", "CompartmentId": w.compartment(name)})


@question("HNS fact 77", "there")
def the_endpoint_of_a_removed_container(w: World) -> str:
    """What becomes of an endpoint whose container Docker removes?"""
    id, name = w.make()["ID"], w.container()
    w.attach(id, w.compartment(name))
    w.docker("rm", "--force", name)
    return "there" if any(item["ID"].lower() == id.lower() for item in w.hns("GET", "/endpoints/")) else "gone"


@question("HNS, checklist: docker inspect", "none")
def networks_of_a_container_without_one(w: World) -> str:
    """Which networks does docker inspect show of a container without one, whose endpoint HNS has?"""
    id, name = w.make()["ID"], w.container()
    w.attach(id, w.compartment(name))
    (shown,) = json.loads(w.docker("inspect", "--type", "container", name)["StdOut"])
    return ", ".join(shown["NetworkSettings"]["Networks"]) or "no key"


@question("HNS fact 84", "answered")
def the_client_without_a_route(w: World) -> str:
    """Is the client's request answered without a route of its own to 169.254.169.254? It has none of hnskit's."""
    return "answered" if w.answered() else "not answered"
