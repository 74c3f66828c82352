"""Ready-made rules for what a destination is there for: the shipped defaults of the domain. A1 goes to sales first, A4
is nurtured, low fit with low interest gets no effort."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Role = Literal["sales", "nurture"]
ROLES: tuple[Role, ...] = ("sales", "nurture")

SALES_CELLS = ("A1", "A2", "B1", "B2")
NURTURE_CELLS = (
    "A3", "A4", "B3", "B4", "C1", "C2", "C3", "C4", "D1", "D2", "E1", "E2", "–1", "–2", "–3", "–4",
)  # fmt: skip
NO_EFFORT_CELLS = ("D3", "D4", "E3", "E4")

# What each role's rules ask, by the code of their title (`routing.preset_<code>`), in order.
ASKS: Mapping[Role, Mapping[str, tuple[dict[str, Any], ...]]] = {
    "sales": {
        "contact": ({"contact": True},),
        "ready": ({"stages": ["SQL", "PQL", "SeQL"]},),
        "cells": ({"cells": list(SALES_CELLS)},),
    },
    "nurture": {"nurture": ({"cells": list(NURTURE_CELLS)},)},
}
NO_EFFORT = ({"cells": list(NO_EFFORT_CELLS)},)
