#!/usr/bin/env bash
# 2026-11-27, CPython 3.11.7 with distributed 2026.8.0.
# Client.get_executor() returns a concurrent.futures.Executor whose submit() runs equal calls once: a function that returns
# another value each time (a clock, a reading of a host) gives the same value for two submits with equal arguments while the
# first future is alive, unlike the executors of the standard library. get_executor(pure=False) runs each call.
# Two more that meet here: cancel() of a call that runs already returns True (the standard library's returns False), and
# result() then raises CancelledError although the function goes on to its end on the worker.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet distributed==2026.8.0
cat > "$place/try.py" <<'PY'
import concurrent.futures
import os
import sys
import time

import distributed


def look(host):
    return time.time_ns()


def slow(path):
    open(path + ".begun", "w").close()
    time.sleep(1.5)
    open(path + ".done", "w").close()


def equal_calls(executor):
    futures = [executor.submit(look, "host"), executor.submit(look, "host")]
    return futures[0].result() == futures[1].result()


def cancelled_while_it_runs(executor, path):
    future = executor.submit(slow, path)
    while not os.path.exists(path + ".begun"):
        time.sleep(0.05)
    took = future.cancel()
    try:
        future.result(timeout=10)
        raised = ""
    except concurrent.futures.CancelledError:
        raised = "CancelledError"
    deadline = time.monotonic() + 10
    while not os.path.exists(path + ".done") and time.monotonic() < deadline:
        time.sleep(0.05)
    return took, raised, os.path.exists(path + ".done")


if __name__ == "__main__":
    place = sys.argv[1]
    print("distributed", distributed.__version__)
    seen = {}
    with distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=True, dashboard_address=None, host="127.0.0.1",
                                  local_directory=place) as cluster, distributed.Client(cluster) as client:
        with client.get_executor() as executor:
            seen["default"] = equal_calls(executor)
            seen["cancel"] = cancelled_while_it_runs(executor, os.path.join(place, "dask"))
        with client.get_executor(pure=False) as executor:
            seen["pure=False"] = equal_calls(executor)
    with concurrent.futures.ThreadPoolExecutor(2) as executor:
        seen["threads"] = equal_calls(executor)
        seen["cancel threads"] = cancelled_while_it_runs(executor, os.path.join(place, "threads"))
    for name, value in seen.items():
        print(f"{name}: {value}")
    expected = {"default": True, "cancel": (True, "CancelledError", True), "pure=False": False, "threads": False,
                "cancel threads": (False, "", True)}
    sys.exit(0 if seen == expected else "this has changed")
PY
"$place/venv/bin/python" "$place/try.py" "$place"
