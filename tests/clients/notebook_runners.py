"""Execute a notebook as testbook and jupyter-scheduler do; stdin has what and how, stdout the result. Not hnskit."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any


def with_testbook(notebook: str, **_: Any) -> dict[str, Any]:
    """Execute all cells; the text of each output."""
    from testbook import testbook

    with testbook(notebook, execute=True, timeout=300) as client:
        texts = [client.cell_output_text(number) for number, cell in enumerate(client.cells) if cell.get("outputs")]
    return {"texts": texts}


def with_scheduler(notebook: str, parameters: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Execute it as a job, in a staging folder of its own; the job's state, and the executed notebook."""
    from jupyter_scheduler.executors import DefaultExecutionManager
    from jupyter_scheduler.orm import Job, create_session, create_tables

    root = Path(tempfile.mkdtemp(prefix="hnskit-job-"))
    staged, done = root / Path(notebook).name, root / "done.ipynb"
    staged.write_text(Path(notebook).read_text(encoding="utf-8"), encoding="utf-8")
    address = f"sqlite:///{root / 'jobs.sqlite'}"
    create_tables(address)
    with create_session(address)() as session:
        job = Job(
            name="look", input_filename=staged.name, runtime_environment_name="here", output_formats=["ipynb"],
            parameters=parameters, url="", create_time=0, update_time=0,
        )  # fmt: skip
        session.add(job)
        session.commit()
        identity = job.job_id
    paths = {"input": str(staged), "ipynb": str(done)}
    DefaultExecutionManager(job_id=identity, root_dir=str(root), db_url=address, staging_paths=paths).process()
    with create_session(address)() as session:
        found = session.query(Job).filter(Job.job_id == identity).first()
        return {"status": str(found.status), "said": found.status_message, "executed": done.read_text(encoding="utf-8")}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    runner = asked.pop("runner")
    print(json.dumps(with_testbook(**asked) if runner == "testbook" else with_scheduler(**asked)))  # noqa: T201
