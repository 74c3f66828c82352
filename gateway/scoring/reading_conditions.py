"""Conditions from TOML: `[[….when]]`, all of which must hold."""

from __future__ import annotations

from typing import Any, get_args

from forms.text import fold as fold_text
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
from gateway.scoring.table import Table

CELLS = tuple(f"{grade}{interest}" for grade in (*GRADES, UNGRADED) for interest in "1234")
EVERY_KIND = get_args(When)
MOST = 10  # conditions in one place: more are read by nobody


def when(table: Table, kinds: tuple[type, ...] = EVERY_KIND) -> tuple[Any, ...]:
    """All conditions of the table, of these kinds alone."""
    found = []
    for one in table.tables("when", "condition", optional=True):
        kind = FactCondition if one.has("field") else EventCondition if one.has("event") else StandingCondition
        if kind not in kinds:
            one.problem("", f"write {_asked(kinds)}")
            continue
        found.append(_READ[kind](one))
    if len(found) > MOST:
        table.problem("when", f"has more than {MOST} conditions")
    return tuple(found)


def fact_condition(table: Table) -> FactCondition:
    """A question to one fact; where the table is no condition of its own, its other keys are read before."""
    condition = FactCondition(
        field=table.text("field"),
        any_of=frozenset(fold_text(value) for value in table.texts("any_of", optional=True)),
        contains=tuple(words(value) for value in table.texts("contains", optional=True)),
        low=table.number("min"),
        high=table.number("max"),
        email_domains=frozenset(one.casefold().lstrip("@") for one in table.texts("email_domains", optional=True)),
        negated=table.yes("negated"),
    )
    kinds = [key for key in ("any_of", "contains", "email_domains") if table.has(key)]
    ranged = condition.low is not None or condition.high is not None
    if bool(kinds) == ranged or ("email_domains" in kinds and len(kinds) > 1):
        table.problem("field", "write any_of and/or contains, or min and/or max, or email_domains")
    if condition.low is not None and condition.high is not None and condition.low > condition.high:
        table.problem("max", "is below min")
    if " " * 2 in condition.contains or " " in condition.contains:
        table.problem("contains", "write words, not signs alone")
    table.close()
    return condition


def _event_condition(table: Table) -> EventCondition:
    event = table.one_of("event", tuple(SENDERS))
    condition = EventCondition(
        event=event,
        band=band_of(table, event),
        name=table.text("name", optional=True),
        level=table.one_of("level", ("top", "bottom"), optional=True),
        url_prefix=table.text("url_prefix", optional=True),
        at_least=table.whole("at_least", 1, 1000, optional=True) or 1,
        within_days=table.whole("within_days", 1, 3650, optional=True),
        negated=table.yes("negated"),
    )
    if condition.url_prefix and not condition.url_prefix.startswith("/"):
        table.problem("url_prefix", f"{condition.url_prefix!r}: write the beginning of a path, such as /pricing")
    table.close()
    return condition


def band_of(table: Table, event: str) -> str:
    """The key `band`, which only results of assessments have."""
    band = table.text("band", optional=True)
    if band and event != "assessment":
        table.problem("band", "is for the event assessment: only its results have bands")
    return band


def _standing_condition(table: Table) -> StandingCondition:
    condition = StandingCondition(
        cells=table.texts("cells", optional=True, allowed=CELLS),
        stages=table.texts("stages", optional=True, allowed=STAGES),
        low=table.whole("score_min", 0, 100, optional=True),
        high=table.whole("score_max", 0, 100, optional=True),
        contact_requested=table.yes("contact_requested") if table.has("contact_requested") else None,
    )
    table.read.add("contact_requested")
    if condition == StandingCondition():
        table.problem("", "write field, event, cells, stages, score_min, score_max or contact_requested")
    if condition.low is not None and condition.high is not None and condition.low > condition.high:
        table.problem("score_max", "is below score_min")
    table.close()
    return condition


def _asked(kinds: tuple[type, ...]) -> str:
    return "field, for a fact" if kinds == (FactCondition,) else "field, for a fact, or event, for what happened"


_READ = {
    FactCondition: fact_condition,
    EventCondition: _event_condition,
    StandingCondition: _standing_condition,
}
