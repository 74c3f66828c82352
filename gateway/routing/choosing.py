"""Where a lead goes, and why: rules in order (rules 24, 25, 31, 38). Pure, and the only place that decides it: the
ledger, the dry run and trying out a rulebook ask here."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from gateway.records import Destination, Fact, Lead
from gateway.routing.conditions import Asked, Condition, Known, holds
from gateway.routing.hours import midnight
from gateway.routing.model import ChoiceCode, Routing, Rule

SALES_STAGES = ("SQL", "PQL", "SeQL")
OWNER = "owner"  # the fact
TURN = "routing:"  # before the rule's id: its origin where the lead was dealt in turn
OWNER_SAID_BY = ("import", "crm", "staff")  # strengths; a visitor who types one into a form names nobody
FAR = 366  # days: how far ahead a place is looked for

# fails: a condition does not hold. sends. full: over its cap, so the next rules are asked. waits: full, and none of
# them took the lead. nowhere: the search ends. nobody: its destinations are disabled. past: the search had ended.
Outcome = Literal["fails", "sends", "full", "waits", "nowhere", "nobody", "past"]
Barred = Literal["test", "disqualified", "merged", "erased"]


@dataclass(frozen=True)
class Choice:
    """One destination that gets the lead. day: the day of the site whose places it counts to, for a rule with a cap.
    not_before: when it may go, for a cap or office hours; none: at once."""

    destination_id: str
    code: ChoiceCode
    rule: Rule | None = None
    day: date | None = None
    not_before: datetime | None = None


@dataclass(frozen=True)
class Step:
    """What became of one rule. failed: its conditions that do not hold."""

    rule: Rule
    outcome: Outcome
    failed: tuple[Condition, ...] = ()
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Routed:
    """choices: each destination once, the first reason kept. dealing: the rule that deals the lead to one of its
    owners; none: nobody does, or the owner is known. barred: why it goes nowhere new, whatever the rules say."""

    choices: tuple[Choice, ...] = ()
    steps: tuple[Step, ...] = ()
    dealing: Rule | None = None
    barred: Barred | None = None

    @property
    def held(self) -> tuple[Rule, ...]:
        """The rules whose conditions the lead met, as far as they were asked."""
        return tuple(step.rule for step in self.steps if step.outcome not in {"fails", "past"})


def route(known: Known, routing: Routing, destinations: Sequence[Destination]) -> Routed:
    """The destinations for this lead. Disabled ones get nothing; paused ones do: their deliveries wait. Test,
    disqualified, merged and erased leads go nowhere but to whoever has them. Whoever asked to be contacted goes
    somewhere if there is anywhere to go (rule 25): caps do not hold for them, office hours only delay."""
    usable = {one.id: one for one in destinations if one.status != "disabled"}
    kept = [Choice(one, "has_it") for one in usable if one in known.holders]
    if barred := _barred(known.lead):
        return Routed(tuple(kept), barred=barred)
    steps = _promised(_asked(known, routing.rules, usable), known)
    taken = [choice for step in steps if step.outcome in {"sends", "waits"} for choice in step.choices]
    if not taken:
        taken = [*_fallback(known.lead, steps, routing, usable), *_explored(known, routing, usable)][:1]
    everything = [Choice(one.id, "all") for one in usable.values() if one.sends == "all"]
    # Whoever has the lead hears at once, for that reason: first, then in the order of the rules.
    first: Mapping[str, Choice] = {one.destination_id: one for one in reversed([*kept, *taken, *everything])}
    order = [*taken, *everything, *kept]
    places = {one.destination_id: index for index, one in reversed(list(enumerate(order)))}
    chosen = tuple(sorted(first.values(), key=lambda one: places[one.destination_id]))
    return Routed(chosen, tuple(steps), _dealing(known.lead, steps))


def known_owner(lead: Lead) -> str | None:
    """Whose the lead is, by the CRM, a list, staff, or dealt before; such a one is never changed (rules 29 and 31)."""
    fact = lead.facts.get(OWNER)
    return str(fact.value) if fact and fact.strength in OWNER_SAID_BY else lead.owner


def dealt_in_turn(fact: Fact) -> bool:
    """Said by routing itself: no news to anybody, so no reason for a new version (rule 26)."""
    return fact.origin.startswith(TURN)


def drawn(lead_id: str, routing: Routing) -> bool:
    """Whether exploration takes this lead: by a keyed hash, so the same each time, and known to nobody outside. With
    a larger share those of a smaller one stay in."""
    digest = hmac.new(routing.explore_key.encode(), lead_id.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") * 100 < routing.explore_percent << 64


def _barred(lead: Lead) -> Barred | None:
    reasons: dict[Barred, object] = {
        "erased": lead.erased_at,
        "merged": lead.merged_into,
        "test": lead.test,
        "disqualified": lead.disqualified,
    }
    return next((code for code, applies in reasons.items() if applies), None)


def _asked(known: Known, rules: Sequence[Rule], usable: Collection[str]) -> list[Step]:
    """Each rule in order, until one ends the search."""
    steps: list[Step] = []
    ended = False
    for rule in rules:
        step = Step(rule, "past") if ended else _step(rule, known, usable)
        ended = ended or step.outcome == "nowhere" or (step.outcome == "sends" and rule.stop)
        steps.append(step)
    return steps


def _step(rule: Rule, known: Known, usable: Collection[str]) -> Step:
    failed = tuple(one for one in rule.when if not holds(one, known))
    if failed:
        return Step(rule, "fails", failed)
    if not rule.destinations:
        return Step(rule, "nowhere")
    places = [one for one in rule.destinations if one in usable]
    if not places:
        return Step(rule, "nobody")
    if known.holders.issuperset(places):  # nothing new to anybody: neither cap nor hours are asked
        return Step(rule, "sends", choices=tuple(Choice(one, "has_it") for one in places))
    full = _is_full(rule, known)
    return Step(rule, "full" if full else "sends", choices=_choices(rule, known, places))


def _is_full(rule: Rule, known: Known) -> bool:
    if not rule.per_day or rule.id in known.dealt or known.lead.contact_requested:
        return False
    return known.taken.get((rule.id, _open_day(rule, known, known.now)), 0) >= rule.per_day


def _choices(rule: Rule, known: Known, places: Sequence[str]) -> tuple[Choice, ...]:
    day = _day(rule, known) if rule.per_day else None
    code: ChoiceCode = "contact" if Asked() in rule.when else "rule"
    choice = Choice("", code, rule, day, _not_before(rule, known, day))
    return tuple(replace(choice, destination_id=one) for one in places)


def _day(rule: Rule, known: Known) -> date:
    """The day whose place the lead takes: the one it has, else the first with room."""
    if rule.id in known.dealt:
        return known.dealt[rule.id]
    day = _open_day(rule, known, known.now)
    if not rule.per_day or known.lead.contact_requested:
        return day
    for _ in range(FAR):
        if known.taken.get((rule.id, day), 0) < rule.per_day:
            break
        day = _open_day(rule, known, midnight(day + timedelta(days=1), known.zone))
    return day


def _open_day(rule: Rule, known: Known, at: datetime) -> date:
    opening = rule.hours.opening(at, known.zone) if rule.hours else at
    return opening.astimezone(known.zone).date()


def _not_before(rule: Rule, known: Known, day: date | None) -> datetime | None:
    at = max(known.now, midnight(day, known.zone)) if day else known.now
    at = rule.hours.opening(at, known.zone) if rule.hours else at
    return at if at > known.now else None


def _promised(steps: list[Step], known: Known) -> list[Step]:
    """Where no rule took the lead, the first that was full keeps a place for it on a later day: nobody is lost to a
    cap."""
    if any(step.outcome == "sends" for step in steps) or known.lead.contact_requested:
        return steps
    full = next((index for index, step in enumerate(steps) if step.outcome == "full"), None)
    return [replace(step, outcome="waits") if index == full else step for index, step in enumerate(steps)]


def _fallback(lead: Lead, steps: Sequence[Step], routing: Routing, usable: Mapping[str, Destination]) -> list[Choice]:
    """Whoever must not be lost: asked to be contacted, whatever the rules say; stands in a stage of sales, unless a
    rule says nowhere. Where the fallback is disabled, the next best place takes them."""
    ended = any(step.outcome == "nowhere" for step in steps)
    if not lead.contact_requested and (ended or lead.stage not in SALES_STAGES):
        return []
    candidates = [routing.fallback or "", *routing.destinations, *usable]
    return [Choice(one, "fallback") for one in candidates if one in usable][:1]


def _explored(known: Known, routing: Routing, usable: Mapping[str, Destination]) -> list[Choice]:
    place = usable.get(routing.explore_to or "")
    if place is None or not drawn(known.lead.id, routing):
        return []
    needed = {place.purpose} if place.purpose else {"contact", "marketing"}
    return [Choice(place.id, "explore")] if needed & known.consents else []


def _dealing(lead: Lead, steps: Sequence[Step]) -> Rule | None:
    if known_owner(lead):
        return None
    return next((step.rule for step in steps if step.outcome in {"sends", "waits"} and step.rule.owners), None)
