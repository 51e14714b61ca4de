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


@question("HNS fact 81", "2", settles="HNS 81")
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


@question("HNS fact 81", "0x803B0014", settles="HNS 81")
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


@question("HNS fact 84", "answered", settles="HNS 84")
def the_client_without_a_route(w: World) -> str:
    """Is the client's request answered without a route of its own to 169.254.169.254? It has none of hnskit's."""
    return "answered" if w.answered() else "not answered"


@question("HNS fact 79", "\\Container_ID", settles="HNS N4")
def description_of_a_container_s_compartment(w: World) -> str:
    """Which CompartmentDescription has the compartment of a container, as Get-NetCompartment prints it?"""
    number = w.compartment(name := w.container())
    id = w.docker("inspect", "--format", "{{.Id}}", name)["StdOut"].strip()
    said = [str(row["Description"]) for row in w.rows("Get-HnskitCompartment") if row["Id"] == number]
    return ", ".join(said).replace(id, "ID") or "there is none"


@question("HNS fact 81", "the old one", settles="HNS 81")
def compartment_that_is_shown_after_a_stop(w: World) -> str:
    """Which compartment does an endpoint's allocator name after its container was stopped?"""
    id, name = w.make()["ID"], w.container()
    w.attach(id, number := w.compartment(name))
    w.docker("stop", name)
    allocators = w.get(id).get("Resources", {}).get("Allocators", [])
    shown = [item["CompartmendId"] for item in allocators if "CompartmendId" in item]
    return ", ".join("the old one" if item == number else str(item) for item in shown) or "none"


@question("HNS fact 81", "as many", settles="HNS 81")
def allocators_after_a_stop(w: World) -> str:
    """Has an endpoint as many allocators after its container was stopped?"""
    id, name = w.make()["ID"], w.container()
    w.attach(id, w.compartment(name))
    before = len(w.get(id).get("Resources", {}).get("Allocators", []))
    w.docker("stop", name)
    after = len(w.get(id).get("Resources", {}).get("Allocators", []))
    return "as many" if after == before else "none" if not after else f"{after} of {before}"


@question("HNS fact 81", "taken, taken", settles="HNS 81")
def detach_and_attach_after_a_restart(w: World) -> str:
    """Is an endpoint attached to the new compartment after it was detached from the old one?"""
    id, name = w.make()["ID"], w.container()
    w.attach(id, w.compartment(name))
    w.docker("stop", name)
    w.docker("start", name)
    detached = w.said("POST", f"/endpoints/{id}/detach", {"SystemType": "Host"})
    place = {"SystemType": "Host", "CompartmentId": w.compartment(name)}
    return f"{detached}, {w.said('POST', f'/endpoints/{id}/attach', place)}"


def _namespace(w: World) -> str:
    return str(w.hns("POST", "/namespaces", {"IsDefault": False})["ID"])


@question("containerd, section 11", "taken", settles="containerd N1")
def deletion_of_a_namespace_with_an_endpoint(w: World) -> str:
    """Is a namespace removed while an endpoint is in it?"""
    namespace, id = _namespace(w), w.make()["ID"]
    w.hns("POST", f"/namespaces/{namespace}/addresource", {"Type": "Endpoint", "Data": {"Id": id}})
    said = w.said("DELETE", f"/namespaces/{namespace}")
    if said != "taken":
        w.said("POST", f"/namespaces/{namespace}/removeresource", {"Type": "Endpoint", "Data": {"Id": id}})
        w.said("DELETE", f"/namespaces/{namespace}")
    return said


@question("containerd, section 11", "none", settles="containerd N1")
def endpoint_of_a_removed_namespace(w: World) -> str:
    """Which Namespace does an endpoint show after its namespace was removed?"""
    namespace, id = _namespace(w), w.make()["ID"]
    w.hns("POST", f"/namespaces/{namespace}/addresource", {"Type": "Endpoint", "Data": {"Id": id}})
    if (said := w.said("DELETE", f"/namespaces/{namespace}")) != "taken":
        w.said("POST", f"/namespaces/{namespace}/removeresource", {"Type": "Endpoint", "Data": {"Id": id}})
        w.said("DELETE", f"/namespaces/{namespace}")
        return said
    shown = str(w.get(id).get("Namespace", {}).get("ID", "none"))
    return "the removed one" if shown.lower() == namespace.lower() else shown


@question("containerd, section 11", "1")
def state_of_a_fresh_namespace(w: World) -> str:
    """Which State has a namespace that nothing is in?"""
    namespace = _namespace(w)
    w.after(w.said, "DELETE", f"/namespaces/{namespace}")
    return str(w.hns("GET", f"/namespaces/{namespace}").get("State", "none"))


@question("containerd, section 11", "1")
def state_of_a_namespace_with_an_endpoint(w: World) -> str:
    """Which State has a namespace that an endpoint is in, and no container?"""
    namespace, id = _namespace(w), w.make()["ID"]
    resource = {"Type": "Endpoint", "Data": {"Id": id}}
    w.hns("POST", f"/namespaces/{namespace}/addresource", resource)
    state = str(w.hns("GET", f"/namespaces/{namespace}").get("State", "none"))
    w.said("POST", f"/namespaces/{namespace}/removeresource", resource)
    w.said("DELETE", f"/namespaces/{namespace}")
    return state
