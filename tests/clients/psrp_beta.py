"""A client of another code base (pypsrp 1.0 beta's `psrp`), run in an environment of its own: test_other_client.py.

It reads where the host is from standard input and prints what it saw, as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import psrp

SYSTEM = "Get-HnskitSystem"


def main() -> None:
    """Do everything, one thing after the other; what fails is in place of its result."""
    where = json.load(sys.stdin)
    done: dict[str, Any] = {}
    for name, act in CASES.items():
        try:
            done[name] = act(where)
        except Exception as problem:
            done[name] = f"{type(problem).__name__}: {problem}"
    json.dump(done, sys.stdout)


def info(where: dict[str, Any], scheme: str = "http", **changes: Any) -> psrp.WSManInfo:
    """How to reach the host."""
    settings = {
        "scheme": scheme,
        "port": where[scheme],
        "auth": "negotiate",
        "username": where["username"],
        "password": where["password"],
        "verify": where["ca"],
        "operation_timeout": 1,
        "read_timeout": 30,
    }
    return psrp.WSManInfo("127.0.0.1", **{**settings, **changes})


def run(pool: psrp.SyncRunspacePool, name: str, **parameters: Any) -> tuple[list[Any], psrp.SyncPowerShell]:
    """One command of hnskit."""
    script = psrp.SyncPowerShell(pool)
    script.add_command(name)
    script.add_parameters(**parameters)
    return script.invoke(), script


def load(where: dict[str, Any], pool: psrp.SyncRunspacePool) -> None:
    """Send hnskit's module, as hnskit does."""
    script = psrp.SyncPowerShell(pool)
    script.add_script(where["module"], use_local_scope=False)
    script.invoke()


def system(where: dict[str, Any], connection: psrp.WSManInfo, module: bool = True) -> Any:
    """What the host says of itself."""
    with psrp.SyncRunspacePool(connection) as pool:
        if module:
            load(where, pool)
        (row,), _ = run(pool, SYSTEM)
        return row.ComputerName


def certificate(where: dict[str, Any]) -> Any:
    """Log in with a client certificate."""
    login = {"auth": "certificate", "username": None, "password": None}
    files = {"certificate_pem": where["client"], "certificate_key_pem": where["client"]}
    return system(where, info(where, "https", **login, **files))


def batch(where: dict[str, Any]) -> Any:
    """A batch of calls, as a snapshot is one, with an error in it."""
    calls = [
        {"id": "a", "command": "Invoke-HnskitHns", "parameters": {"Method": "GET", "Path": "/globals/version"}},
        {"id": "b", "command": "No-Such", "parameters": {}},
        {"id": "c", "command": "Invoke-HnskitDocker", "parameters": {"ArgumentList": ["image", "ls", "--quiet"]}},
    ]
    with psrp.SyncRunspacePool(info(where)) as pool:
        load(where, pool)
        output, _ = run(pool, "Invoke-HnskitCall", Call=[json.dumps(call) for call in calls])
        return [(answer["id"], answer["ok"]) for answer in map(json.loads, output)]


def error(where: dict[str, Any]) -> Any:
    """A terminating error, with the fields of its record."""
    with psrp.SyncRunspacePool(info(where)) as pool:
        load(where, pool)
        try:
            run(pool, "Invoke-HnskitDocker", ArgumentList=["swarm", "leave"])
        except psrp.PipelineFailed as failed:
            record = failed.error_record
            return [str(record.FullyQualifiedErrorId), int(record.CategoryInfo.Category)]
    return "no error"


def large(where: dict[str, Any]) -> Any:
    """A megabyte there, and back."""
    text = "x" * 1_000_000
    with psrp.SyncRunspacePool(info(where)) as pool:
        load(where, pool)
        call = json.dumps({"id": text, "command": SYSTEM, "parameters": {}})
        (answer,), _ = run(pool, "Invoke-HnskitCall", Call=[call])
        return json.loads(answer)["id"] == text


def several(where: dict[str, Any]) -> Any:
    """Three pipelines of one pool at once, in the configuration whose runspaces have hnskit's commands."""
    with psrp.SyncRunspacePool(info(where, configuration_name="hnskit"), max_runspaces=3) as pool:
        scripts = []
        for _ in range(3):
            script = psrp.SyncPowerShell(pool)
            script.add_command(SYSTEM)
            scripts.append(script.invoke_async())
        return [task.wait()[0].ComputerName for task in scripts]


def runspaces(where: dict[str, Any]) -> Any:
    """Counts of runspaces are set and read; a pool is reset."""
    with psrp.SyncRunspacePool(info(where)) as pool:
        grown = pool.set_max_runspaces(3)
        free = pool.get_available_runspaces()
        refused = pool.set_min_runspaces(9)
        return [grown, free, refused, pool.reset_runspace_state()]


def disconnect(where: dict[str, Any]) -> Any:
    """Go away and come back; then a second client takes the pool over."""
    connection = info(where)
    pool = psrp.SyncRunspacePool(connection)
    pool.open()
    load(where, pool)
    pool.disconnect()
    pool.connect()
    first = run(pool, SYSTEM)[0][0].ComputerName
    pool.disconnect()
    # Over TLS: 1.0.0b1 forgets to encrypt what it sends to a pool that it has found.
    found = psrp.SyncRunspacePool.get_runspace_pools(info(where, "https", auth="basic"))
    others = [one for one in found if one.is_available]
    (mine,) = others
    mine.connect()
    second = run(mine, SYSTEM)[0][0].ComputerName
    mine.close()
    return [first, second]


def key(where: dict[str, Any]) -> Any:
    """Exchange keys, so that a SecureString can be sent."""
    with psrp.SyncRunspacePool(info(where)) as pool:
        pool.exchange_key()
        return True


def metadata(where: dict[str, Any]) -> Any:
    """What is not emulated is refused by name."""
    with psrp.SyncRunspacePool(info(where)) as pool:
        script = psrp.SyncPowerShell(pool)
        script.add_script("Get-ChildItem C:\\")
        try:
            script.invoke()
        except psrp.PipelineFailed as failed:
            return str(failed)
    return "no error"


def restricted(where: dict[str, Any]) -> Any:
    """The session configuration that has hnskit's commands and nothing else."""
    connection = info(where, configuration_name="hnskit")
    name = system(where, connection, module=False)
    with psrp.SyncRunspacePool(info(where, configuration_name="hnskit")) as pool:
        try:
            run(pool, "Get-Process")
        except psrp.PipelineFailed as failed:
            return [name, str(failed.error_record.FullyQualifiedErrorId)]
    return [name, "no error"]


def resumed(where: dict[str, Any]) -> Any:
    """After a reconnect the encryption is that of the new connection."""
    with psrp.SyncRunspacePool(info(where)) as pool:
        load(where, pool)
        pool.disconnect()
        time.sleep(0.05)
        pool.connect()
        return len(run(pool, SYSTEM)[0])


CASES = {
    "http negotiate": lambda where: system(where, info(where)),
    "https basic": lambda where: system(where, info(where, "https", auth="basic")),
    "https negotiate": lambda where: system(where, info(where, "https")),
    "https certificate": certificate,
    "wrong password": lambda where: system(where, info(where, password="wrong")),
    "untrusted authority": lambda where: system(where, info(where, "https", verify=True)),
    "batch": batch,
    "error": error,
    "large": large,
    "several": several,
    "runspaces": runspaces,
    "disconnect": disconnect,
    "key": key,
    "not emulated": metadata,
    "restricted": restricted,
    "resumed": resumed,
}


if __name__ == "__main__":
    main()
