"""The question of the start page before a run that removes objects: asked of the host as it is now."""

from __future__ import annotations

from pathlib import Path

from hnskit.runbook.widgets.host_look import steps_html

TEARDOWN = "90_teardown"


def teardown_question(params_file: Path, runs: Path) -> tuple[str, str]:
    """Read the host, and ask about all that a teardown would remove.

    Args:
        params_file: of the target.
        runs: the folder with the journals.

    Returns:
        The question, "" where nothing would be removed; and the plan as HTML.

    Raises:
        HnskitError: the parameters are wrong, or the host cannot be reached.
    """
    from hnskit.applying.journal import made_on
    from hnskit.facts.source import open_host
    from hnskit.params.desired import desired_from
    from hnskit.params.loading import load_params
    from hnskit.planning.removed_objects import removal_question
    from hnskit.planning.teardown import plan_destroy

    params = load_params(params_file)
    host = open_host(params)
    try:
        facts = host.facts()
    finally:
        host.close()
    found = plan_destroy(desired_from(params), facts, made=made_on(params.target, runs=runs))
    return removal_question(found), steps_html(found)
