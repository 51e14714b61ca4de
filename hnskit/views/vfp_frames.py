"""DataFrames of what only dumps have: rules of VFP, routes of HCN."""

from __future__ import annotations

import pandas as pd

from hnskit.facts.host_facts import Facts
from hnskit.model import hns_json
from hnskit.views.columns import columns_of, make_frame


def vfp_rules(facts: Facts) -> pd.DataFrame:
    """Rules of VFP as a dump has them (vfpctrl), a row each; a host that answers is not asked for them.

    Args:
        facts: the snapshot.

    Returns:
        A DataFrame with the columns endpoint (name of the one whose port it is; empty where the dump does not tell),
        layer, group, direction (IN, OUT), rule, type: str; priority: Int64; conditions, details (lines, joined by
        `; `), port (GUID): str.
    """
    columns = columns_of("endpoint layer group direction rule type priority:Int64 conditions details port")
    names = {guid: item.name or item.id for item in facts.endpoints if (guid := hns_json.port_guid(item))}
    rows = [
        (
            names.get(rule.port, ""), rule.layer, rule.group, rule.direction, rule.name, rule.type, rule.priority,
            "; ".join(rule.conditions), "; ".join(rule.details), rule.port,
        )
        for rule in facts.vfp_rules
    ]  # fmt: skip
    return make_frame(columns, rows)


def sdn_routes(facts: Facts) -> pd.DataFrame:
    """Routes of HCN as a dump has them, a row each; a host that answers is not asked for them.

    Args:
        facts: the snapshot.

    Returns:
        A DataFrame with the columns prefix, next_hop: str; encapsulated: boolean; endpoints (their names, or ids of
        those that the dump does not have; joined by `, `), id: str.
    """
    columns = columns_of("prefix next_hop encapsulated:boolean endpoints id")
    names = {item.id.upper(): item.name or item.id for item in facts.endpoints}
    rows = [
        (item.prefix, item.next_hop, item.encapsulated,
         ", ".join(names.get(one.upper(), one) for one in item.endpoints), item.id)
        for item in facts.sdn_routes
    ]  # fmt: skip
    return make_frame(columns, rows)
