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
    places = [list(columns).index(name) for name in sort]
    keys = [[row[place] for place in places] for row in listed]
    plain = all(isinstance(value, str) for key in keys for value in key)
    if plain and sort:  # pandas' own sort takes longer than a small table
        listed = [listed[at] for at in sorted(range(len(listed)), key=keys.__getitem__)]
    array: Any = pd.array  # its types know a dtype's name as a literal only
    data = {
        name: array([row[place] for row in listed], dtype=kind) for place, (name, kind) in enumerate(columns.items())
    }
    frame = pd.DataFrame(data, copy=False)
    return frame if plain else frame.sort_values(list(sort), kind="stable", ignore_index=True)
