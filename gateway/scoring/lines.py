"""The lines that a score is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

# Codes of lines that no rule gives; a rule may not take them.
LINE_CODES = (
    "clamp_top", "clamp_bottom", "browser_ceiling", "idle_month", "half_life", "expired", "answer_replaced",
    "attribute_gone", "capped_times", "capped_window", "capped_day", "capped_subject", "capped_group",
    "answered_before", "unmet", "not_human", "awaits_person", "scanner_burst", "wrong_source",
)  # fmt: skip


class Line(NamedTuple):
    """One step of a score: `code` and `params` name the words; zero points say why nothing was counted."""

    points: int
    balance: int
    code: str
    params: Mapping[str, Any]
    at: datetime


# `Line(…)` goes through a function of Python's, which was an eighth of the whole fold.
new_line: Callable[[tuple[int, int, str, Mapping[str, Any], datetime]], Line] = partial(tuple.__new__, Line)
