"""A command in a sentence is code in a table, and is escaped once."""

from __future__ import annotations

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
