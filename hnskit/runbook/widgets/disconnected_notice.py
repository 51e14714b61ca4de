"""A notice on a page whose kernel is gone: its widgets stay in sight and do nothing any more.

The kernel cannot say it. JupyterLab marks each widget that lost its kernel with a class of CSS (ipywidgets' own
`jupyter-widgets-disconnected`), so the sentence is there from the beginning and its style shows it at that moment, in
place of a broken link beside every widget.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets

from hnskit.foreign_text.escaping import escape_html
from hnskit.views.style import CARE

_GONE = "jupyter-widgets-disconnected"
_STYLE = f"""<style>
.hk-farewell{{display:none!important}}
.hk-farewell.{_GONE}{{display:block!important;max-width:62em;margin:.6em 0}}
.hk-farewell p{{margin:0;padding:.5em .8em;line-height:1.45;border-left:5px solid {CARE};
background:rgba(128,128,128,.12)}}
.hk-live.{_GONE}::before,.hk-live .{_GONE}::before,.hk-live .{_GONE}::after{{content:none!important}}
.hk-live.{_GONE}>:not(.hk-farewell){{opacity:.55}}
.hk-live.{_GONE} :is(button,input,select){{pointer-events:none}}
[data-jp-theme-light=false] .hk-live select{{color-scheme:dark;appearance:auto;background-image:none}}
.hk-live button.hk-fold{{text-align:left;font-weight:600;text-overflow:ellipsis}}
.hk-live button.jupyter-button:disabled{{opacity:1;color:var(--jp-ui-font-color1,#444);
background:var(--jp-layout-color3,#ddd);cursor:not-allowed}}
</style>"""


def with_disconnect_notice(parts: Sequence[Any], sentence: str) -> Any:
    """Widgets below one another, that say `sentence` on top and fade when their kernel is gone."""
    box = ipywidgets.VBox([disconnect_notice(sentence), *parts])
    box.add_class("hk-live")
    return box


def disconnect_notice(sentence: str) -> Any:
    """The sentence, to be seen when the kernel is gone: for `live`, once more in the middle of many widgets."""
    said = ipywidgets.HTML(f'{_STYLE}<p role="alert">{escape_html(sentence)}</p>')
    said.add_class("hk-farewell")
    return said
