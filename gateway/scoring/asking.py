"""The next best question: how far its answer would move the lead.

What a question is worth is the expected size of the move: each answer that it may get, times how likely it is, times
how far the lead would then stand from where it stands now. The size of a move counts what a marketer acts on, one each:

- a letter of the grade; from none to a first letter is one, and on the way there the part of the missing coverage that
  becomes known, since several answers may be needed and none of them alone brings a letter;
- a level of interest;
- another stage, or becoming disqualified;
- a destination that would get the lead now, or no more.

All count alike: weights between them would be taste, and what matters most (reaching sales) moves several at once. A
question that moves nothing is worth nothing, however interesting: it comes
after the others, in the form's order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from forms.records import Field, Form
from forms.text import fold as fold_text
from gateway.records import Event
from gateway.scoring.conditions import holds
from gateway.scoring.events import comparable
from gateway.scoring.fit import Fit, grade
from gateway.scoring.folding import Folding
from gateway.scoring.idle import deal_periods
from gateway.scoring.known import Change, Known
from gateway.scoring.model import GRADES, UNGRADED, FactCondition, Rulebook
from gateway.scoring.score import folded, in_order
from gateway.scoring.stages import Situation
from gateway.scoring.standing import interest_of, placed

ENOUGH = 20  # answers from which on they say how likely each is; fewer would tell what single people said
OTHER = "–"  # an answer that nothing in the rulebook names
NOT_ASKED = ("hidden", "consent", "email", "phone")

Counts = Mapping[str, Mapping[str, int]]  # question → key of an answer (`key`) → how often it was given
Sends = Callable[["Stands"], Collection[str]]  # the destinations for a lead that stands so


@dataclass(frozen=True)
class Likely:
    """An answer that a question may get, and its share of all, above 0 to 1."""

    value: Any
    share: float


@dataclass(frozen=True)
class Question:
    """A question with what it may be answered, and how much of the rulebook reads that besides grade and exclusion."""

    asked: Field
    answers: tuple[Likely, ...]
    scored: bool  # rules give points for it
    places: bool  # stages or segments ask for it


@dataclass(frozen=True)
class Person:
    """What is known of a lead and may steer questions: nothing from sensitive ones."""

    facts: Mapping[str, Any]
    events: Sequence[Event]
    history: Known  # the same facts with their times
    stage: str | None
    contact_requested: bool
    customer: bool
    deal_open: bool


@dataclass(frozen=True)
class Stands:
    """Where a lead stands, as far as a move counts it."""

    score: int
    interest: int
    grade: str
    coverage: int  # of the profile's weight, per cent
    stage: str | None
    disqualified: str | None
    segments: tuple[str, ...]


def worth(
    rulebook: Rulebook, person: Person, questions: Iterable[Question], now: datetime, *, sends: Sends
) -> dict[str, float]:
    """Question → the expected size of the move (see above), 0 or more."""
    trial = _Trial(rulebook, person, now, sends=sends)
    return {one.asked.name: trial.worth(one) for one in questions}


def question(rulebook: Rulebook, asked: Field, counts: Counts) -> Question:
    """A question as this rulebook sees it; `counts` by `tally`."""
    scored = asked.name in rulebook.answer_rules or bool(_points(rulebook, asked.name))
    return Question(asked, likely(rulebook, asked, counts), scored, bool(_places(rulebook, asked.name)))


def likely(rulebook: Rulebook, asked: Field, counts: Counts) -> tuple[Likely, ...]:
    """What a question may be answered, each with its share: as often as it was so far, one more for each (Laplace), so
    that nothing is impossible; all alike until `ENOUGH` have answered. Of free text, numbers and dates: what the
    rulebook tells apart, and one answer that it does not name."""
    found = _answers(rulebook, asked)
    given = [counts.get(asked.name, {}).get(key(one), 0) for one in found]
    told = sum(given) >= ENOUGH
    total = sum(given) + len(found) if told else len(found)
    return tuple(Likely(one, (n + 1 if told else 1) / total) for one, n in zip(found, given, strict=True))


def tally(rulebook: Rulebook, sent: Iterable[tuple[Form, Mapping[str, Any]]]) -> dict[str, dict[str, int]]:
    """How often each answer was given: counts by words of the form and the rulebook alone, no text that people wrote,
    nothing of sensitive questions."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    keys: dict[int, Callable[[Any], str]] = {}
    for form, answers in sent:
        for asked in form.fields:
            given = answers.get(asked.name)
            if asked.sensitive or asked.type in NOT_ASKED or given in (None, "", []):
                continue
            key_of = keys.get(id(asked)) or keys.setdefault(id(asked), _keys(rulebook, asked))
            counts[asked.name].update(key_of(one) for one in (given if isinstance(given, list) else [given]))
    return {name: dict(found) for name, found in counts.items()}


