"""The score: events folded in time order into lines that add up (rules 22, 23).

One line a step. Where a step would leave 0–100, what is cut off is the next line; `balance` is what stands once both
are written, so it never leaves 0–100 and the last one is the total.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from forms.text import fold as fold_text
from gateway.records import Event
from gateway.scoring.event_types import ALLOWED, level_of
from gateway.scoring.idle import Period, later, merged
from gateway.scoring.model import MAX_SCORE, Answer, AnswerRule, EventRule, Rulebook

# Codes of lines that no rule gives; a rule may not take them.
LINE_CODES = (
    "clamp_top", "clamp_bottom", "browser_ceiling", "idle_month", "answer_replaced",
    "capped_times", "capped_day", "capped_subject", "answered_before", "not_human", "wrong_source",
)  # fmt: skip


class Line(NamedTuple):
    """One step of a score: `code` and `params` name the words; zero points say why nothing was counted."""

    points: int
    balance: int
    code: str
    params: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True)
class Score:
    total: int  # 0–100
    lines: tuple[Line, ...]  # oldest first; their points add up to the total
    changes_at: datetime | None  # when an idle month will next lower it, if nothing happens before


def fold(rulebook: Rulebook, events: Iterable[Event], now: datetime, *, pauses: Sequence[Period] = ()) -> Score:
    """The score at `now` from events in any order; later ones are not looked at, so any past day can be rebuilt.

    Events with one id are one event, its earliest. `pauses`: when a deal was open (`idle.deal_periods`).
    """
    return fold_ordered(rulebook, in_order(events, now), now, pauses=pauses)


def fold_ordered(rulebook: Rulebook, events: Iterable[Event], now: datetime, *, pauses: Sequence[Period] = ()) -> Score:
    """The same for events that `in_order` gave."""
    folding = _Folding(rulebook, merged(pauses))
    for event in events:
        if folding.due is not None and folding.due <= event.at:
            folding.idle_until(event.at)
        folding.take(event)
    folding.idle_until(now)
    return Score(folding.balance, tuple(folding.lines), folding.changes_at)


def in_order(events: Iterable[Event], now: datetime) -> list[Event]:
    """What happened up to `now`, in time order (ties by id), each id once."""
    once: dict[str, Event] = {}
    for event in sorted([event for event in events if event.at <= now], key=attrgetter("at", "id")):
        once.setdefault(event.id, event)
    return list(once.values())


NOTHING: Mapping[str, Any] = {}
Cap = tuple[str, tuple[str, object], int]  # its line's code, what is counted, how often it may


class _Folding:
    """The balance on its way through the events, and all that caps have to remember."""

    def __init__(self, rulebook: Rulebook, pauses: Sequence[Period]) -> None:
        self.rulebook = rulebook
        self.pauses = pauses
        self.event_rules = rulebook.event_rules
        self.zone = rulebook.zone
        self.browser_ceiling = rulebook.browser_ceiling
        self.month = timedelta(days=rulebook.decay.days)
        self.balance = 0
        self.lines: list[Line] = []
        self.due: datetime | None = None  # the end of the idle month that is running
        self.beyond_browser = 0  # points that somebody else than the browser stands for
        self.counted: dict[tuple[str, object], int] = {}
        self.seen: dict[str, datetime] = {}
        self.standing_answers: dict[str, list[Answer]] = {}

    @property
    def changes_at(self) -> datetime | None:
        return self.due if self.balance and self.rulebook.decay.points else None

    def idle_until(self, moment: datetime) -> None:
        """Take off each idle month that ended by then; nothing is left to take from an empty balance."""
        while self.due is not None and self.due <= moment and self.balance:
            at = self.due
            self.due = later(at, self.month, self.pauses)
            if self.rulebook.decay.points:
                self._write(-self.rulebook.decay.points, "idle_month", {"days": self.rulebook.decay.days}, at)

    def take(self, event: Event) -> None:
        """Count one event by every rule that speaks of it, in the rulebook's order."""
        kind = event.type
        if kind == "answer":
            answered = self.rulebook.answer_rules.get(str(event.params.get("field")), ())
            if answered and self._believed(event):
                for rule in answered:
                    self._answer(rule, event)
            return
        for one in self.event_rules.get(kind, ()):
            if one.bare or _matches(one, event):
                if not self._believed(event):
                    return
                self._count(one, event)

    def _believed(self, event: Event) -> bool:
        """A scanner's click or a forged event is shown, once and at zero points."""
        if event.human and (event.source, event.type) in ALLOWED:
            return True
        code = "wrong_source" if event.human else "not_human"
        self._zero(code, {**_about(event), "source": event.source}, event.at)
        return False

    def _count(self, rule: EventRule, event: Event) -> None:
        if rule.visit is not None:
            before, self.seen[rule.code] = self.seen.get(rule.code), event.at
            if before is not None and event.at - before < rule.visit:
                return  # a visit lasts until nothing was looked at for that long; it counts at its first page
        caps = self._caps(rule, event)
        for code, key, limit in caps:
            if self.counted.get(key, 0) >= limit:
                params = {**_about(event), **_titled(rule), "rule": rule.code, "limit": limit}
                self.lines.append(Line(0, self.balance, code, params, event.at))
                return
        for _, key, _ in caps:
            self.counted[key] = self.counted.get(key, 0) + 1
        if event.source != "browser" and rule.points > 0:
            self.beyond_browser += rule.points
        self._score(rule.points, rule.code, event, _titled(rule))

    def _caps(self, rule: EventRule, event: Event) -> list[Cap]:
        caps: list[Cap] = []
        if rule.per_subject is not None:
            caps.append(("capped_subject", (rule.code, _subject(event)), rule.per_subject))
        if rule.per_day is not None:
            caps.append(("capped_day", (rule.code, event.at.astimezone(self.zone).toordinal()), rule.per_day))
        if rule.times is not None:
            caps.append(("capped_times", (rule.code, None), rule.times))
        return caps

    def _answer(self, rule: AnswerRule, event: Event) -> None:
        """The latest answer stands: what the earlier one gave is taken back."""
        values = _folded(event.params.get("value"))
        given = [answer for answer in rule.answers if not answer.values or answer.values & values]
        held = self.standing_answers.get(rule.code, [])
        if given and given == held:
            self._zero("answered_before", {**_about(event), **given[0].params, "rule": given[0].code}, event.at)
            return
        gone = [answer for answer in held if answer not in given]
        new = [answer for answer in given if answer not in held]
        self.standing_answers[rule.code] = given
        self.beyond_browser += sum(max(one.points, 0) for one in new) - sum(max(one.points, 0) for one in gone)
        for answer in gone:
            self._score(-answer.points, "answer_replaced", event, {**answer.params, "rule": answer.code})
        for answer in new:
            self._score(answer.points, answer.code, event, answer.params)

    def _score(self, points: int, code: str, event: Event, params: Mapping[str, Any]) -> None:
        """A line for a human event: it ends the idle month that was running."""
        at = event.at
        self.due = later(at, self.month, self.pauses) if self.pauses else at + self.month
        about = _about(event)
        if params:
            about.update(params)
        self._write(points, code, about, at)

    def _write(self, points: int, code: str, params: Mapping[str, Any], at: datetime) -> None:
        """A step and, where it leaves the bounds, what is cut off. Rule 22: as long as browser events alone speak,
        the upper bound stands below interest 1 and below sales."""
        ceiling = MAX_SCORE if self.beyond_browser > 0 else self.browser_ceiling
        unbounded = self.balance + points
        if 0 <= unbounded <= ceiling:
            self.balance = unbounded
            self.lines.append(Line(points, unbounded, code, params, at))
            return
        limit = 0 if unbounded < 0 else ceiling
        bound = "clamp_bottom" if unbounded < 0 else "clamp_top" if ceiling == MAX_SCORE else "browser_ceiling"
        self.balance = limit
        self.lines.append(Line(points, limit, code, params, at))
        self.lines.append(Line(limit - unbounded, limit, bound, {"limit": limit}, at))

    def _zero(self, code: str, params: Mapping[str, Any], at: datetime) -> None:
        self.lines.append(Line(0, self.balance, code, params, at))


def _matches(rule: EventRule, event: Event) -> bool:
    if rule.name and rule.name != event.name:
        return False
    if rule.level and rule.level != level_of(event):
        return False
    return not rule.url_prefix or _path(event.url).startswith(rule.url_prefix)


def _about(event: Event) -> dict[str, Any]:
    """What a line says of its event: no address, which may carry personal data in its query."""
    return {"event": event.id, "type": event.type, "name": event.name}


def _titled(rule: EventRule) -> Mapping[str, Any]:
    return {"title": dict(rule.title)} if rule.title else NOTHING


def _subject(event: Event) -> str:
    """What an event was done to: its name, else its page."""
    return event.name or _path(event.url)


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:  # such as an unclosed bracket in the host: of no page that a rule could name
        return ""


def _folded(value: Any) -> frozenset[str]:
    values = value if isinstance(value, list | tuple | set | frozenset) else [value]
    return frozenset(fold_text(str(one)) for one in values if one is not None)
