"""Office hours in a site's zone: days and times at which somebody is there to take a lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
WEEKS: Mapping[str, tuple[int, ...]] = {  # ready choices
    "iran": (SATURDAY, SUNDAY, MONDAY, TUESDAY, WEDNESDAY),
    "europe": (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY),
    "every": tuple(range(7)),
}


@dataclass(frozen=True)
class Hours:
    """days: 0 is Monday. closes: 00:00 is the end of the day. Raises ValueError: there is one day at least, and it
    closes after it opens."""

    days: tuple[int, ...]
    opens: time
    closes: time

    def __post_init__(self) -> None:
        if not self.days or any(day not in range(7) for day in self.days):
            raise ValueError("days")
        if self.closes != time() and self.closes <= self.opens:
            raise ValueError("closes")

    @classmethod
    def read(cls, kept: Mapping[str, Any] | None) -> Hours | None:
        """From what the database keeps."""
        if not kept:
            return None
        return cls(tuple(kept["days"]), time.fromisoformat(kept["opens"]), time.fromisoformat(kept["closes"]))

    def kept(self) -> dict[str, Any]:
        return {"days": list(self.days), "opens": f"{self.opens:%H:%M}", "closes": f"{self.closes:%H:%M}"}

    def opening(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The first moment from `at` on when they are open, in UTC: `at` itself within them."""
        today = at.astimezone(zone).date()
        for day in (today + timedelta(days=ahead) for ahead in range(9)):
            opens, closes = self._on(day, zone)
            if day.weekday() in self.days and at < closes:
                return max(at, opens)
        raise AssertionError("a week has seven days")

    def _on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        last = day + timedelta(days=1) if self.closes == time() else day
        ends = (datetime.combine(day, self.opens, zone), datetime.combine(last, self.closes, zone))
        return ends[0].astimezone(UTC), ends[1].astimezone(UTC)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When the day begins there, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
