"""Results of a fleet as DataFrames, with fixed columns and dtypes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from hnskit.fleet.host_result import TROUBLE, HostResult
from hnskit.fleet.traits import outliers

if TYPE_CHECKING:
    import pandas as pd

_HOSTS = "host target groups state changed:int64 seconds:float64 windows build hns verdict wave:int64"
_FINDINGS = "host severity object message next_step check"
_ADDRESSES = "address hosts count:int64 objects"
_OUTLIERS = "host trait value usual hosts:int64"
_SEVERITIES = ("error", "warning", "note")


def by_trouble(results: Iterable[HostResult]) -> list[HostResult]:
    """Results with the worst first, then by name."""
    return sorted(results, key=lambda one: (TROUBLE[one.state], one.name))


def frame(results: Iterable[HostResult]) -> pd.DataFrame:
    """A row a host, sorted by trouble.

    Args:
        results: of one verb.

    Returns:
        host, target, groups, state, changed (int64), seconds (float64), windows, build, hns, verdict, wave (int64); all
        others of dtype str. `state` is one of `hnskit.fleet.host_result.State`.
    """
    from hnskit.views.columns import columns_of, make_frame

    rows = [
        (
            one.name, one.target, ", ".join(one.groups), one.state, one.changed, round(one.seconds, 3),
            *(one.traits.get(trait, "") for trait in ("windows", "build", "hns")), one.verdict, one.wave,
        )
        for one in by_trouble(results)
    ]  # fmt: skip
    return make_frame(columns_of(_HOSTS), rows)


def findings_of_hosts(results: Iterable[HostResult]) -> pd.DataFrame:
    """The findings of doctor on all hosts, a row each, the worst first.

    Returns:
        host, severity, object, message, next_step, check; all of dtype str.
    """
    from hnskit.views.columns import columns_of, make_frame

    rows = [
        (one.name, item["severity"], item["object"], item["message"], item["next_step"], item["check"])
        for one in results
        for item in one.data.get("findings", ())
    ]
    rows.sort(key=lambda row: (_SEVERITIES.index(row[1]), row[5], row[0]))
    return make_frame(columns_of(_FINDINGS), rows)


def outliers_frame(results: Iterable[HostResult]) -> pd.DataFrame:
    """Hosts that differ from the majority, a row a trait.

    Returns:
        host, trait, value, usual of dtype str, hosts (int64): how many have the usual value.
    """
    from hnskit.views.columns import columns_of, make_frame

    found = outliers((one.name, one.traits) for one in results)
    return make_frame(columns_of(_OUTLIERS), [(o.name, o.trait, o.value, o.usual, o.hosts) for o in found])


def addresses_frame(results: Iterable[HostResult]) -> pd.DataFrame:
    """Addresses that more than one host has, those of most hosts first: wrong where these share a network.

    Returns:
        address, hosts, objects of dtype str, count (int64): how many hosts. `objects` names each with its host.
    """
    from hnskit.fleet.shared_addresses import found_on
    from hnskit.views.columns import columns_of, make_frame

    rows = [
        (
            one.address,
            ", ".join(one.hosts),
            len(one.hosts),
            ", ".join(f"{name} on {host}" for host, name in one.holders),
        )
        for one in found_on(results)
    ]
    return make_frame(columns_of(_ADDRESSES), rows)


def rows_of_hosts(results: Sequence[HostResult]) -> pd.DataFrame:
    """The table that `show` read of each host, one below the other, with the host in the first column."""
    import pandas as pd

    from hnskit.views.columns import columns_of, make_frame

    frames = [pd.DataFrame(list(one.data["rows"])).assign(host=one.name) for one in results if one.data.get("rows")]
    if not frames:
        return make_frame(columns_of("host"), [])
    whole = pd.concat(frames, ignore_index=True)
    return whole[["host", *(name for name in whole.columns if name != "host")]].sort_values("host", kind="stable")
