"""What the editor of conditions offers to choose from: facts with their options, events, and the names that a site
gives to what happens."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from forms.model import Form
from forms.text import fold
from gateway.records import Site
from gateway.scoring.event_types import SENDERS
from gateway.scoring.model import STAGES, EventCondition, EventRule, FactCondition, Rulebook, When
from gateway.store import forms
from gateway.web.console.labels import Labels, labelled, of_forms
from gateway.web.console.wording import Wording
from gateway.words import say

# Facts that lists, the API and staff bring, whether a form asks for them or not.
KNOWN = (
    "email", "phone", "company", "job_title", "company_size", "industry", "country", "city", "budget", "time_to_buy",
    "benefits", "age", "gender", "relationship",
)  # fmt: skip
UNASKED = ("hidden", "consent")  # types of fields that are no questions


@dataclass(frozen=True)
class Choices:
    """In one language. facts: name → (words, options), those that forms ask first."""

    lang: str
    facts: Mapping[str, tuple[str, Mapping[str, str]]]
    asked: Collection[str]  # of the facts, those that a published form asks
    names: Collection[str] = ()  # what the site calls its offers, assessments and events
    bands: Collection[str] = ()
    freely: Collection[str] = ()  # of the asked, those answered by text of one's own: its values reach no answer's rule

    @property
    def named_events(self) -> list[tuple[str, str]]:
        """(type, words), none chosen first."""
        told = ((kind, say(self.lang, f"scoring.event_{kind}")) for kind in SENDERS)
        return [("", say(self.lang, "rules.cond_choose")), *told]

    @property
    def named_stages(self) -> list[tuple[str, str]]:
        return [(stage, say(self.lang, f"scoring.stage_{stage}")) for stage in STAGES]

    def others(self) -> list[str]:
        """Facts that no published form asks."""
        return [name for name in self.facts if name not in self.asked]

    def options(self, name: str) -> Mapping[str, str]:
        """Value → words; none for a question without options."""
        return self.facts[name][1] if name in self.facts else {}

    def ticked(self, name: str, values: Iterable[object]) -> set[str]:
        """Which of its options are among the values, however these are written."""
        found = {fold(_text(one)) for one in values}
        return {value for value in self.options(name) if fold(value) in found}

    def written(self, name: str, values: Iterable[object]) -> list[str]:
        """The values that are none of its options."""
        known = {fold(value) for value in self.options(name)}
        return [_text(one) for one in values if fold(_text(one)) not in known]


def of_site(conn: Connection, site: Site, lang: str, rulebook: Rulebook | None = None) -> Choices:
    """Those of the site's published forms and declared events, and what the rulebook speaks of already."""
    return of(forms.published_of_site(conn, site.id), site, lang, rulebook)


def of(found: Collection[Form], site: Site, lang: str, rulebook: Rulebook | None = None) -> Choices:
    labels, named = of_forms(found, lang), Wording(lang)
    questions = {one.name: one for form in found for one in form.fields if one.type not in UNASKED}
    options = {
        name: {one.value: str(labelled(labels, name, one.value)) for one in question.options}
        for name, question in questions.items()
    }
    spoken = _spoken_of(rulebook) if rulebook else []
    names = dict.fromkeys([*questions, *KNOWN, *(one.field for one in spoken if isinstance(one, FactCondition))])
    return Choices(
        lang,
        {name: (_called(named, labels, name), options.get(name, {})) for name in names},
        frozenset(questions),
        sorted({*_declared(found, site), *(one.name for one in spoken if isinstance(one, EventCondition))} - {""}),
        sorted({band.key for form in found for band in form.bands}),
        {name for name in questions if name not in _compared(found)},
    )


def _called(named: Wording, labels: Labels, name: str) -> str:
    return named.field_words(name, lambda of, value: str(labelled(labels, of, value)))


def _compared(found: Collection[Form]) -> set[str]:
    """Questions whose answers rules compare, in one form at least."""
    return {one.name for form in found for one in form.fields if one.options or one.type == "number"}


def _declared(found: Collection[Form], site: Site) -> set[str]:
    offers = {form.offer_key for form in found if form.offer_key}
    return {*offers, *(form.key for form in found if form.bands), *map(str, site.settings.get("events", ()))}


def _spoken_of(rulebook: Rulebook) -> list[When]:
    """Every condition in the rulebook."""
    ruled = [one for rule in rulebook.rules for one in getattr(rule, "when", ())]
    events = [EventCondition(event=one.event, name=one.name) for one in rulebook.rules if isinstance(one, EventRule)]
    facts = [one.condition for profile in rulebook.profiles for one in profile.facts]
    facts += [one.condition for one in rulebook.disqualifiers]
    ways = [one for stage in rulebook.stages for entry in stage.entries for one in entry.when]
    return [*ruled, *events, *facts, *ways, *(one for segment in rulebook.segments for one in segment.when)]


def _text(value: object) -> str:
    """As the rulebook's reader takes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
