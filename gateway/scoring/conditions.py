"""Conditions on what is known of a lead and on what it did, joined by AND: one closed set for rules, grades, stages
and segments. Facts are what people said, imported or staff wrote; a country guessed from an address is none of them
(rule 20)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from forms.text import fold as fold_text
from forms.text import fold_digits
from gateway.records import Event
from gateway.scoring.event_types import SENDERS, level_of
from gateway.scoring.model import EventCondition, EventFilter, FactCondition, StandingCondition, When

NOT_WORDS = re.compile(r"[\W_]+")
NUMBER_SIGNS = str.maketrans({",": "", "٬": "", "٫": "."})  # between thousands, and the Persian decimal point


@dataclass(frozen=True)
class Seen:
    """A lead at one moment: what was known of it, what it had done, and where it stood."""

    facts: Mapping[str, Any]  # field → value
    events: Sequence[Event]  # in time order, none after `now`
    now: datetime
    cell: str = ""
    stage: str | None = None
    score: int = 0
    contact_requested: bool = False


def all_hold(conditions: Iterable[When], seen: Seen) -> bool:
    """Whether each of them holds; true for none."""
    return all(_holds(one, seen) for one in conditions)


def holds(condition: FactCondition, facts: Mapping[str, Any]) -> bool | None:
    """Whether the fact is one of those that the condition names; None where it is not known."""
    value = facts.get(condition.field)
    if value is None or value in ("", [], ()):
        return None
    if condition.low is not None or condition.high is not None:
        return _in_range(condition, value)
    return any(_meets(condition, one) for one in (value if isinstance(value, list | tuple) else (value,)))


def so(condition: FactCondition, facts: Mapping[str, Any]) -> bool | None:
    """Whether the fact is so, or is known not to be where the condition is negated; None where it is not known: of
    whom nothing is known, neither fits nor is kept out (rule 24)."""
    met = holds(condition, facts)
    return None if met is None else met != condition.negated


def matches(wanted: EventFilter, event: Event) -> bool:
    """Whether the event is of the name, level, band and page that are asked for; its type is compared by the caller."""
    if wanted.name and wanted.name != event.name:
        return False
    if wanted.level and wanted.level != level_of(event):
        return False
    if wanted.band and wanted.band != event.params.get("band"):
        return False
    return not wanted.url_prefix or path(event.url).startswith(wanted.url_prefix)


def believed(event: Event) -> bool:
    """A person did it, and its source may tell of it (rule 22)."""
    return event.human and event.source in SENDERS.get(event.type, ())


def all_believed(events: Iterable[Event]) -> list[Event]:
    """Those of them; written out, since each lead's every event is asked."""
    return [event for event in events if event.human and event.source in SENDERS.get(event.type, ())]


def closes_at(conditions: Iterable[When], seen: Seen) -> datetime | None:
    """When the first of the windows that hold now will have closed, if nothing happens before; None: never."""
    return min((at for one in conditions if (at := _closes(one, seen)) is not None), default=None)


def path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:  # such as an unclosed bracket in the host: of no page that a rule could name
        return ""


def words(text: str) -> str:
    """Folded, each run of anything that is no letter or digit a blank, blanks around: so that "cto" is not found
    in "director"."""
    return f" {NOT_WORDS.sub(' ', fold_text(text)).strip()} "


def _holds(condition: When, seen: Seen) -> bool:
    if isinstance(condition, FactCondition):
        return bool(holds(condition, seen.facts)) != condition.negated
    if isinstance(condition, EventCondition):
        return (len(_happened(condition, seen)) >= condition.at_least) != condition.negated
    return _stands(condition, seen)


def _stands(condition: StandingCondition, seen: Seen) -> bool:
    return (
        (not condition.cells or seen.cell in condition.cells)
        and (not condition.stages or seen.stage in condition.stages)
        and (condition.low is None or seen.score >= condition.low)
        and (condition.high is None or seen.score <= condition.high)
        and (condition.contact_requested is None or seen.contact_requested == condition.contact_requested)
    )


def _happened(condition: EventCondition, seen: Seen) -> list[Event]:
    since = seen.now - timedelta(days=condition.within_days) if condition.within_days else None
    return [
        event
        for event in seen.events
        if event.type == condition.event
        and (since is None or event.at > since)
        and believed(event)
        and matches(condition, event)
    ]


def _closes(condition: When, seen: Seen) -> datetime | None:
    """An event leaves a window of so many days that long after it happened; the at_least-th newest decides."""
    if not isinstance(condition, EventCondition) or not condition.within_days:
        return None
    found = _happened(condition, seen)
    if len(found) < condition.at_least:
        return None
    return found[-condition.at_least].at + timedelta(days=condition.within_days)


def _meets(condition: FactCondition, value: Any) -> bool:
    text = _text(value)
    if condition.email_domains:
        return _domain_listed(text, condition.email_domains)
    if fold_text(text) in condition.any_of:
        return True
    if not condition.contains:
        return False
    said = words(text)
    return any(needle in said for needle in condition.contains)


def _domain_listed(address: str, domains: frozenset[str]) -> bool:
    """The address's domain or one above it is listed."""
    labels = address.rpartition("@")[2].casefold().split(".")
    return any(".".join(labels[start:]) in domains for start in range(len(labels)))


def _in_range(condition: FactCondition, value: Any) -> bool | None:
    """A text that is no number says nothing about a range: unknown."""
    try:
        number = float(fold_digits(str(value)).translate(NUMBER_SIGNS))
    except ValueError:
        return None
    low, high = condition.low, condition.high
    return (low is None or number >= low) and (high is None or number <= high)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
