"""The way to a host, step by step, as the start page shows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hnskit.errors.prose_html import prose
from hnskit.foreign_text.escaping import escape_html
from hnskit.views.style import SEVERITIES


def way_html(path: Path, say: Callable[[str], None]) -> str:
    """Check the way to the host of a parameter file; a list of its steps.

    Args:
        path: of the parameter file.
        say: called with one sentence if an emulated host has to be started first.
    """
    from hnskit.diagnosis.connection_checks import check_connection
    from hnskit.params.loading import load_params

    params = load_params(path)
    findings = check_connection(params, on_start=say)
    rows = "".join(
        f'<li><b style="color:{SEVERITIES[one.severity]}">{one.severity}</b> {escape_html(one.object)}: '
        f"{'<br>'.join(prose(part) for part in (one.message, one.next_step) if part)}</li>"
        for one in findings
    )
    broken = any(one.severity == "error" for one in findings)
    target = escape_html(params.target)
    said = f"The way to {target} ends at the last of these steps." if broken else f"The way to {target} is good."
    return f'<p role="status">{said}</p><ol style="margin:.3em 0;line-height:1.45">{rows}</ol>'