def key(value: Any) -> str:
    """What an answer of `likely` is counted under."""
    return str(value[0] if isinstance(value, list) else value)


def commonest(answers: Sequence[Likely]) -> Any:
    """The likeliest; of several the first."""
    return max(answers, key=lambda one: one.share).value


def answer(asked: Field, value: Any, now: datetime) -> Event:
    """The event that this answer would be."""
    params = {"field": asked.name, **({"value": value} if comparable(asked, value) else {})}
    return Event(f"answer:{asked.name}", "answer", now, asked.name, source="form", params=params)


class _Trial:
    """One lead, on whom answers are tried."""

    def __init__(self, rulebook: Rulebook, person: Person, now: datetime, *, sends: Sends) -> None:
        self.rulebook = rulebook
        self.person = replace(person, events=in_order(person.events, now))
        self.now = now
        self.sends = sends
        self.folding = self._folded()
        self.sent: dict[Stands, frozenset[str]] = {}
        self.places: dict[tuple[object, ...], Stands] = {}
        fit = grade(rulebook, person.facts)
        self.before = self._stands(fit, self.folding.balance, person.facts)

    def worth(self, question: Question) -> float:
        return sum(one.share * self._size(self._after(question, one.value)) for one in question.answers)

    def _after(self, question: Question, value: Any) -> Stands:
        """Where the lead would stand with this answer."""
        facts = {**self.person.facts, question.asked.name: value}
        fit = grade(self.rulebook, facts)
        score = self._score(question.asked, value) if question.scored else self.folding.balance
        own = (question.asked.name, key(value)) if question.places else None
        reasons = (fit.letter, fit.disqualified, score, own)  # all that the place depends on
        if reasons not in self.places:
            self.places[reasons] = self._stands(fit, score, facts)
        return replace(self.places[reasons], coverage=fit.coverage)

    def _folded(self) -> Folding:
        past = self.person.events
        since = past[-1].at if self.person.deal_open and past else None
        pauses = deal_periods(past, open_since=since)
        return folded(self.rulebook, past, self.now, pauses=pauses, known=self.person.history)

    def _score(self, asked: Field, value: Any) -> int:
        return self.folding.if_answered(answer(asked, value, self.now), Change(self.now, {asked.name: value}))

    def _stands(self, fit: Fit, score: int, facts: Mapping[str, Any]) -> Stands:
        asks, customer, shown = self.person.contact_requested, self.person.customer, self.folding.clicks.shown
        interest = interest_of(self.rulebook, score)
        situation = Situation(self.person.events, interest, fit.letter, asks, customer, facts, self.now, shown)
        place = placed(self.rulebook, situation, score, stage=self.person.stage, disqualified=fit.disqualified)
        return Stands(
            score, interest, fit.letter, fit.coverage, place.seen.stage, fit.disqualified, tuple(place.segments)
        )

    def _size(self, after: Stands) -> float:
        before = self.before
        if before == after:
            return 0.0
        return (
            _letters(before, after, self.rulebook.cutoffs.coverage)
            + abs(before.interest - after.interest)
            + ((before.stage, before.disqualified) != (after.stage, after.disqualified))
            + len(self._sent(before) ^ self._sent(after))
        )

    def _sent(self, stands: Stands) -> frozenset[str]:
        if stands not in self.sent:
            self.sent[stands] = frozenset(self.sends(stands))
        return self.sent[stands]


