"""A rulebook in words: its rules, conditions and ways into a stage, as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.scoring import wording as scoring
from gateway.scoring.model import (
    AnswerRule,
    Entry,
    EventRule,
    FactCondition,
    Group,
    Profile,
    Rule,
    Segment,
    Text,
    When,
)
from gateway.web.console.labels import Labels, labelled
from gateway.web.console.wording import Wording
from gateway.words import say


class RuleWords:
    """In one language; `labels` are those of the site's published forms."""

    def __init__(self, lang: str, labels: Labels) -> None:
        self.lang = lang
        self.labels = labels
        self._words = Wording(lang)

    def rule(self, rule: Rule) -> str:
        """What a rule is called: by its title, the catalogue, or as the answers that it is of."""
        if isinstance(rule, AnswerRule):
            return self.field(rule.field)
        if isinstance(rule, EventRule) and rule.by_band and not rule.title:
            return say(self.lang, "rules.by_band")
        return self._called(rule.code, {"title": rule.title})

    def what(self, rule: Rule) -> list[str]:
        """When it counts: the event with what it asks of it, and each condition."""
        if isinstance(rule, AnswerRule):
            return []
        own = []
        if isinstance(rule, EventRule):
            own = [self._event(rule)]
        return own + [self.condition(one) for one in rule.when]

    def limits(self, rule: Rule) -> list[str]:
        """How often it counts, and how long."""
        if not isinstance(rule, EventRule):
            return []
        minutes = int(rule.visit.total_seconds() // 60) if rule.visit else None
        found = {
            "per_day": rule.per_day,
            "per_subject": rule.per_subject,
            "times_within" if rule.within_days else "times": rule.times,
            "visit_minutes": minutes,
            "lasts_days": rule.lasts_days,
        }
        return [
            say(self.lang, f"rules.says_{cap}", n=number, days=rule.within_days or 0)
            for cap, number in found.items()
            if number is not None
        ]

    def fades(self, group: Group) -> str:
        """What a group gives at most, and how it fades."""
        said = {"most": group.most, "half": group.half_life_days}
        found = [say(self.lang, f"rules.group_says_{key}", n=number) for key, number in said.items() if number]
        return self.joined(found) or say(self.lang, "rules.group_says_nothing")

    def answers(self, rule: AnswerRule) -> list[tuple[str, str]]:
        """Of each answer: what it is called, and the options that count."""
        return [
            (self._called(one.code, one.params), self.values(rule.field, sorted(one.values))) for one in rule.answers
        ]

    def field(self, name: str) -> str:
        return self._words.field_words(name, lambda field, value: labelled(self.labels, field, value))

    def values(self, field: str, values: Iterable[Any]) -> str:
        return self.joined(self._value(field, value) for value in values)

    def joined(self, parts: Iterable[str]) -> str:
        return ("، " if self.lang == "fa" else ", ").join(part for part in parts if part)

    def event(self, kind: str) -> str:
        return say(self.lang, f"scoring.event_{kind}")

    def condition(self, one: When) -> str:
        """In words; of a question to a fact that was kept without a test, that nothing is written yet."""
        said = scoring.say_condition(self.lang, one, field=self.field, value=self._value)
        if said or not isinstance(one, FactCondition):
            return said
        return f"{self.field(one.field)}: {say(self.lang, 'rules.asks_nothing_yet')}"

    def _value(self, field: str, kept: Any) -> str:
        """An option in its words; any other value set apart, so that 51-200 is not turned among Persian words."""
        told = labelled(self.labels, field, kept)
        return str(told) if told != kept else f"\u2068{kept}\u2069"

    def titled(self, one: Group | Profile | Segment) -> str:
        return self._called(one.key, {"title": one.title})

    def entry(self, one: Entry) -> tuple[str, str]:
        """A way into a stage: what it is called (nothing where its words need a lead), and what it asks."""
        named = self._called(one.code, {"title": one.title}, otherwise="")
        return named, self._asks(one)

    def _event(self, rule: EventRule) -> str:
        said = self.event(rule.event)
        for key in ("name", "level", "url_prefix", "band"):
            told = getattr(rule, key)
            word = f"level_{told}" if key == "level" else key
            said = say(self.lang, f"scoring.when_{word}", what=said, told=told) if told else said
        return said

    def _asks(self, one: Entry) -> str:
        def told(code: str, **params: Any) -> str:
            return say(self.lang, f"rules.way_{code}", **params)

        found = [
            told("events", events=self.joined(map(self.event, one.events))) if one.events else "",
            told("interest", n=one.interest) if one.interest else "",
            told("cooled", n=one.cooled) if one.cooled else "",
            told("grades", grades=self.joined(one.grades)) if one.grades else "",
            told("contact") if one.contact_requested else "",
            *map(self.condition, one.when),
            told("reopens") if one.reopens else "",
            told("back", stages=self.joined(one.back_from)) if one.back_from else "",
        ]
        return self.joined(found)

    def _called(self, code: str, params: Mapping[str, Any], otherwise: str | None = None) -> str:
        title: Text = params.get("title") or {}
        if title:
            return str(title.get(self.lang) or next(iter(title.values())))
        try:
            return scoring.say_code(self.lang, code, {key: one for key, one in params.items() if key != "title"})
        except (KeyError, IndexError, ValueError):
            return code.replace("_", " ") if otherwise is None else otherwise
