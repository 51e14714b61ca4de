"""Find the image tarballs that the host does not have."""

from __future__ import annotations

from hnskit.facts.host_facts import Facts
from hnskit.params.desired import Desired
from hnskit.remote import windows
from hnskit.remote.session import Session, invoke_calls


def missing_tarballs(session: Session, desired: Desired, facts: Facts) -> tuple[str, ...]:
    """Ask the host which of the tarballs that are still to be imported it has not.

    Args:
        session: from `connect`.
        desired: from `desired_from`.
        facts: from `gather_facts`: the images that are on the host.

    Returns:
        Paths on the host, sorted; empty where nothing is missing or nothing is to be imported.

    Raises:
        ConnectError, OutcomeUnknownError: the host is gone.
        RemoteCommandError: it cannot be asked.
    """
    wanted = {item.import_path for item in desired.containers if facts.image_named(item.image, desired.runtime) is None}
    calls = [windows.test_path(path, path) for path in sorted(wanted - {""})]
    return tuple(result.id for result in invoke_calls(session, calls) if not result.value()["Exists"])
