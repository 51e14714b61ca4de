"""Frames: fixed columns and dtypes, there when empty, sorted by name."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from hnskit.applying.verification import Check, ClientProof, Verification
from hnskit.facts.host_facts import Facts
from hnskit.planning.setup import plan
from hnskit.views import frames
from hnskit.views.style import GOOD
from hnskit.views.table import View
from tests.sample_facts import complete, desired, endpoint, fresh, misspelt_policy


@pytest.mark.parametrize("table", frames.TABLES)
def test_a_table_has_the_same_columns_and_dtypes_when_it_is_empty(table: str) -> None:
    """A script that reads a column must not fail on a host without such objects."""
    empty, full = frames.TABLES[table](Facts("emulator://lab")), frames.TABLES[table](complete())
    assert len(empty) == 0
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


@pytest.mark.parametrize("table", ["networks", "endpoints", "containers", "adapters", "images"])
def test_a_table_is_sorted_by_name(table: str) -> None:
    """Whatever order the host has them in."""
    host = complete()
    turned = replace(host, endpoints=host.endpoints[::-1], containers=host.containers[::-1], images=host.images[::-1])
    names = list(frames.TABLES[table](turned)["name"])
    assert names == sorted(names)


def test_an_endpoint_is_told_in_words() -> None:
    """State, owner and policies as an operator says them; the id is whole."""
    row = frames.endpoints(complete()).set_index("name").loc["hnskit-client1"]
    assert (row["state"], row["container"], row["compartment"]) == ("attached", "hnskit-client1", 5)
    assert row["policies"] == "OutBoundNAT; L2Driver; PROXY 169.254.169.254:80 -> 10.0.1.136:80 NAT"
    assert row["id"] == "ID-hnskit-client1"


def test_the_gateway_endpoint_belongs_to_the_host() -> None:
    """Compartment 1 is the host's own (HNS fact 79)."""
    assert frames.endpoints(complete()).set_index("name").loc["hnskit-gateway", "container"] == "the host"


def test_an_endpoint_without_a_compartment_has_none_not_zero() -> None:
    """An absent number is NA."""
    host = replace(fresh(), endpoints=(endpoint("alone", "10.0.1.9", None),))
    assert frames.endpoints(host)["compartment"].isna().all()


def test_a_misspelt_key_of_a_proxy_policy_is_named() -> None:
    """HNS stores it without a word (HNS fact 47); a person must see it."""
    host = replace(fresh(), endpoints=(endpoint("client", "10.0.1.9", None, misspelt_policy()),))
    assert "unknown: OutbountNat" in frames.endpoints(host)["policies"].iloc[0]


def test_the_policies_table_says_what_is_matched_and_where_it_goes() -> None:
    """A proxy policy has both, any other neither."""
    rows = frames.policies(complete())
    proxies = rows[rows["type"] == "PROXY"]
    assert set(proxies["match"]) == {"169.254.169.254:80"}
    assert set(proxies["destination"]) == {"10.0.1.136:80"}
    assert rows[rows["type"] != "PROXY"]["outbound_nat"].isna().all()


def test_a_plan_with_nothing_to_do_says_keep_and_why() -> None:
    """Nothing to do is a row with a reason."""
    frame = frames.plan_frame(plan(desired(), complete()))
    assert set(frame["action"]) == {"keep"}
    assert frame["reason"].str.len().min() > 0


def test_a_plan_marks_the_step_that_cuts_the_host() -> None:
    """Only the network does."""
    frame = frames.plan_frame(plan(desired(), fresh()))
    assert list(frame[frame["cuts"]]["object"]) == ["network hnskit-l2bridge"]


def test_a_verification_has_a_row_for_each_check() -> None:
    """Client and check together name a row."""
    proof = Verification("emulator://lab", (ClientProof("c1", (Check("answer", True, "HTTP 2xx", "HTTP 200"),)),))
    assert frames.verification_frame(proof).to_dict("records") == [
        {"client": "c1", "check": "answer", "ok": True, "wanted": "HTTP 2xx", "seen": "HTTP 200"}
    ]


