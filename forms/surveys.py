"""What many people answered to one form, as simple market research: how often each option was chosen, and how an
assessment came out. Counted by person: of somebody who sent it twice the latest answer to each question stands.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from forms.assessing import assess, points
from forms.records import Band, Field, Form, Text

Sent = tuple[Hashable, Form, Mapping[str, Any]]  # who, the version that they were asked, what they answered


@dataclass(frozen=True)
class Chosen:
    """One option and by how many people it was chosen."""

    value: str
    label: Text
    people: int


@dataclass(frozen=True)
class Spread:
    """One question: how many answered it, and what. Where several may be chosen, options add up to more than that.
    average: of what its answers could have brought, 0 to 1; none where it is not scored."""

    asked: Field
    people: int
    chosen: tuple[Chosen, ...]
    average: float | None


@dataclass(frozen=True)
class Survey:
    """form: as it is now. people: who answered anything; completed: who have a result, average the mean of their
    shares, 0 to 100, or none."""

    form: Form
    people: int
    completed: int
    average: float | None
    bands: tuple[tuple[Band, int], ...]
    questions: tuple[Spread, ...]


class _Tally:
    """All that is counted on the way through what was sent."""

    def __init__(self) -> None:
        self.answered: dict[Hashable, set[str]] = {}
        self.finished: set[Hashable] = set()
        self.shares = 0
        self.bands = Counter[str]()
        self.known_bands: dict[str, Band] = {}
        self.fields: dict[str, Field] = {}
        self.labels: dict[str, dict[str, Text]] = {}
        self.people = Counter[str]()
        self.chosen: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.reached = Counter[str]()
        self.of = Counter[str]()

    def know(self, form: Form) -> None:
        """Names and words of a version; those of the one told first stand."""
        for band in form.bands:
            self.known_bands.setdefault(band.key, band)
        for asked in form.fields:
            if asked.options:
                self.fields.setdefault(asked.name, asked)
                labels = self.labels.setdefault(asked.name, {})
                for option in asked.options:
                    labels.setdefault(option.value, option.label)

    def take(self, who: Hashable, form: Form, answers: Mapping[str, Any]) -> None:
        before = self.answered.setdefault(who, set())
        for asked in form.fields:
            answer = answers.get(asked.name)
            if asked.options and answer and asked.name not in before:
                before.add(asked.name)
                self._answer(asked, answer)
        result = assess(form, answers) if form.bands and who not in self.finished else None
        if result:
            self.finished.add(who)
            self.bands[result.band.key] += 1
            self.shares += result.share

    def _answer(self, asked: Field, answer: Any) -> None:
        self.people[asked.name] += 1
        chosen = self.chosen[asked.name]
        for value in answer if isinstance(answer, list) else (answer,):
            chosen[value] += 1
        if asked.scored:
            self.reached[asked.name] += points(asked, answer)
            self.of[asked.name] += asked.attainable

    def spread(self, asked: Field) -> Spread:
        name = asked.name
        chosen = self.chosen[name]
        options = tuple(Chosen(value, label, chosen[value]) for value, label in self.labels[name].items())
        average = self.reached[name] / self.of[name] if self.of[name] else None
        return Spread(asked, self.people[name], options, average)


def survey(form: Form, sent: Iterable[Sent]) -> Survey:
    """form: as it is now, whose words and order stand first; what older versions asked besides comes after.
    sent: the newest first; `who` is the same for the same person."""
    tally = _Tally()
    tally.know(form)
    known = {id(form)}
    for who, version, answers in sent:
        if id(version) not in known:
            known.add(id(version))
            tally.know(version)
        tally.take(who, version, answers)
    finished = len(tally.finished)
    return Survey(
        form=form,
        people=sum(1 for names in tally.answered.values() if names),
        completed=finished,
        average=tally.shares / finished if finished else None,
        bands=tuple((band, tally.bands[key]) for key, band in tally.known_bands.items()),
        questions=tuple(tally.spread(asked) for asked in tally.fields.values()),
    )
