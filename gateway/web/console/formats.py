"""Numbers and dates as people read them: Jalali with Persian digits in fa, Gregorian in en, the site's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape
from persiantools.jdatetime import JalaliDateTime

from gateway.words import say

_DIGITS = str.maketrans("0123456789,.%", "۰۱۲۳۴۵۶۷۸۹٬٫٪")
_TURNING = str.maketrans(dict.fromkeys("\u202d\u202e", "\N{REPLACEMENT CHARACTER}"))
MINUTE, HOUR, DAY = 60, 3600, 86400


def unturned(text: str) -> str:
    """Without the characters that show letters backwards, so that nobody's name or address passes for another's
    (rule 34). The marks that set a Persian word beside a Latin one stay."""
    return text.translate(_TURNING)


@dataclass(frozen=True)
class Formats:
    """How one page writes: its language, its site's zone and the moment it was made."""

    lang: str
    zone: ZoneInfo
    now: datetime

    def digits(self, text: object) -> str:
        """The digits of a short text in the page's script; for numbers that people read, never for code."""
        return str(text).translate(_DIGITS) if self.lang == "fa" else str(text)

    def number(self, value: float, decimals: int = 0) -> str:
        """With thousands marks: 12,345 or ۱۲٬۳۴۵."""
        return self.digits(f"{value:,.{decimals}f}")

    def points(self, value: int) -> Markup:
        """Signed, and kept left to right: +30, −10."""
        sign = "−" if value < 0 else "+"
        return Markup('<bdi dir="ltr">{}</bdi>').format(f"{sign}{self.digits(abs(value))}")

    def percent(self, part: float, whole: float) -> str:
        """The share of the whole, or a dash where there is no whole."""
        return self.digits(f"{100 * part / whole:.0f}%") if whole else "–"

    def calendar_day(self, day: date) -> str:
        """A date of no hour: ۱ آذر ۱۴۰۵ or 22 Nov 2026."""
        return self.day(datetime.combine(day, time(12), self.zone))

    def day(self, at: datetime) -> str:
        """The date alone: ۱ آذر ۱۴۰۵ or 22 Nov 2026."""
        local = at.astimezone(self.zone)
        if self.lang == "fa":
            return self.digits(_jalali(local, "%d %B %Y"))
        return f"{local.day} {local:%b %Y}"

    def clock(self, at: datetime) -> str:
        return self.digits(f"{at.astimezone(self.zone):%H:%M}")

    def full(self, at: datetime) -> str:
        """Date and time in the page's calendar."""
        return f"{self.day(at)}{'، ' if self.lang == 'fa' else ', '}{self.clock(at)}"

    def both(self, at: datetime) -> str:
        """The whole date in the page's calendar, then in the other one: what a tooltip shows."""
        local = at.astimezone(self.zone)
        jalali = _jalali(local, "%A %d %B %Y").translate(_DIGITS)
        gregorian = f"{local:%A} {local.day} {local:%B %Y}"
        mine, other = (jalali, gregorian) if self.lang == "fa" else (gregorian, jalali)
        return f"{mine}، {self.clock(at)} · {other}" if self.lang == "fa" else f"{mine}, {self.clock(at)} · {other}"

    def moment(self, at: datetime | None) -> Markup:
        """A <time>: relative while near, a date later; the tooltip has both calendars."""
        if at is None:
            return Markup("–")
        return self._time(at, self._near(at) or self.full(at))

    def date(self, at: datetime | None) -> Markup:
        """A <time> that always shows date and time, for stories where order matters."""
        return Markup("–") if at is None else self._time(at, self.full(at))

    def span(self, seconds: float) -> str:
        """A length of time in its largest fitting unit."""
        for unit, size in (("days", DAY), ("hours", HOUR), ("minutes", MINUTE)):
            if seconds >= size:
                return self._say(unit, n=self.number(seconds // size))
        return self._say("seconds", n=self.number(seconds))

    def value(self, value: Any) -> Markup:
        """A fact or answer of any type, escaped; what is written left to right stays so."""
        if isinstance(value, bool):
            return escape("✓" if value else "✗")
        if isinstance(value, list | tuple):
            return escape("، " if self.lang == "fa" else ", ").join(self.value(item) for item in value)
        if isinstance(value, int | float):
            return escape(self.digits(value))
        text = "–" if value is None else unturned(str(value))
        return Markup("<bdi{}>{}</bdi>").format(Markup(' dir="ltr"') if _latin(text) else "", text)

    def _time(self, at: datetime, text: str) -> Markup:
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            at.isoformat(timespec="seconds"), self.both(at), text
        )

    def _near(self, at: datetime) -> str | None:
        seconds = (self.now - at).total_seconds()
        ahead, distance = seconds < 0, abs(seconds)
        days = (self.now.astimezone(self.zone).date() - at.astimezone(self.zone).date()).days
        if distance < MINUTE:
            return self._say("now")
        if distance < HOUR:
            return self._say("in_minutes" if ahead else "minutes_ago", n=self.digits(int(distance // MINUTE)))
        if distance < DAY and (ahead or days == 0):
            return self._say("in_hours" if ahead else "hours_ago", n=self.digits(int(distance // HOUR)))
        return self._say("yesterday", time=self.clock(at)) if days == 1 else None

    def _say(self, code: str, **params: str) -> str:
        return say(self.lang, f"console.time_{code}", **params)


def _jalali(local: datetime, pattern: str) -> str:
    """In Persian words; the day without a leading zero."""
    calendar: Any = JalaliDateTime  # ships without complete types
    text: str = calendar(local, locale="fa").strftime(pattern)
    return " ".join(part.lstrip("0۰") if part.isdigit() and len(part) == 2 else part for part in text.split())


def _latin(text: str) -> bool:
    """E-mails, numbers, addresses and codes: no letter of a right-to-left script."""
    return not any("\u0590" <= char <= "\u08ff" for char in text)
