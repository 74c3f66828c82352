"""A calibration as JSON, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from gateway.scoring.calibrating.records import Band, Calibration, Comparison, LearntRule, Reliability, Said

Kind = TypeVar("Kind")


def packed(found: Calibration) -> dict[str, Any]:
    return asdict(found)


def unpacked(kept: Mapping[str, Any]) -> Calibration:
    """What `packed` made."""
    made = {
        "rules": tuple(map(rule, kept["rules"])),
        "why": Said(**kept["why"]),
        "warnings": _all(Said, kept["warnings"]),
        "comparison": Comparison(**kept["comparison"]) if kept["comparison"] else None,
        "lift": _all(Band, kept["lift"]),
        "lift_in_force": _all(Band, kept["lift_in_force"]),
        "reliability": _all(Reliability, kept["reliability"]),
    }
    return Calibration(**{**kept, **made})


def rule(kept: Mapping[str, Any]) -> LearntRule:
    both = kept["both"]
    return LearntRule(**{**kept, "both": (both[0], both[1]) if both else None})


def _all(kind: type[Kind], kept: Iterable[Mapping[str, Any]]) -> tuple[Kind, ...]:
    return tuple(kind(**one) for one in kept)
