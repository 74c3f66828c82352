"""What rules of the routing name, in the page's words: questions, segments, forms, destinations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import Connection

from gateway.records import Destination
from gateway.routing import wording
from gateway.routing.choosing import Choice, Step
from gateway.routing.conditions import Condition, OneOf
from gateway.routing.hours import Hours
from gateway.routing.model import Rule
from gateway.routing.reaching import Unreached
from gateway.routing.wording import Names
from gateway.store import destinations, rulebooks
from gateway.web.console import labels
from gateway.web.console.access import seat
from gateway.web.console.formats import Formats
from gateway.web.console.pages import lang
from gateway.web.console.wording import Wording
from gateway.words import say


def r(code: str, **params: Any) -> str:
    """The routing's own words."""
    return say(lang(), f"routing.{code}", **params)


@dataclass(frozen=True)
class RouteWords:
    """places: all of the site's. segments and forms: key → words, what there is now."""

    lang: str
    places: Sequence[Destination]
    segments: Mapping[str, str]
    forms: Mapping[str, str]
    names: Names

    def condition(self, one: Condition) -> str:
        """Cells stay left to right within Persian words: a dash would else change its side."""
        if isinstance(one, OneOf) and one.what == "cell":
            one = replace(one, values=tuple(f"\u2066{cell}\u2069" for cell in one.values))
        return wording.say_condition(self.lang, one, self.names)

    def hours(self, hours: Hours) -> str:
        return wording.say_hours(self.lang, hours)

    def called(self, rule: Rule) -> str:
        return rule.title or say(self.lang, "routing.rule_number", n=rule.position)

    def unreached(self, one: Unreached, formats: Formats) -> str:
        """Why nobody gets to a rule, and what to do."""
        rules = wording.listed(self.lang, (wording.say_called(self.lang, by.position, by.title) for by in one.by))
        since = formats.day(one.since) if one.since else ""
        return say(self.lang, f"routing.unreached_{one.why}", rules=rules, since=since)

    def destination(self, destination_id: str) -> str:
        return self.names.destination(destination_id)

    def owners(self, rule: Rule) -> str:
        return wording.listed(self.lang, (one.name or one.known_as for one in rule.owners))

    def step(self, step: Step) -> str:
        return wording.say_step(self.lang, step, self.names)

    def choice(self, choice: Choice) -> str:
        return wording.say_choice(self.lang, choice)

    def gone(self, one: Condition) -> list[str]:
        """Segments that the condition names and the rulebook no longer has."""
        named = getattr(one, "values", ()) if getattr(one, "what", "") == "segment" else ()
        return [key for key in named if key not in self.segments]


def of_site(conn: Connection) -> RouteWords:
    """Those of the site of this page."""
    site = seat().site
    places = destinations.of_site(conn, site.id)
    said, words = Wording(lang()), labels.of_site(conn, site.id, lang())
    labelled = partial(labels.labelled, words)
    segments = {one.key: said.segment_words(one) for one in rulebooks.in_force(conn, site.id).segments}
    forms = labels.titles(conn, site.id, lang())
    called = {one.id: one.name for one in places}
    names = Names(
        field=lambda name: said.field_words(name, labelled),
        value=labelled,
        segment=lambda key: segments.get(key, key),
        form=lambda key: forms.get(key, key),
        destination=lambda one: called.get(one, one),
    )
    return RouteWords(lang(), places, segments, forms, names)
