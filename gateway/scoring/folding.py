"""The fold itself: one event after the other is counted by the rules, and time does what it does between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any

from forms.text import fold as fold_text
from gateway.records import Event
from gateway.scoring.conditions import Seen, all_hold, believed, matches, path
from gateway.scoring.events import band_points
from gateway.scoring.idle import Period, later
from gateway.scoring.known import Change
from gateway.scoring.lines import Line, new_line
from gateway.scoring.mail_clicks import CLICK, MailClicks
from gateway.scoring.model import MAX_SCORE, Answer, AnswerRule, EventRule, Group, Rulebook

LONGEST_DAY = timedelta(hours=26)  # where clocks go back two hours, as at Troll in Antarctica


class Folding:
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
        self.idle: datetime | None = None  # the end of the idle month that is running
        self.ending: list[tuple[datetime, int, EventRule, int, int]] = []  # points that will be taken back; a heap
        self.halving: dict[str, datetime] = {}  # group → when half of it will go
        self.standing: dict[str, int] = {}  # group → its points that stand
        self.beyond_browser = 0  # points that somebody else than the browser stands for
        self.subjects: dict[tuple[str, str], int] = {}  # rule and subject → how often it counted
        self.days: dict[str, tuple[datetime, int]] = {}  # rule → when it last counted, and how often on that day
        self.lately: dict[str, list[datetime]] = {}  # rule → when it counted
        self.seen: dict[str, datetime] = {}
        self.results: dict[tuple[str, str], tuple[int, int, Mapping[str, Any]]] = {}  # see `_result`
        self.standing_answers: dict[str, dict[int, int]] = {}  # rule → its answers that stand → what each gave
        self.attributes: dict[str, int] = {}  # rules whose points stand → what each gave
        self.facts: dict[str, Any] = {}
        self.past: list[Event] | None = [] if rulebook.reads_events else None  # what conditions look back on
        self.clicks = MailClicks()

    @property
    def changes_at(self) -> datetime | None:
        return min((at for at, _ in self._due()), default=None)

    def pass_until(self, moment: datetime) -> None:
        """Write what time alone does until then, in the order of its moments."""
        while (self.idle is not None and self.idle <= moment) or self.ending or self.halving:
            at, what = min(self._due(), key=lambda one: one[0], default=(None, ""))
            if at is None or at > moment:
                return
            if what == "idle":
                self._idle_month(at)
            elif what == "ending":
                self._expire()
            else:
                self._halve(what.removeprefix("group:"), at)

    def _due(self) -> list[tuple[datetime, str]]:
        """What time will change next: nothing is left to take from an empty balance."""
        found: list[tuple[datetime, str]] = []
        if self.balance and self.idle is not None and self.rulebook.decay.points:
            found.append((self.idle, "idle"))
        if self.ending:
            found.append((self.ending[0][0], "ending"))
        if self.balance:
            found += [(at, f"group:{key}") for key, at in self.halving.items() if self.standing.get(key, 0) > 0]
        return found

    def _idle_month(self, at: datetime) -> None:
        self.idle = later(at, self.month, self.pauses)
        self._write(-self.rulebook.decay.points, "idle_month", {"days": self.rulebook.decay.days}, at)

    def _expire(self) -> None:
        at, _, rule, given, beyond = heappop(self.ending)
        self.beyond_browser -= beyond
        if self.balance or given < 0:
            self._take_back(given, "expired", {**rule.titled, "rule": rule.code}, at, group=rule.group)
        elif rule.group:  # nothing is left to take, but the group has room again
            self.standing[rule.group] -= self._left(given, rule.group)

    def _halve(self, key: str, at: datetime) -> None:
        group = self.rulebook.group[key]
        assert group.half_life_days is not None
        self.halving[key] = at + timedelta(days=group.half_life_days)
        params = {"days": group.half_life_days, **_grouped(group)}
        self._write(-((self.standing[key] + 1) // 2), "half_life", params, at, group=key)

    def learn(self, change: Change) -> None:
        """From now on these facts are known; points for what is known come and go with it."""
        self.pass_until(change.at)
        self.facts.update(change.values)
        seen = Seen(self.facts, (), change.at)
        for rule in self.rulebook.attribute_rules:
            holds = all_hold(rule.when, seen)
            if holds == (rule.code in self.attributes):
                continue
            self.beyond_browser += (1 if holds else -1) * max(rule.points, 0)
            if self.idle is None:
                self.idle = later(change.at, self.month, self.pauses)
            if holds:
                given = self._write(rule.points, rule.code, {**rule.titled}, change.at, group=rule.group)
                self.attributes[rule.code] = given
            else:
                given, about = self.attributes.pop(rule.code), {**rule.titled, "rule": rule.code}
                self._take_back(given, "attribute_gone", about, change.at, group=rule.group)

    def if_answered(self, event: Event, known: Change) -> int:
        """The balance if this were answered now, and known from now on; nothing here is changed by it."""
        other = copy(self)
        other.lines = []
        for name in ("halving", "standing", "standing_answers", "attributes", "facts"):
            setattr(other, name, copy(getattr(self, name)))
        other.learn(known)
        other.answer(event)
        return other.balance

    def take(self, event: Event) -> None:
        """Count one event by every rule that speaks of it, in the rulebook's order."""
        kind, trusted = event.type, believed(event)
        if trusted and self.clicks.waiting:
            for click in self.clicks.shown_by(event):
                self._by_rules(click, event.at)
                if self.past is not None:
                    self.past.append(click)
        if kind == CLICK:
            self._click(event, trusted)
            return  # it is remembered once a person shows
        if kind == "answer":
            self.answer(event)
        elif trusted:
            self._by_rules(event, event.at)
        elif self._named(event):
            self._disbelieve(event)
        if self.past is not None:
            self.past.append(event)

    def answer(self, event: Event) -> None:
        """Count what was answered to one question."""
        answered = self.rulebook.answer_rules.get(str(event.params.get("field")), ())
        if answered and not believed(event):
            self._disbelieve(event)
            return
        for rule in answered:
            self._answer(rule, event)

    def _click(self, event: Event, trusted: bool) -> None:
        """Mail scanners click as well: a click waits until a person shows (`mail_clicks`). A burst is one whichever of
        its clicks a rule names."""
        code = self.clicks.take(event) if trusted else ""
        if not self._named(event):
            return
        if code:
            self._zero(code, _about(event), event.at)
        else:
            self._disbelieve(event)

    def _named(self, event: Event) -> bool:
        """Whether any rule speaks of it."""
        return any(one.bare or matches(one, event) for one in self.event_rules.get(event.type, ()))

    def _by_rules(self, event: Event, at: datetime) -> None:
        for one in self.event_rules.get(event.type, ()):
            if one.bare or matches(one, event):
                self._count(one, event, at)

    def _disbelieve(self, event: Event) -> None:
        """A scanner's click or a forged event is shown, once and at zero points."""
        code = "wrong_source" if event.human else "not_human"
        self._zero(code, {**_about(event), "source": event.source}, event.at)

    def _count(self, rule: EventRule, event: Event, at: datetime) -> None:
        if rule.visit is not None:
            before, self.seen[rule.code] = self.seen.get(rule.code), at
            if before is not None and at - before < rule.visit:
                return  # a visit lasts until nothing was looked at for that long; it counts at its first page
        if rule.when and not all_hold(rule.when, Seen(self.facts, self.past or (), at)):
            self._zero("unmet", {**_about(event), **rule.titled, "rule": rule.code}, at)
            return
        if rule.by_band:
            self._result(rule, event, at)
            return
        if cap := self._capped(rule, event, at):
            code, limit = cap
            params = {**_about(event), **rule.titled, "rule": rule.code, "limit": limit}
            self._zero(code, params | {"days": rule.within_days} if code == "capped_window" else params, at)
            return
        points = rule.points
        beyond = points if event.source != "browser" and points > 0 else 0
        self.beyond_browser += beyond
        about = {"event": event.id, "type": event.type, "name": event.name, **rule.titled}
        given = self._write(points, rule.code, about, at, group=rule.group, human=True)
        if rule.lasts_days is not None and given:
            heappush(self.ending, (at + timedelta(days=rule.lasts_days), len(self.lines), rule, given, beyond))

    def _capped(self, rule: EventRule, event: Event, at: datetime) -> tuple[str, int] | None:
        """The cap by which this event does not count: the code of its line, and how often the rule may. None where it
        counts, which is remembered for the next."""
        per_subject, per_day, times = rule.per_subject, rule.per_day, rule.times
        if per_subject is not None:
            subject = rule.code, _subject(event)
            so_far = self.subjects.get(subject, 0)
            if so_far >= per_subject:
                return "capped_subject", per_subject
        if per_day is not None:
            today = self._on_its_day(rule, at)
            if today >= per_day:
                return "capped_day", per_day
        if times is not None:
            if self._so_far(rule, at) >= times:
                return "capped_times" if rule.within_days is None else "capped_window", times
            self.lately.setdefault(rule.code, []).append(at)
        if per_subject is not None:
            self.subjects[subject] = so_far + 1
        if per_day is not None:
            self.days[rule.code] = at, today + 1
        return None

    def _on_its_day(self, rule: EventRule, at: datetime) -> int:
        """How often the rule has counted on the calendar day of this moment."""
        if (counted := self.days.get(rule.code)) is None:
            return 0
        before, times = counted
        if at - before > LONGEST_DAY:
            return 0
        same = at.astimezone(self.zone).toordinal() == before.astimezone(self.zone).toordinal()
        return times if same else 0

    def _so_far(self, rule: EventRule, at: datetime) -> int:
        """How often the rule has counted in all, or within its window."""
        lately = self.lately.get(rule.code, [])
        if rule.within_days is None:
            return len(lately)
        since = at - timedelta(days=rule.within_days)
        self.lately[rule.code] = lately = [one for one in lately if one > since]
        return len(lately)

    def _answer(self, rule: AnswerRule, event: Event) -> None:
        """The latest answer stands: what the earlier one gave is taken back."""
        values = _folded(event.params.get("value"))
        said = [n for n, one in enumerate(rule.answers) if not one.values or one.values & values]
        held = self.standing_answers.get(rule.code, {})
        if said and said == [*held]:
            about = {**_about(event), **rule.answers[said[0]].params, "rule": rule.answers[said[0]].code}
            self._zero("answered_before", about, event.at)
            return
        gone, new = [n for n in held if n not in said], [n for n in said if n not in held]
        self.beyond_browser += sum(max(rule.answers[n].points, 0) for n in new)
        self.beyond_browser -= sum(max(rule.answers[n].points, 0) for n in gone)
        for n in gone:
            params = {**_about(event), **rule.answers[n].params, "rule": rule.answers[n].code}
            self._take_back(held[n], "answer_replaced", params, event.at, group=rule.group, human=True)
        given = {n: self._give(rule.answers[n], event, rule.group) for n in new}
        self.standing_answers[rule.code] = {n: given[n] if n in given else held[n] for n in said}

    def _give(self, answer: Answer, event: Event, group: str) -> int:
        params = {**_about(event), **answer.params}
        return self._write(answer.points, answer.code, params, event.at, group=group, human=True)

    def _result(self, rule: EventRule, event: Event, at: datetime) -> None:
        """A band's own points. Of each assessment the latest result stands, as the latest answer does: its points, what
        they gave, and its words."""
        points = band_points(event)
        if points is None:
            return
        about = {**rule.titled, "band": event.params["band"], "share": event.params["share"]}
        before, gave, held = self.results.get((rule.code, event.name), (0, 0, None))
        if held is not None and held["band"] == about["band"] and before == points:
            self._zero("answered_before", {**_about(event), **about, "rule": rule.code}, at)
            return
        self.beyond_browser += max(points, 0) - max(before, 0)
        if held is not None and before:
            params = {**_about(event), **held, "rule": rule.code}
            self._take_back(gave, "answer_replaced", params, at, group=rule.group, human=True)
        given = self._write(points, rule.code, {**_about(event), **about}, at, group=rule.group, human=True)
        self.results[rule.code, event.name] = points, given, about

    def _take_back(
        self, given: int, code: str, params: Mapping[str, Any], at: datetime, *, group: str, human: bool = False
    ) -> None:
        self._write(-self._left(given, group), code, params, at, group=group, human=human)

    def _left(self, given: int, group: str) -> int:
        """What still stands of points that were given: a group's half-lives may have taken them."""
        return min(given, max(self.standing.get(group, 0), 0)) if group else given

    def _write(
        self, points: int, code: str, params: Mapping[str, Any], at: datetime, *, group: str = "", human: bool = False
    ) -> int:
        """A step and what is cut off: by its group's limit, and where it leaves the bounds. Rule 22: as long as browser
        events alone speak, the upper bound stands below interest 1 and below sales. Returns the points that count in
        the group: what is to be taken back again.

        human: by an event, which ends the idle month that was running."""
        if human:
            self.idle = later(at, self.month, self.pauses) if self.pauses else at + self.month
            if group and (half := self.rulebook.group[group].half_life_days) is not None:
                self.halving[group] = at + timedelta(days=half)
        over = self._over(group, points) if group else 0
        ceiling = MAX_SCORE if self.beyond_browser > 0 else self.browser_ceiling
        unbounded = self.balance + points - over
        if not self.balance and unbounded > 0:
            self._begin_anew(at)
        self.balance = balance = 0 if unbounded < 0 else ceiling if unbounded > ceiling else unbounded
        self.lines.append(new_line((points, balance, code, params, at)))
        if over:
            limit = {"limit": self.rulebook.group[group].most, **_grouped(self.rulebook.group[group])}
            self.lines.append(new_line((-over, balance, "capped_group", limit, at)))
        if unbounded != balance:
            bound = "clamp_bottom" if unbounded < 0 else "clamp_top" if ceiling == MAX_SCORE else "browser_ceiling"
            self.lines.append(new_line((balance - unbounded, balance, bound, {"limit": balance}, at)))
        return points - over

    def _begin_anew(self, at: datetime) -> None:
        """What time would have taken from an empty balance is not taken from a new one."""
        if self.idle is not None and self.idle <= at:
            self.idle = later(at, self.month, self.pauses)
        for key, due in self.halving.items():
            half = self.rulebook.group[key].half_life_days
            if due <= at and half is not None:
                self.halving[key] = at + timedelta(days=half)

    def _over(self, group: str, points: int) -> int:
        """How many of these points the group has no room for; the others stand from now on."""
        most, stood = self.rulebook.group[group].most, self.standing.get(group, 0)
        over = min(max(stood + points - most, 0), points) if most is not None and points > 0 else 0
        self.standing[group] = stood + points - over
        return over

    def _zero(self, code: str, params: Mapping[str, Any], at: datetime) -> None:
        self.lines.append(new_line((0, self.balance, code, params, at)))


def _about(event: Event) -> dict[str, Any]:
    """What a line says of its event: no address, which may carry personal data in its query."""
    return {"event": event.id, "type": event.type, "name": event.name}


def _grouped(group: Group) -> Mapping[str, Any]:
    return {"group": group.key, **({"title": dict(group.title)} if group.title else {})}


def _subject(event: Event) -> str:
    """What an event was done to: its name, else its page."""
    return event.name or path(event.url)


def _folded(value: Any) -> frozenset[str]:
    values = value if isinstance(value, list | tuple | set | frozenset) else [value]
    return frozenset(fold_text(str(one)) for one in values if one is not None)