def _letters(before: Stands, after: Stands, needed: int) -> float:
    """Letters between two grades, see the top of this file. needed: coverage that a first letter takes, per cent."""
    graded = [one.grade for one in (before, after) if one.grade != UNGRADED]
    if len(graded) == 2:
        return abs(GRADES.index(before.grade) - GRADES.index(after.grade))
    if graded:
        return 1.0
    missing = max(needed - before.coverage, 1)
    return min(max(after.coverage - before.coverage, 0) / missing, 1.0)


# --- what may be answered ---------------------------------------------------------------------------------------------


def _answers(rulebook: Rulebook, asked: Field) -> list[Any]:
    """Each option; else one answer for each that the rulebook tells apart."""
    if asked.options:
        return [[option.value] if asked.type == "choices" else option.value for option in asked.options]
    told = _tells(rulebook, asked)
    found: dict[tuple[object, ...], Any] = {}
    for value in (OTHER if asked.type != "number" else None, *_named(rulebook, asked)):
        if value is not None:
            found.setdefault(told(value), value)
    return list(found.values())


def _keys(rulebook: Rulebook, asked: Field) -> Callable[[Any], str]:
    """Under which key an answer is counted."""
    if asked.options:
        return str
    told = _tells(rulebook, asked)
    found = {told(value): key(value) for value in _answers(rulebook, asked)}
    return lambda value: found.get(told(value), OTHER)


def _tells(rulebook: Rulebook, asked: Field) -> Callable[[Any], tuple[object, ...]]:
    """What the rulebook makes of an answer: answers of which it makes the same are one."""
    conditions = list(_conditions(rulebook, asked.name))
    answers = [one for rule in rulebook.answer_rules.get(asked.name, ()) for one in rule.answers]

    def told(value: Any) -> tuple[object, ...]:
        folded_value = fold_text(str(value)) if comparable(asked, value) else None
        met = (holds(one, {asked.name: value}) for one in conditions)
        return (*met, *(folded_value in one.values for one in answers))

    return told


def _named(rulebook: Rulebook, asked: Field) -> Iterator[Any]:
    """Values that the rulebook names for a question, and around the ends of ranges."""
    number = asked.type == "number"
    for one in _conditions(rulebook, asked.name):
        yield from sorted(one.any_of)
        yield from (text.strip() for text in one.contains)
        yield from (f"@{domain}" for domain in sorted(one.email_domains))
        yield from (end + step for end in (one.low, one.high) if end is not None for step in (-1, 0, 1))
    for rule in rulebook.answer_rules.get(asked.name, ()):
        yield from (value for one in rule.answers for value in sorted(one.values) if number)


def _conditions(rulebook: Rulebook, name: str) -> Iterator[FactCondition]:
    """All that ask for this fact, but for those of events' rules: what is said later changes no earlier line."""
    for profile in rulebook.profiles:
        yield from (fact.condition for fact in profile.facts if fact.condition.field == name)
    yield from (one.condition for one in rulebook.disqualifiers if one.condition.field == name)
    yield from _points(rulebook, name)
    yield from _places(rulebook, name)


def _points(rulebook: Rulebook, name: str) -> list[FactCondition]:
    """Those that give points for what is known."""
    return [one for rule in rulebook.attribute_rules for one in rule.when if one.field == name]


def _places(rulebook: Rulebook, name: str) -> list[FactCondition]:
    """Those of stages and segments."""
    entries = (one for stage in rulebook.stages for entry in stage.entries for one in entry.when)
    segments = (one for segment in rulebook.segments for one in segment.when)
    found = (*entries, *segments)
    return [one for one in found if isinstance(one, FactCondition) and one.field == name]
