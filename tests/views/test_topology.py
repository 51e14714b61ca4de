"""The picture: what it shows, and that nothing lies over anything else."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest

from hnskit.emulator.host import create_host
from hnskit.facts.host_facts import Facts
from hnskit.model.hns_json import proxy_policy
from hnskit.model.objects import HOST_COMPARTMENT, Compartment, Network, Policy
from hnskit.params.desired import Desired
from hnskit.planning.chosen_pods import ChosenPods
from hnskit.views.topology import END_W, HOST_W, HOST_X, WIDTH, draw
from tests.sample_facts import (
    MADE_WITH,
    complete,
    container,
    desired,
    desired_by,
    endpoint,
    fresh,
    misspelt_policy,
    redirect_policy,
)

SVG = "{http://www.w3.org/2000/svg}"


def crowd(count: int) -> Facts:
    """The complete host with so many clients."""
    host = complete()
    names = [f"hnskit-client{number}" for number in range(1, count + 1)]
    return replace(
        host,
        endpoints=(
            *host.endpoints[:2],
            *(endpoint(n, f"10.0.1.{10 + i}", 10 + i, *MADE_WITH, redirect_policy()) for i, n in enumerate(names)),
        ),
        compartments=(
            *host.compartments[:2],
            *(Compartment(10 + i, f"\\Container_cid-{n}") for i, n in enumerate(names)),
        ),
        containers=(host.containers[0], *(container(n, "nanoserver:1809") for n in names)),
    )


def boxes(svg: str) -> list[tuple[float, float, float, float]]:
    """Left, top, right, bottom of every box."""
    found = ElementTree.fromstring(svg).iter(f"{SVG}rect")
    sides = [[float(box.get(name, "0")) for name in ("x", "y", "width", "height")] for box in found]
    return [(x, y, x + width, y + height) for x, y, width, height in sides]


@pytest.mark.parametrize("count", [2, 50])
def test_no_box_lies_over_another_or_outside(count: int) -> None:
    """With two clients and with fifty."""
    picture = draw(crowd(count), desired=desired())
    found = boxes(picture.svg())
    assert len(found) > 2 * count
    for one, other in combinations(found, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    assert all(
        left >= 0 and top >= 0 and right <= WIDTH and bottom <= picture.height for left, top, right, bottom in found
    )


def test_no_two_texts_of_a_line_meet() -> None:
    """Estimated with a generous width of a character, for the longest names that Docker allows."""
    long = "c" * 63
    host = replace(
        complete(),
        endpoints=(endpoint(long, "10.0.1.200", 5, redirect_policy(), WFP),),
        containers=(container(long, "i" * 80),),
    )
    lines: dict[str, list[tuple[float, float]]] = {}
    for text in ElementTree.fromstring(draw(host, desired=desired()).svg()).iter(f"{SVG}text"):
        x, wide = float(text.get("x", "0")), len(text.text or "") * 6.6
        span = (x - wide, x) if text.get("text-anchor") == "end" else (x, x + wide)
        lines.setdefault(text.get("y", ""), []).append(span)
    for spans in lines.values():
        ordered = sorted(spans)
        assert all(one[1] <= other[0] for one, other in pairwise(ordered)), ordered


def test_a_long_name_keeps_both_of_its_ends_and_stays_in_its_box() -> None:
    """Endpoints of pods have names of 64 digits, of which the first are often alike (containerd fact 31)."""
    name = "0123456789abcdef" * 4
    host = replace(complete(), endpoints=(endpoint(name, "10.0.1.20", None),))
    svg = draw(host, desired=desired()).svg()
    (shown,) = [text.text or "" for text in ElementTree.fromstring(svg).iter(f"{SVG}text") if "…" in (text.text or "")]
    head, _, tail = shown.partition("…")
    assert name.startswith(head)
    assert name.endswith(tail)
    assert len(tail) > 5
    assert sum(8.4 if one.isdigit() else 7.6 for one in shown) < END_W
    assert f"<title>{name}</title>" in svg


def test_a_redirected_client_has_a_path_to_its_proxy() -> None:
    """One dot on the lane for each client, and one lane."""
    svg = draw(complete(), desired=desired()).svg()
    assert len(re.findall(r'<path class="red" d="M332 ', svg)) == 2
    ways = re.findall(r'<path class="fwd" d="M332 (\d+)H300V(\d+)H324"/>', svg)
    # From the proxy to the gateway endpoint's own box, and from there to the host.
    assert len(ways) == 1
    assert f'<path class="fwd" d="M332 {int(ways[0][1]) - 16}H{HOST_X + HOST_W + 8}"/>' in svg


def test_a_client_that_should_be_redirected_and_is_not_is_marked() -> None:
    """Only where it is known what should be."""
    host = complete()
    bare = replace(host, endpoints=(*host.endpoints[:2], endpoint("hnskit-client1", "10.0.1.20", 5, *MADE_WITH)))
    assert "not redirected" in draw(bare, desired=desired()).text
    assert "not redirected" not in draw(bare).text


def test_a_misspelt_policy_draws_no_path() -> None:
    """HNS lists it, and it does nothing (HNS fact 47)."""
    host = complete()
    wrong = endpoint("hnskit-client1", "10.0.1.20", 5, misspelt_policy())
    picture = draw(replace(host, endpoints=(*host.endpoints[:2], wrong)), desired=desired())
    assert "misspelt proxy policy" in picture.text
    assert '<path class="red" d="M332' not in picture.svg()


WFP = Policy("L4WFPPROXY", {"OutboundProxyPort": "15001", "UserSID": "S-1-5-18"})


def test_other_kinds_of_redirect_are_named_and_lead_nowhere_in_the_picture() -> None:
    """An L4WFPPROXY on an endpoint, an L4Proxy of the network: what they do was not seen (HNS facts 51, 54)."""
    host = complete()
    odd = endpoint("hnskit-client1", "10.0.1.20", 5, *MADE_WITH, WFP)
    network = replace(host.networks[0], policies=(redirect_policy(),))
    picture = draw(replace(host, networks=(network,), endpoints=(*host.endpoints[:2], odd)), desired=desired())
    said = {line.strip().partition(" 10.")[0]: line for line in picture.text.splitlines()}
    wanted = "L4WFPPROXY outbound -> :15001 but S-1-5-18 (another kind of redirect, UNCONFIRMED)"
    assert wanted in said["endpoint hnskit-client1"]
    assert "not redirected" in said["endpoint hnskit-client1"]
    assert "PROXY 169.254.169.254:80 -> 10.0.1.136:80 NAT (another kind of redirect, UNCONFIRMED)" in picture.text
    svg = picture.svg()
    assert re.search(r">L4WFPPROXY</text>", svg)
    assert "other kinds of redirect" in svg
    assert "other kinds of redirect" not in draw(host, desired=desired()).svg()
    assert '<path class="red"' not in svg


def test_an_l4wfpproxy_does_not_hide_the_redirect_beside_it() -> None:
    """Both are said, and the path is the proxy policy's."""
    host = complete()
    both = endpoint("hnskit-client1", "10.0.1.20", 5, *MADE_WITH, redirect_policy(), WFP)
    picture = draw(replace(host, endpoints=(*host.endpoints[:2], both)), desired=desired())
    (line,) = [line for line in picture.text.splitlines() if "endpoint hnskit-client1" in line]
    assert ", PROXY 169.254.169.254:80, L4WFPPROXY outbound" in line
    assert '<path class="red"' in picture.svg()


