#!/usr/bin/env bash
# 2026-11-28, CPython 3.11.7 with click 8.5.1 and distributed 2026.8.0.
# Guess: a click command that a Dask task calls ends as in the executors of the standard library, where the future has the
# SystemExit by which each click command ends, with status 0 where it went well; or the task fails.
# So it is: SystemExit is let through to the worker, which ends. The scheduler tries the task on the next worker, four times in
# all, and then says KilledWorker, although the command did its work four times. Results of other tasks that were ready went with
# their workers: they are computed again, unasked, also with pure=False and retries=0, so that whatever those tasks change is
# changed again. With standalone_mode=False the command returns, and nothing of this happens.
# It matters where a command line that exists is spread over hosts by Dask: what is not safe to run twice runs several times,
# and the one message tells of workers that died.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet click==8.5.1 distributed==2026.8.0
cat > "$place/tool.py" <<'PY'
import click


@click.command()
@click.argument("path")
def restart(path):
    """What a command does to a host, as one line in a file."""
    with open(path, "a") as log:
        log.write("restarted\n")


def command(path):
    return restart([path])


def returning(path):
    return restart([path], standalone_mode=False)


def change(path, number):
    with open(path, "a") as log:
        log.write(f"{number}\n")
    return number
PY
cat > "$place/try.py" <<'PY'
import concurrent.futures
import logging
import os
import sys

import distributed
import tool


def ended(future):
    try:
        return repr(future.result(timeout=120))
    except (SystemExit, distributed.KilledWorker) as ending:
        return f"{type(ending).__name__} {ending}"[:60]


def lines(name):
    with open(name) as log:
        return len(log.readlines())


if __name__ == "__main__":
    print("distributed", distributed.__version__)
    with concurrent.futures.ProcessPoolExecutor(1) as pool:
        plain = ended(pool.submit(tool.command, "pool"))
    print(f"standard library: {plain}; the command ran {lines('pool')} time(s)")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1",
                                  silence_logs=logging.CRITICAL) as cluster, distributed.Client(cluster) as client:
        ready = [client.submit(tool.change, os.path.abspath("changes"), n, pure=False, retries=0) for n in range(6)]
        distributed.wait(ready)
        before = lines("changes")
        returned = ended(client.submit(tool.returning, os.path.abspath("returning"), pure=False))
        print(f"Dask, standalone_mode=False: {returned}; the command ran {lines('returning')} time(s)")
        killed = ended(client.submit(tool.command, os.path.abspath("dask"), pure=False, retries=0))
        print(f"Dask: {killed}; the command ran {lines('dask')} time(s)")
        values = client.gather(ready)
        after = lines("changes")
        print(f"six other tasks, ready before: ran {before} times before it, {after} times in the end, results {values}")
    as_seen = plain == "SystemExit 0" and lines("pool") == 1 and returned == "None" and lines("returning") == 1
    sys.exit(0 if as_seen and killed.startswith("KilledWorker") and lines("dask") == 4 and before == 6 < after else "this has changed")
PY
cd "$place"
PYTHONPATH="$place" "$place/venv/bin/python" try.py 2> log || { cat log; exit 1; }
