"""DataFrames of explanations and of the doctor's findings: fixed columns and dtypes, there when empty."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hnskit.views.columns import columns_of, make_frame

if TYPE_CHECKING:
    import pandas as pd

    from hnskit.diagnosis.path_segments import ExplanationData


def explanation_frame(explanation: ExplanationData) -> pd.DataFrame:
    """The hops of an explanation, in their order.

    Args:
        explanation: from `explain`.

    Returns:
        A DataFrame with the columns segment (`forward`, `upstream`, `return`): str; hop (from 1 in each segment):
        Int64; where, what, fact: str; confirmed: boolean.
    """
    columns = columns_of("segment hop:Int64 where what fact confirmed:boolean")
    rows = (
        (segment.name, number, hop.where, hop.sentence, hop.fact, hop.confirmed)
        for segment in explanation.segments
        for number, hop in enumerate(segment.hops, start=1)
    )
    return make_frame(columns, rows)


def matrix_frame(explanations: Iterable[ExplanationData]) -> pd.DataFrame:
    """Many explanations, a row each.

    Args:
        explanations: from `Explainer.all`.

    Returns:
        A DataFrame with the columns source, destination (`ip:port`), verdict (reached, refused, unreachable, unknown),
        code, target (where it ends, `ip:port`), redirected_by (a policy's type), source_seen, reason: str;
        answered: boolean (NA: not known); confirmed: boolean.
    """
    columns = columns_of(
        "source destination verdict code target redirected_by source_seen answered:boolean confirmed:boolean reason"
    )
    rows = []
    for item in explanations:
        verdict = item.verdict
        target = f"{verdict.target.address}:{verdict.target.port}" if verdict.target else ""
        rows.append(
            (
                item.source,
                f"{item.destination}:{item.port}",
                verdict.kind,
                verdict.code,
                target,
                verdict.rewritten_by.type if verdict.rewritten_by else "",
                verdict.source_address,
                item.answered,
                item.confirmed,
                verdict.reason,
            )
        )
    return make_frame(columns, rows)
