"""When something was known, as lists write it. What could be two dates is none."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from persiantools.jdatetime import JalaliDate

from forms.text import drop_invisible, fold_digits

FIRST_YEAR = 2000  # what is older is a mistake in a date, as with events that servers send
JALALI_BEFORE = 1700
_TIME = r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*([AaPp][Mm])?"
_PARTS = re.compile(rf"(\d{{1,4}})[-/.](\d{{1,2}})[-/.](\d{{1,4}})(?:[T ,]+{_TIME})?")
_MILLISECONDS = re.compile(r"\d{13}")


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    """In UTC; None for what is no time, is before 2000, or may be two (03/04/2024). ISO 8601, HubSpot's and
    Salesforce's exports, milliseconds since 1970, Jalali years. `zone`: of times that name none."""
    plain = fold_digits(drop_invisible(text.strip()))
    found = _iso(plain) or _milliseconds(plain) or _written(plain, zone)
    if found is None:
        return None
    aware = found if found.tzinfo else found.replace(tzinfo=zone)
    return aware.astimezone(UTC) if aware.year >= FIRST_YEAR else None


def _iso(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year >= JALALI_BEFORE and "-" in text else None


def _milliseconds(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text) / 1000, UTC) if _MILLISECONDS.fullmatch(text) else None


def _written(text: str, zone: ZoneInfo) -> datetime | None:
    found = _PARTS.fullmatch(text)
    if found is None:
        return None
    day = _day(int(found[1]), int(found[2]), int(found[3]))
    hour, minute, second = (int(part or 0) for part in found.group(4, 5, 6))
    if found[7]:
        hour = hour % 12 + (12 if found[7].lower() == "pm" else 0)
    try:
        return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone) if day else None
    except ValueError:
        return None


def _day(one: int, two: int, three: int) -> date | None:
    """Year first, or last with four digits; of day and month the one above twelve is the day."""
    if one > 31:
        year, month, day = one, two, three
    elif three > 31 and (one > 12 or two > 12 or one == two):
        year, month, day = (three, two, one) if one > 12 or one == two else (three, one, two)
    else:
        return None
    try:
        return JalaliDate(year, month, day).to_gregorian() if year < JALALI_BEFORE else date(year, month, day)  # type: ignore[no-untyped-call]
    except ValueError:
        return None
