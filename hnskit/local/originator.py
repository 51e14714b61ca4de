"""The originator of a change: the user, the machine and the pipeline's job, for journals, run folders and reports."""

from __future__ import annotations

import getpass
import os
import platform
from functools import cache

_JOBS = (
    # (variables of the CI system's documentation, how they make the address of a job)
    (("CI_JOB_URL",), "{0}"),  # GitLab
    (("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"), "{0}/{1}/actions/runs/{2}"),
    (
        ("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID"),
        "{0}{1}/_build/results?buildId={2}",
    ),  # Azure DevOps
    (("BUILD_URL",), "{0}"),  # Jenkins
)


@cache
def originator() -> dict[str, str]:
    """The user, the machine and, in a pipeline, the job.

    Returns:
        `user` (with `sudo by NAME` where sudo was used), `machine` and `system`; `job`, its address, where there is
        one. "" for what the system does not tell.
    """
    found = {"user": _user(), "machine": platform.node(), "system": f"{platform.system()} {platform.release()}".strip()}
    job = _job()
    return {**found, "job": job} if job else found


def originator_text() -> str:
    """The user and the machine in a word: `alice@ws1`."""
    who = originator()
    return f"{who['user'] or '?'}@{who['machine'] or '?'}"


def _user() -> str:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no variable and no entry in the list of users, as in some containers
        user = str(os.getuid()) if hasattr(os, "getuid") else ""
    behind = os.environ.get("SUDO_USER", "")
    return f"{user} (sudo by {behind})" if behind and behind != user else user


def _job() -> str:
    for names, form in _JOBS:
        values = [os.environ.get(name, "") for name in names]
        if all(values):
            return form.format(*values)
    return ""