def test_a_redirect_to_an_address_that_nobody_has_is_marked() -> None:
    """The proxy may have been made again, with another address."""
    host = complete()
    lost = endpoint("hnskit-client1", "10.0.1.20", 5, redirect_policy("10.0.1.99:80"))
    assert "redirected nowhere" in draw(replace(host, endpoints=(*host.endpoints[:2], lost))).text


def test_it_is_one_offline_element_that_takes_the_page_s_colour() -> None:
    """In JupyterLab's dark theme as in its light one; alone it asks the system."""
    bundle = draw(complete(), desired=desired())._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
    assert "currentColor" in bundle["text/html"]
    assert "prefers-color-scheme" not in bundle["text/html"]
    assert "prefers-color-scheme" in bundle["image/svg+xml"]
    assert not re.search(r'(href|src)="|url\(', bundle["text/html"])


def test_what_a_host_says_is_escaped() -> None:
    """A network's name is data, not SVG."""
    host = replace(fresh(), networks=(Network("n", "<b>&", "nat"),))
    ElementTree.fromstring(draw(host).svg())


def test_an_empty_host_can_be_drawn() -> None:
    """Nothing is there to draw, and that is not an error."""
    assert draw(Facts("emulator://lab")).text == "emulator://lab"


def test_a_path_is_drawn_alive_only_where_its_containers_run() -> None:
    """After a reboot HNS goes on saying Attached, and the containers have exited."""
    alive = complete()
    assert 'class="dead"' not in draw(alive).svg()
    assert "redirect: client -> proxy policy" in draw(alive).text
    ended = replace(
        alive,
        containers=tuple(replace(item, status="exited") for item in alive.containers),
        compartments=tuple(item for item in alive.compartments if item.id == HOST_COMPARTMENT),
    )
    shown = draw(ended)
    assert 'class="dead"' in shown.svg()
    assert "V" not in "".join(re.findall(r'class="(?:red|fwd)" d="([^"]*)"', shown.svg()))
    assert "attached to what has ended" in shown.text
    assert "redirect: dead" in shown.text


