"""Tables of a node: pods and namespaces."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from hnskit.emulator.host import create_host
from hnskit.facts.host_facts import Facts
from hnskit.views import frames
from hnskit.views.table import View


@pytest.fixture(scope="module")
def facts() -> Facts:
    return create_host("node", "ws2022", {"runtime": "containerd", "cut_seconds": 0, "seed": 1}).snapshot()


def test_a_row_of_pods_has_its_address_and_compartment(facts: Facts) -> None:
    row = frames.pods(facts).set_index("pod").loc[next(pod.full_name for pod in facts.pods if "web" in pod.name)]
    (endpoint,) = facts.endpoints_of(facts.containers_called("web")[0])
    assert (row["address"], row["compartment"], row["containers"]) == (endpoint.address, endpoint.compartment_id, "web")
    assert row["ready"]


def test_a_host_process_pod_has_neither(facts: Facts) -> None:
    frame = frames.pods(facts)
    row = frame[frame["pod"].str.startswith("kube-system/")].iloc[0]
    assert (row["address"], row["network_namespace"]) == ("", "")
    assert frame["compartment"].isna().sum() == 1


def test_a_row_of_namespaces_names_pod_container_and_endpoint(facts: Facts) -> None:
    frame = frames.namespaces(facts)
    web = facts.containers_called("web")[0]
    row = frame[frame["containers"] == web.name].iloc[0]
    assert row["pods"] == web.name.rpartition("/")[0]
    assert row["endpoints"] == f"{web.pod_id}_cbr0"


def test_tables_of_a_host_without_pods_are_empty_with_the_same_columns(facts: Facts) -> None:
    empty = Facts(target="emulator://x")
    for name in ("pods", "namespaces"):
        assert frames.TABLES[name](empty).dtypes.to_dict() == frames.TABLES[name](facts).dtypes.to_dict()
        assert len(frames.TABLES[name](empty)) == 0


def test_a_person_reads_short_ids_in_an_endpoints_name_and_finds_the_whole_one_in_the_tooltip(facts: Facts) -> None:
    """The frame has the name whole: that is what commands and --json take."""
    frame = frames.pods(facts)
    web = facts.containers_called("web")[0]
    whole = f"{web.pod_id}_cbr0"
    shown = f"{web.pod_id[:12]}…_cbr0"
    assert whole in set(frame["endpoint"])
    assert shown in View(frame).to_text()
    assert whole not in View(frame).to_text()
    assert f'<span title="{whole}">{shown}</span>' in View(frame).to_html()


def test_a_long_table_of_pods_has_the_whole_name_in_the_tooltip(facts: Facts) -> None:
    frame = pd.concat([frames.pods(facts)] * 20, ignore_index=True)
    whole = f"{facts.containers_called('web')[0].pod_id}_cbr0"
    assert f'"{whole}"' in View(frame).to_html()


def test_the_labels_by_which_parameters_choose_a_pod_are_in_its_row(facts: Facts) -> None:
    frame = frames.pods(facts)
    assert frame[frame["pod"].str.startswith("identity/")].iloc[0]["labels"].splitlines() == ["app=metadata-proxy"]


def test_an_id_that_is_a_name_is_shown_whole() -> None:
    """ctr's ids are what somebody called the containers: two of them may begin alike."""
    frame = pd.DataFrame({"name": ["hnskit-client1", "hnskit-client2"], "id": ["hnskit-client1", "hnskit-client2"]})
    assert View(frame.astype("str")).to_text().split()[2:] == ["hnskit-client1"] * 2 + ["hnskit-client2"] * 2


def test_a_policy_s_row_names_the_pod_whose_endpoint_has_it(facts: Facts) -> None:
    """The endpoint's own name begins with 64 digits."""
    frame = frames.policies(facts)
    web = facts.containers_called("web")[0]
    assert set(frame[frame["name"] == f"{web.pod_id}_cbr0"]["container"]) == {web.name}
    assert set(frame[frame["name"] == "cbr0_ep"]["container"]) == {"the host"}


@pytest.mark.parametrize(("table", "column"), [("pods", "network_namespace"), ("namespaces", "namespace")])
def test_the_id_of_a_namespace_is_short_as_other_ids_are(facts: Facts, table: str, column: str) -> None:
    """A whole GUID took four lines of each row on a narrow page."""
    frame = frames.TABLES[table](facts)
    whole = next(value for value in frame[column] if value)
    assert whole not in View(frame).to_text()
    assert f'<span title="{whole}">{whole[:8]}</span>' in View(frame).to_html()


def test_an_endpoint_of_a_pod_with_two_containers_is_the_pods(facts: Facts) -> None:
    """Which of the two had stood there was chance."""
    web = facts.containers_called("web")[0]
    pod = web.name.rpartition("/")[0]
    second = replace(web, id="7" * 64, name=f"{pod}/sidecar")
    both = replace(facts, containers=(*facts.containers, second))
    for table, column in (("endpoints", "container"), ("policies", "container"), ("compartments", "whose")):
        found = set(frames.TABLES[table](both)[column])
        assert pod in found
        assert not found & {web.name, second.name}


@pytest.mark.parametrize(("id", "shown"), [("e33678f1" * 8, "e33678f1"), ("hnskit-proxy", "hnskit-proxy")])
def test_the_id_of_a_route_is_that_of_its_container_without_the_moment(id: str, shown: str) -> None:
    frame = pd.DataFrame({"id": [f"{id} 2026-11-28T10:03:50.5498800Z"]}).astype("str")
    assert View(frame).to_text().split() == ["id", shown]


def test_what_is_gone_is_named_by_short_ids(facts: Facts) -> None:
    """As the rows of the table were that had it before."""
    before = frames.endpoints(facts)
    web = facts.containers_called("web")[0]
    now = before[~before["name"].str.startswith(web.pod_id)]
    text = View(now, before=before).to_text()
    assert f"gone: {web.pod_id[:12]}…_cbr0" in text
    assert web.pod_id not in text
