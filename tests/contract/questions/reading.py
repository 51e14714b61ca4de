"""Questions that only read."""

from __future__ import annotations

import re
from functools import partial

from tests.contract.questions.asking import QUESTIONS, Question, World, members, question

NOWHERE = "00000000-0000-0000-0000-00000000dead"
reads = partial(question, changes=False)


@reads("HNS, not known: bytes of answers", "Major, Minor", settles="HNS N2")
def members_of_the_version(w: World) -> str:
    """What does GET /globals/version print?"""
    return members(w.hns("GET", "/globals/version"))


@reads("HNS fact 11", "Success, Output", settles="HNS N2")
def envelope_of_the_version(w: World) -> str:
    """Which members does its envelope have?"""
    return members(w.envelope("GET", "/globals/version"))


_PATHS = (
    ("answer_of_activities", "HNS, not known: bytes of answers", "0x80004001", "/activities/",
     "Does GET /activities answer?"),
    ("answer_of_compartments", "HNS, not known: bytes of answers", "0x80004001", "/compartments/",
     "Does GET /compartments answer?"),
    ("answer_of_plugins", "HNS, not known: bytes of answers", "0x80004001", "/plugins/",
     "Does GET /plugins answer?"),
    ("answer_of_portpools", "HNS, not known: bytes of answers", "0x80004001", "/portpools/",
     "Does GET /portpools answer?"),
    ("a_path_that_is_nothing", "HNS fact 6", "0x80070057", "/hnskit-nothing/",
     "What is said of a path that does not exist?"),
    ("a_path_in_another_letter_case", "HNS fact 6", "taken", "/Networks/",
     "Is /Networks the same as /networks?"),
    ("a_network_that_is_not_there", "HNS facts 13, 74", "0x80070490", f"/networks/{NOWHERE}",
     "Which code has GET of a network that does not exist?"),
    ("a_policy_list_that_is_not_there", "HNS facts 13, 74", "0x80070490", f"/policylists/{NOWHERE}",
     "Which code has GET of a policy list that does not exist?"),
    ("a_namespace_that_is_not_there", "containerd fact 17", "0x80070490", f"/namespaces/{NOWHERE}",
     "Which code has GET of a namespace that does not exist?"),
    ("an_id_that_is_no_guid", "HNS fact 9", "0x80070490", "/endpoints/hnskit",
     "Which code has GET of an endpoint whose id is a word?"),
    ("members_of_endpoint_statistics", "HNS, not known: bytes of answers", "0x80070490", f"/endpointstats/{NOWHERE}",
     "What does GET /endpointstats/ID of an endpoint that does not exist say?"),
)  # fmt: skip
"""A question's name, source, believed answer, the path that is asked for, and the question."""

_SETTLES = {"answer_of_activities": "HNS N2", "answer_of_compartments": "HNS N2"}


def _answer_at(path: str, w: World) -> str:
    return w.said("GET", path)


QUESTIONS.extend(
    Question(name, source, believed, partial(_answer_at, path), False, words, _SETTLES.get(name, ""))
    for name, source, believed, path, words in _PATHS
)


@reads("HNS fact 9", "0x80070490")
def an_id_in_braces(w: World) -> str:
    """Is an id taken in braces?"""
    network = w.hns("GET", "/networks/")[0]["ID"]
    return w.said("GET", f"/networks/{{{network}}}")


@reads("HNS fact 60", "0x80070490")
def v2_of_an_endpoint_that_is_not_there(w: World) -> str:
    """Which code has HcnOpenEndpoint of an id that does not exist?"""
    return w.said_by_v2("QueryEndpoint", NOWHERE, {"SchemaVersion": {"Major": 2, "Minor": 0}})


@reads("HNS fact 60", "0x80070490")
def v2_of_a_network_that_is_not_there(w: World) -> str:
    """Which code has HcnOpenNetwork of an id that does not exist?"""
    return w.said_by_v2("QueryNetwork", NOWHERE, {"SchemaVersion": {"Major": 2, "Minor": 0}})


@reads(
    "docs/conformance.md, from memory", "ID, Name, Type, Policies, MacPool, Dns, Ipams, Flags, Health, SchemaVersion"
)
def members_of_a_v2_network(w: World) -> str:
    """Which members has a network in the v2 form, and in which order?"""
    network = next(item for item in w.hns("GET", "/networks/") if item["Type"].lower() == "nat")
    return members(w.v2("network", network["ID"]))


@reads("HNS fact 82", "none")
def hosts_view_of_container_addresses(w: World) -> str:
    """Which addresses of containers does the host list?"""
    seen = {row["IPAddress"] for row in w.rows("Get-HnskitAddress")}
    inside = [
        item["IPAddress"]
        for item in w.hns("GET", "/endpoints/")
        if item["State"] in (2, 3) and item.get("SharedContainers")
    ]
    return "some" if seen & set(inside) else "none"


@reads("HNS, not known: bytes of answers", '{"Success":true,"Output":{"Major":n,"Minor":n}}', settles="HNS N2")
def text_of_the_version(w: World) -> str:
    """What is the answer of GET /globals/version, letter for letter, each number as n?"""
    return re.sub(r"\d+", "n", w.text("GET", "/globals/version"))
