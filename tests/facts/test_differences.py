"""Two moments of a host: the comparison, and how picture and tables mark it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pandas as pd

from hnskit.emulator.host import create_host
from hnskit.facts.differences import differences
from hnskit.facts.host_facts import Facts
from hnskit.views import frames
from hnskit.views.table import MOST, View
from hnskit.views.topology import draw
from tests.sample_facts import complete, desired, fresh
from tests.views.test_topology import boxes, crowd


def without_policies(name: str) -> Facts:
    host = complete()
    bare = tuple(replace(item, policies=()) if item.name == name else item for item in host.endpoints)
    return replace(host, endpoints=bare)


def test_a_host_does_not_differ_from_itself() -> None:
    """Nothing is said where nothing is."""
    assert differences(complete(), complete()) == ()


def test_what_a_run_makes_is_new_and_what_a_teardown_takes_is_gone() -> None:
    """The same objects, the other way round."""
    made = {(one.kind, one.name) for one in differences(fresh(), complete())}
    gone = {(one.kind, one.name) for one in differences(complete(), fresh())}
    assert ("endpoint", "hnskit-proxy") in made
    assert made == gone
    assert {one.what for one in differences(fresh(), complete())} <= {"new", "changed"}


def test_a_changed_field_is_named_with_both_values() -> None:
    """A policy that went away."""
    (one,) = differences(complete(), without_policies("hnskit-client1"))
    assert (one.what, one.name, one.changes[0][0], one.changes[0][2]) == ("changed", "hnskit-client1", "policies", "")
    assert "PROXY 169.254.169.254:80" in str(one)


def test_the_frame_has_its_columns_when_nothing_differs() -> None:
    """And a row for each object else."""
    assert list(frames.differences_frame(()).columns) == ["what", "object", "change"]
    frame = frames.differences_frame(differences(fresh(), complete()))
    assert set(frame["what"]) <= {"new", "changed"}


def test_the_picture_marks_by_sign_and_colour_and_nothing_overlaps() -> None:
    """New, changed and gone; colour alone is not seen by everybody."""
    for before, after in ((fresh(), complete()), (complete(), fresh()), (complete(), crowd(50))):
        picture = draw(after, desired=desired(), before=before)
        ElementTree.fromstring(picture.svg())
        found = boxes(picture.svg())
        for place, one in enumerate(found):
            for other in found[place + 1 :]:
                assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    assert "+ hnskit-proxy" in draw(complete(), desired=desired(), before=fresh()).svg()
    assert "− hnskit-proxy" in draw(fresh(), desired=desired(), before=complete()).svg()
    assert "gone endpoint hnskit-proxy" in draw(fresh(), desired=desired(), before=complete()).text


def test_a_picture_of_thousands_shows_some_and_says_how_many_more() -> None:
    """Nobody reads five thousand boxes."""
    picture = draw(crowd(5000), desired=desired())
    assert "and 4882 more endpoints" in picture.svg()
    assert "and 4882 more endpoints" in picture.text
    assert len(boxes(picture.svg())) < 300


def test_a_table_marks_rows_and_changed_cells() -> None:
    """With what the cell was, so that print shows it, too."""
    now, before = frames.endpoints(complete()), frames.endpoints(without_policies("hnskit-client1"))
    html = View(now, "endpoints", before=before).to_html()
    assert "(was nothing)" in html
    assert html.count("(was") == 1
    text = View(before.iloc[1:], "endpoints", before=now).to_text()
    assert "− gone: hnskit-client1" in text
    unmarked = View(now, "endpoints", before=now).to_html()
    assert "±" not in unmarked


def test_a_long_table_is_searched_in_the_browser_and_has_its_first_rows_without_scripts() -> None:
    """Offline: nothing is fetched; and a name cannot end the script."""
    names = [f"endpoint{number}" for number in range(5000)]
    names[7] = "</script><b>"
    html = View(pd.DataFrame({"name": names, "id": [f"{n:036d}" for n in range(5000)]}).astype("str"), "many").to_html()
    assert html.count("<tr>") == 26
    assert "5000 rows" in html
    assert "endpoint4999" in html
    assert html.count("</script>") == 2
    assert "http" not in html
    assert len(html) < 1_100_000


def test_a_table_that_fits_is_whole() -> None:
    """Only a long one is cut into pages."""
    frame = pd.DataFrame({"name": [f"n{number}" for number in range(MOST)]}).astype("str")
    assert "hkt" not in View(frame).to_html()


def test_an_endpoint_that_a_cni_named_after_an_id_is_called_by_its_pod() -> None:
    """64 digits tell nobody which pod was redirected."""
    host = create_host("node", "ws2022", {"runtime": "containerd", "cut_seconds": 0, "seed": 1}).snapshot()
    pod = next(item for item in host.pods if item.name.startswith("web"))
    changed = tuple(
        replace(item, policies=()) if item.name.startswith(pod.id) else item for item in host.endpoints
    )  # fmt: skip
    (found,) = differences(host, replace(host, endpoints=changed))
    assert found.title == f"endpoint {pod.id[:12]}…_cbr0 of {pod.full_name}"
    assert frames.differences_frame([found])["object"][0] == f"endpoint {pod.id}_cbr0 of {pod.full_name}"
