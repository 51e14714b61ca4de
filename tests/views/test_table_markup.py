"""A command in a sentence is code in a table, and is escaped once."""

from __future__ import annotations

import re

import pandas as pd

from hnskit.views.table import ARROW, View


def test_a_command_in_a_table_is_code_and_is_escaped_once() -> None:
    frame = pd.DataFrame({"next_step": ['Run `netsh set "a<b"`.']})
    html = View(frame, "x")._repr_mimebundle_()["text/html"]
    assert "<code>netsh set &quot;a&lt;b&quot;</code>" in html
    assert "&lt;code&gt;" not in html


def test_an_arrow_is_not_broken_and_a_long_image_s_name_may_go_on_in_the_next_line() -> None:
    """In a narrow column `->` became `-` and `>`, and one image's name pushed the others out of the page."""
    policy = "PROXY 169.254.169.254:80 -> 10.0.1.47:80 NAT"
    frame = pd.DataFrame(
        {"image": ["mcr.microsoft.com/windows/nanoserver:1809"], "subnet": ["10.0.1.0/24"], "policies": [policy]},
        dtype="str",
    )
    shown = View(frame).to_html()
    assert f"80 {ARROW} 10.0.1.47:80 NAT" in shown
    assert "mcr.microsoft.com/<wbr>windows/<wbr>nanoserver:1809" in shown
    assert ">10.0.1.0/24<" in shown


def test_markup_in_a_long_text_stays_text_where_it_may_be_broken() -> None:
    frame = pd.DataFrame({"image": ["registry/<img src=x onerror=alert(1)>/" + 40 * "a"]}, dtype="str")
    shown = View(frame).to_html()
    assert "<img" not in shown
    assert "registry/<wbr>&lt;img" in shown


def test_on_paper_a_short_cell_of_a_paged_table_is_not_broken_within_a_word() -> None:
    """Only what may be long, as a policy's settings, breaks anywhere."""
    cells = {"on": "endpoint", "address": "10.0.1.20", "settings": '{"Destination": "10.0.1.82:80", "Port": "80"}'}
    frame = pd.DataFrame({name: 61 * [cell] for name, cell in cells.items()}, dtype="str")
    shown = View(frame)._repr_mimebundle_()["text/html"]
    unbroken = re.findall(r"td:nth-child\((\d)\)\{white-space:nowrap;overflow-wrap:break-word!important\}", shown)
    assert unbroken == ["1", "2"]
    assert ".hk-paper td:not(.n){overflow-wrap:anywhere!important}" in shown
