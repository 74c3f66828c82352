"""What was known of a lead when: its facts in the order in which they came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.records import Fact


@dataclass(frozen=True)
class Change:
    """From then on the fields have these values."""

    at: datetime
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Known:
    changes: Sequence[Change]  # in time order

    @classmethod
    def since(cls, facts: Mapping[str, Any], at: datetime) -> Known:
        """All of it from this moment on."""
        return cls([Change(at, dict(facts))] if facts else [])

    @classmethod
    def over_time(cls, history: Iterable[Fact], now: datetime) -> Known:
        """From current and former facts up to `now`."""
        changes: dict[datetime, dict[str, Any]] = {}
        for fact in cls.stood(history, now):
            changes.setdefault(fact.at, {})[fact.field] = fact.value
        return cls([Change(at, values) for at, values in changes.items()])

    @staticmethod
    def stood(history: Iterable[Fact], now: datetime) -> list[Fact]:
        """What was in force at some time up to `now`, in time order. A former value that is younger than the current
        one was set aside again, and never stood."""
        found = [fact for fact in history if fact.state != "proposed" and fact.at <= now]
        current = {fact.field: fact.at for fact in found if fact.state == "current"}
        stood = [one for one in found if one.state == "current" or one.at <= current.get(one.field, one.at)]
        return sorted(stood, key=lambda one: (one.at, one.state == "current"))
