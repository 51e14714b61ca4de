"""The DataFrame of `hnskit policy list`; see `frames` for the rules. This module imports pandas."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from hnskit.views.columns import columns_of, make_frame

if TYPE_CHECKING:
    import pandas as pd

    from hnskit.policy_editing.editing import PolicyEntry


def entries_frame(entries: Iterable[PolicyEntry]) -> pd.DataFrame:
    """Policies, a row each, in HNS's order within an object.

    Columns: on (`endpoint` or `network`), name (of that object), address, container: str; number (its place in the
    object's list, from 1, which change and remove take): Int64; type, policy (in words), settings (every key, as
    JSON): str; proxy (whether it is a proxy policy of any kind): boolean; id (of the object): str.
    """
    columns = columns_of("on name address container number:Int64 type policy proxy:boolean settings id")
    rows = (
        (
            item.on,
            item.name,
            item.address,
            item.container,
            item.number,
            item.policy.type,
            item.description,
            item.is_proxy,
            json.dumps(dict(item.policy.settings), default=str),
            item.id,
        )
        for item in entries
    )
    return make_frame(columns, rows, "on", "name", "id", "number")
