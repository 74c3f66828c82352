"""Conditions from TOML: `[[….when]]`, all of which must hold."""

from __future__ import annotations

from typing import Any, get_args

from forms.text import fold as fold_text
from forms.toml import Table
from gateway.scoring.conditions import words
from gateway.scoring.event_types import SENDERS
from gateway.scoring.model import (
    GRADES,
    STAGES,
    UNGRADED,
    EventCondition,
    FactCondition,
    StandingCondition,
    When,
)

CELLS = tuple(f"{grade}{interest}" for grade in (*GRADES, UNGRADED) for interest in "1234")
EVERY_KIND = get_args(When)
MOST = 10  # conditions in one place: more are read by nobody


def when(table: Table, kinds: tuple[type, ...] = EVERY_KIND) -> tuple[Any, ...]:
    """All conditions of the table, of these kinds alone."""
    found = []
    for one in table.tables("when", "condition"):
        kind = FactCondition if "field" in one.content else EventCondition if "event" in one.content else None
        if (kind or StandingCondition) not in kinds:
            one.wrong_as_a_whole("condition_fact" if kinds == (FactCondition,) else "condition_fact_event")
            continue
        found.append(_READ[kind or StandingCondition](one))
    if len(found) > MOST:
        table.wrong("when", "many_conditions", limit=MOST)
    return tuple(found)


def fact_condition(table: Table) -> FactCondition:
    """A question to one fact; where the table is no condition of its own, its other keys are read before."""
    condition = FactCondition(
        field=table.text("field"),
        any_of=frozenset(map(fold_text, table.values("any_of"))),
        contains=tuple(map(words, table.values("contains"))),
        low=table.number("min"),
        high=table.number("max"),
        email_domains=frozenset(one.casefold().lstrip("@") for one in table.values("email_domains")),
        negated=table.flag("negated", False),
    )
    kinds = [key for key in ("any_of", "contains", "email_domains") if key in table.content]
    ranged = "min" in table.content or "max" in table.content
    if bool(kinds) == ranged or ("email_domains" in kinds and len(kinds) > 1):
        table.wrong("field", "condition_tests")
    if condition.low is not None and condition.high is not None and condition.low > condition.high:
        table.wrong("max", "max_below_min")
    if any(not one.strip() for one in condition.contains):
        table.wrong("contains", "words_not_signs")
    table.done()
    return condition


def _event_condition(table: Table) -> EventCondition:
    event = table.one_of("event", tuple(SENDERS))
    condition = EventCondition(
        event=event,
        **event_filter(table, event),
        at_least=table.whole("at_least", 1, low=1, high=1000),
        within_days=table.whole("within_days", None, low=1, high=3650),
        negated=table.flag("negated", False),
    )
    table.done()
    return condition


def event_filter(table: Table, event: str) -> dict[str, str]:
    """The keys by which a rule or a condition asks for some events of a type: see `model.EventFilter`."""
    band = table.text("band", "")
    if band and event != "assessment":
        table.wrong("band", "only_assessment")
    return {
        "band": band,
        "name": table.text("name", ""),
        "level": table.one_of("level", ("top", "bottom"), ""),
        "url_prefix": table.text("url_prefix", "", pattern="(?s)/.*", hint="url_prefix"),
    }


def _standing_condition(table: Table) -> StandingCondition:
    condition = StandingCondition(
        cells=table.values("cells", CELLS),
        stages=table.values("stages", STAGES),
        low=table.whole("score_min", None, low=0, high=100),
        high=table.whole("score_max", None, low=0, high=100),
        contact_requested=table.flag("contact_requested", None),
    )
    if all(value == [] for value in table.content.values()):
        table.wrong_as_a_whole("condition_any")
    if condition.low is not None and condition.high is not None and condition.low > condition.high:
        table.wrong("score_max", "score_max_below_min")
    table.done()
    return condition


_READ = {
    FactCondition: fact_condition,
    EventCondition: _event_condition,
    StandingCondition: _standing_condition,
}
