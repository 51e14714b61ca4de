"""Build DataFrames with fixed columns and dtypes, which are there without a row, too. This module imports pandas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd


def columns_of(text: str) -> dict[str, str]:
    """Names and dtypes of columns, written as `name` (of dtype str) or `name:dtype` with blanks between them."""
    pairs = (column.partition(":") for column in text.split())
    return {name: kind or "str" for name, _, kind in pairs}


def make_frame(columns: Mapping[str, str], rows: Iterable[Sequence[Any]], *sort: str) -> pd.DataFrame:
    """Rows under fixed columns; the columns and their dtypes are there without a row, too."""
    listed = list(rows)
    data = {
        name: pd.Series([row[place] for row in listed], dtype=kind)
        for place, (name, kind) in enumerate(columns.items())
    }
    frame = pd.DataFrame(data, columns=list(columns))
    return frame.sort_values(list(sort), kind="stable", ignore_index=True) if sort else frame
