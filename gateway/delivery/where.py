"""`sarnakh why --where`: where a lead would go now, rule by rule. Asks what the ledger asks; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway.delivery import planning
from gateway.delivery.payload import iso
from gateway.delivery.planning import Plan
from gateway.records import Lead
from gateway.routing import wording
from gateway.routing.choosing import Choice, Step
from gateway.routing.model import Rule
from gateway.routing.wording import Names
from gateway.words import say


def of_lead(conn: Connection, lead: Lead, now: datetime, lang: str) -> dict[str, Any]:
    """`{"lead", "barred", "goes", "rules", "owner", "next_owner", "dealt_by"}`, with words in this language."""
    plan = planning.plan(conn, lead, now)
    names = Names(destination=lambda one: plan.place(one).name)
    return {
        "lead": lead.id,
        "barred": plan.routed.barred,
        "goes": [_choice(plan, one, lang) for one in plan.routed.choices],
        "rules": [_step(one, lang, names) for one in plan.routed.steps],
        "owner": plan.owner,
        "next_owner": plan.next_owner.known_as if plan.next_owner else None,
        "dealt_by": _called(plan.routed.dealing, lang) if plan.routed.dealing else None,
    }


def lines(found: dict[str, Any], lang: str) -> Iterator[str]:
    """The same for a terminal."""
    yield found["lead"]
    if found["barred"] or not found["goes"]:
        yield f"  {say(lang, 'routing.barred_' + found['barred'] if found['barred'] else 'routing.nowhere')}"
    for one in found["goes"]:
        yield f"  {one['name']} ({one['destination']})  {one['why']}; {one['when']}{_consent(one, lang)}"
    for one in found["rules"]:
        yield f"  {one['called']}: {one['became']}"
        yield from (f"    ✗ {words}" for words in one["failed"])
    if found["owner"]:
        yield f"  {say(lang, 'routing.owner_known', owner=found['owner'])}"
    elif found["next_owner"]:
        yield f"  {say(lang, 'routing.owner_next', rule=found['dealt_by'], owner=found['next_owner'])}"


def _choice(plan: Plan, one: Choice, lang: str) -> dict[str, Any]:
    at = iso(one.not_before) if one.not_before else None
    return {
        "destination": one.destination_id,
        "name": plan.place(one.destination_id).name,
        "code": one.code,
        "why": wording.say_choice(lang, one),
        "not_before": at,
        "when": say(lang, "routing.goes_at", at=at) if at else say(lang, "routing.goes_now"),
        "lacks_consent": plan.lacks(one.destination_id),
    }


def _step(one: Step, lang: str, names: Names) -> dict[str, Any]:
    return {
        "position": one.rule.position,
        "title": one.rule.title,
        "called": _called(one.rule, lang),
        "outcome": one.outcome,
        "became": wording.say_step(lang, one, names),
        "failed": [wording.say_condition(lang, each, names) for each in one.failed],
    }


def _called(rule: Rule, lang: str) -> str:
    return wording.say_called(lang, rule.position, rule.title)


def _consent(one: dict[str, Any], lang: str) -> str:
    purpose = one["lacks_consent"]
    if not purpose:
        return ""
    return f"; {say(lang, 'routing.lacks_consent', purpose=say(lang, f'routing.purpose_{purpose}'))}"
