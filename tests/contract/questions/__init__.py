"""UNCONFIRMED facts as questions to a host: each says what was seen, and whether that is what hnskit believes."""

from __future__ import annotations

from tests.contract.questions import (
    changing_containers,
    changing_endpoints,
    changing_policies,
    of_the_redirect,
    reading,
)
from tests.contract.questions.asking import QUESTIONS, Question, World

__all__ = [
    "QUESTIONS",
    "Question",
    "World",
    "changing_containers",
    "changing_endpoints",
    "changing_policies",
    "of_the_redirect",
    "reading",
]
