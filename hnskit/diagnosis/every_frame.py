"""Every table of hnskit as a DataFrame: this is `hnskit.frames`.

A function named after a part of a snapshot takes `Facts`; one that ends with `_frame` takes the result that it is
named after. Each says its columns and their dtypes; a table without rows has them, too.
"""

from __future__ import annotations

from hnskit.diagnosis.diagnosis_frames import explanation_frame, matrix_frame
from hnskit.views.change_frames import differences_frame, findings_frame, outcome_frame, plan_frame, verification_frame
from hnskit.views.frames import adapters, compartments, containers, endpoints, images, networks, policies
from hnskit.views.wire_frames import packets_frame

__all__ = [
    "adapters",
    "compartments",
    "containers",
    "differences_frame",
    "endpoints",
    "explanation_frame",
    "findings_frame",
    "images",
    "matrix_frame",
    "networks",
    "outcome_frame",
    "packets_frame",
    "plan_frame",
    "policies",
    "verification_frame",
]