def test_a_view_shows_short_ids_and_keeps_the_full_one_in_the_tooltip() -> None:
    """The frame itself is whole."""
    frame = pd.DataFrame({"name": ["a"], "id": ["9D2043FC-21E4-4A6F-8149-10429CC534D3"]}).astype("str")
    view = View(frame)
    html = view._repr_mimebundle_()["text/html"]
    assert '<span title="9D2043FC-21E4-4A6F-8149-10429CC534D3">9D2043FC</span>' in html
    assert "9D2043FC-" not in view.to_text()
    assert view.frame is frame


def test_a_view_says_yes_no_and_nothing() -> None:
    """True, False and NA are not words for an operator, in HTML as in text."""
    frame = pd.DataFrame({"ok": pd.array([True, False, None], dtype="boolean")})
    text, html = View(frame).to_text(), View(frame)._repr_mimebundle_()["text/html"]
    assert text.split() == ["ok", "yes", "no"]
    assert ">yes<" in html
    assert ">no<" in html
    assert "NA" not in text + html


def test_a_view_escapes_what_a_host_says() -> None:
    """A container's name is data, not HTML."""
    frame = pd.DataFrame({"name": ["<script>x</script>"], "id": ["<b>"]}).astype("str")
    html = View(frame)._repr_mimebundle_()["text/html"]
    assert "<script>x" not in html
    assert "<b>" not in html


def test_the_style_of_a_view_is_the_same_in_all_and_colours_no_cell() -> None:
    """All notebooks that are open in JupyterLab are one page: a colour stands at its cell, and so in no other table."""
    one, other = (View(frames.TABLES[name](complete()), name).to_html() for name in ("endpoints", "adapters"))
    styles = [html.partition("</style>")[0] for html in (one, other)]
    assert styles[0] == styles[1]
    assert "color:" not in styles[0]
    assert f'<td class="n" style="color:{GOOD};font-weight:bold">attached</td>' in one


def test_a_changed_cell_that_is_empty_now_says_what_it_was() -> None:
    """An empty cell that is only coloured tells nothing."""
    before = pd.DataFrame({"name": ["Ethernet"], "mtu": pd.array([1500], dtype="Int64")})
    now = pd.DataFrame({"name": ["Ethernet"], "mtu": pd.array([None], dtype="Int64")})
    assert "(was 1500)" in View(now, before=before)._repr_mimebundle_()["text/html"]


def test_a_view_escapes_what_a_host_said_before() -> None:
    """What a cell was, and names of what is gone: whoever could name a network could else write a script."""
    now, evil = frames.networks(complete()), "<img src=x onerror=alert(1)>"
    before = now.assign(name=evil)
    gone = pd.concat([now, now.assign(id="another", name=evil)])
    for html in (View(now, "networks", before=before).to_html(), View(now, "networks", before=gone).to_html()):
        assert "<img" not in html
        assert "&lt;img src=x onerror=alert(1)&gt;" in html


def test_an_empty_view_says_none() -> None:
    """An empty table could also be a failure; a word is not."""
    assert View(frames.networks(fresh()), "networks").to_text() == "networks: none"


def test_long_cells_are_cut_in_the_middle_to_fit_a_terminal() -> None:
    """Names that differ at their ends only stay apart; without a width they stay whole."""
    names = [f"a-very-long-name-of-a-container-in-some-namespace-{number}" for number in (1, 2)]
    view = View(pd.DataFrame({"name": names, "state": ["attached", "detached"], "number": [1, 2]}))
    lines = view.to_text(width=40).splitlines()
    assert max(map(len, lines)) <= 40
    assert [line.split()[0].endswith(f"-{number}") for number, line in enumerate(lines[1:], 1)] == [True, True]
    assert all("…" in line for line in lines[1:])
    assert all("attached" in line or "detached" in line for line in lines[1:])
    assert names[0] in view.to_text()