@pytest.fixture(scope="module")
def node() -> Facts:
    """A node with 110 pods, of which every other one is redirected."""
    return create_host("n", "ws2022", {"runtime": "containerd", "pods": 110, "seed": 3, "cut_seconds": 0}).snapshot()


def redirected(facts: Facts, names: tuple[str, ...]) -> Facts:
    """With a policy to the proxy's address on the endpoints of these pods."""
    chosen = ChosenPods(pods_desired(), facts)
    assert chosen.proxy is not None
    assert chosen.proxy.endpoint is not None
    policy = proxy_policy(f"{chosen.proxy.endpoint.address}:80", "169.254.169.254", 80)
    ids = {pod.endpoint.id for pod in chosen.clients if pod.endpoint and pod.pod.labels["app"] in names}
    put = (replace(item, policies=(*item.policies, policy)) if item.id in ids else item for item in facts.endpoints)
    return replace(facts, endpoints=tuple(put))


def pods_desired() -> Desired:
    return desired_by("pods")


def test_of_a_node_with_many_pods_the_redirected_ones_have_rows_and_the_rest_small_boxes(node: Facts) -> None:
    picture = draw(redirected(node, ("web", "worker")), desired=pods_desired())
    svg = picture.svg()
    assert svg.count("<circle") == 1 + svg.count("PROXY 169.254.169.254:80")
    assert "endpoints without a redirect" in svg
    shown = "".join(text.text or "" for text in ElementTree.fromstring(svg).iter(f"{SVG}text"))
    assert all(pod.full_name in shown for pod in node.pods if pod.namespace == "default")
    found = boxes(svg)
    for one, other in combinations(found, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    assert all(right <= WIDTH and bottom <= picture.height for _, _, right, bottom in found)
    assert picture.height < 80 * len(node.endpoints) / 2 + 200


def test_a_chosen_pod_that_is_not_redirected_is_marked(node: Facts) -> None:
    svg = draw(redirected(node, ("web",)), desired=pods_desired()).svg()
    workers = sum(pod.name.startswith("worker-") for pod in node.pods)
    assert workers > 0
    assert svg.count("not redirected") == workers


def test_the_pods_of_a_picture_stand_in_the_order_of_their_names(node: Facts) -> None:
    svg = draw(node).svg()
    places = [svg.index(name) for name in sorted(pod.full_name for pod in node.pods if "/web-" in pod.full_name)]
    assert places == sorted(places)


@pytest.mark.parametrize("redirected", [False, True])
def test_a_node_with_as_many_pods_as_a_kubelet_takes_is_drawn_whole(redirected: bool) -> None:
    host = create_host("node", "ws2022", {"runtime": "containerd", "cut_seconds": 0, "seed": 1, "pods": 110}).snapshot()
    if redirected:
        policy = proxy_policy(f"{host.endpoints[0].address}:80", "169.254.169.254", 80)
        others = (replace(item, policies=(policy,)) for item in host.endpoints[1:])
        host = replace(host, endpoints=(host.endpoints[0], *others))
    picture = draw(host)
    assert "more endpoints" not in picture.svg()
    drawn = [line for line in picture.text.splitlines() if line.startswith("  endpoint ")]
    assert len(drawn) == len(host.endpoints) > 108


def test_beside_a_pods_endpoint_stands_the_pods_whole_name() -> None:
    """With the container's behind it the name was cut in the middle, and is found in no other list then."""
    host = create_host("node", "ws2022", {"runtime": "containerd", "cut_seconds": 0, "seed": 1}).snapshot()
    pod = next(item for item in host.pods if item.namespace == "identity")
    assert f">{pod.full_name}</text>" in draw(host).svg()


def test_a_second_container_of_a_pod_has_the_pods_endpoint() -> None:
    host = create_host("node", "ws2022", {"runtime": "containerd", "cut_seconds": 0, "seed": 1}).snapshot()
    first = next(item for item in host.containers if item.name.startswith("default/web"))
    second = replace(first, id="7" * 64, name=f"{first.name.rpartition('/')[0]}/sidecar")
    assert "sidecar" not in draw(replace(host, containers=(*host.containers, second))).svg()
