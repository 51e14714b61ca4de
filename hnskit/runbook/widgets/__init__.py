"""Widgets: forms, buttons and pages. Nothing outside this package imports ipywidgets.

Widgets edit a choice or a file and call back; the work is elsewhere. No widget keeps a secret: a parameter has at most
a reference to one, and what is typed into a password box is taken out of it at once.
"""

from hnskit.runbook.widgets.buttons import action_button
from hnskit.runbook.widgets.forms import params_form
from hnskit.runbook.widgets.live_box import Question, output_box
from hnskit.runbook.widgets.paste_box import paste_box
from hnskit.runbook.widgets.start_page import StartPage

__all__ = ["Question", "StartPage", "action_button", "output_box", "params_form", "paste_box"]
