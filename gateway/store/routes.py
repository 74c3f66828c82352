"""A site's routing as rows: its rules in order, the fallback, exploration, and what was dealt."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, update

from gateway.ids import new_id
from gateway.records import Lead
from gateway.routing.hours import Hours
from gateway.routing.model import MOST_RULES, Owner, Routing, Rule
from gateway.routing.presets import ASKS, NO_EFFORT, Role
from gateway.store import sites
from gateway.store.conflicts import insert_absent, insert_if_absent
from gateway.store.db import lock_names
from gateway.store.tables import destinations, routing, routing_dealt, routing_rules
from gateway.words import say

KEPT = timedelta(days=30)  # how long a rule that was taken away can be put back
WATCHED = timedelta(days=1)  # that a rule holds is noted once in this time: one write a rule and day
_THERE = routing_rules.c.removed_at.is_(None)


def of_site(conn: Connection, site_id: str) -> Routing:
    row = conn.execute(select(routing).where(routing.c.site_id == site_id)).first()
    if row is None:
        return Routing()  # rules come with a row of the site's
    query = select(routing_rules).where(routing_rules.c.site_id == site_id, _THERE)
    rows = conn.execute(query.order_by(routing_rules.c.position, routing_rules.c.id))
    rules = tuple(replace(_rule(row), position=place) for place, row in enumerate(rows, 1))
    return Routing(rules, row.fallback, row.explore_percent, row.explore_to, row.explore_key)


def hold(conn: Connection, site_id: str) -> None:
    """Nobody else changes or counts this site's routing until the transaction ends."""
    lock_names(conn, f"routing:{site_id}")


# --- changing it ----------------------------------------------------------------------------------------------------


def save_rule(conn: Connection, site_id: str, rule: Rule, now: datetime) -> str:
    """Put a rule in place of the one with its id, which comes back if it was taken away; a new one (without id) comes
    last. Returns its id."""
    _begin(conn, site_id)
    if rule.id:
        back = {"removed_at": None, "removed_by": None, "idle_since": now}
        conn.execute(update(routing_rules).where(_mine(site_id, rule.id)).values(**_columns(rule), **back))
        return rule.id
    rule_id = new_id("rule", now)
    last = select(func.max(routing_rules.c.position)).where(routing_rules.c.site_id == site_id, _THERE)
    place = (conn.execute(last).scalar() or 0) + 1
    columns = {"id": rule_id, "site_id": site_id, "position": place, "turn": 0, "idle_since": now}
    conn.execute(routing_rules.insert().values(**columns, **_columns(rule)))
    return rule_id


def reorder(conn: Connection, site_id: str, rule_ids: Sequence[str]) -> None:
    """The rules in this order from now on."""
    for place, rule_id in enumerate(rule_ids, 1):
        conn.execute(update(routing_rules).where(_mine(site_id, rule_id)).values(position=place))


def remove_rule(conn: Connection, site_id: str, rule_id: str) -> bool:
    """For good. Whether there was such a rule. Its deliveries keep its place and title."""
    mine = _mine(site_id, rule_id)
    if conn.execute(select(routing_rules.c.id).where(mine)).first() is None:
        return False
    conn.execute(delete(routing_dealt).where(routing_dealt.c.rule_id == rule_id))
    conn.execute(delete(routing_rules).where(mine))
    return True


@dataclass(frozen=True)
class TakenOut:
    """A rule that was taken away and can be put back, when, and by whom (a user)."""

    rule: Rule
    at: datetime
    by: str | None


def take_out(conn: Connection, site_id: str, rule_id: str, *, by: str | None, now: datetime) -> bool:
    """Ask the rule no more; it can be put back, with the places that it has dealt, for thirty days. Whether there was
    such a rule."""
    long_ago = (routing_rules.c.site_id == site_id) & (routing_rules.c.removed_at < now - KEPT)
    for row in conn.execute(select(routing_rules.c.id).where(long_ago)).all():
        remove_rule(conn, site_id, row.id)
    reorder(conn, site_id, [rule.id for rule in of_site(conn, site_id).rules])  # its place counts from 1, without gaps
    gone = update(routing_rules).where(_mine(site_id, rule_id), _THERE).values(removed_at=now, removed_by=by)
    return conn.execute(gone).rowcount == 1


def taken_out(conn: Connection, site_id: str, now: datetime) -> list[TakenOut]:
    """What can be put back, the newest first."""
    query = select(routing_rules).where(routing_rules.c.site_id == site_id, routing_rules.c.removed_at >= now - KEPT)
    rows = conn.execute(query.order_by(routing_rules.c.removed_at.desc(), routing_rules.c.id))
    return [TakenOut(_rule(row), row.removed_at, row.removed_by) for row in rows]


def put_back(conn: Connection, site_id: str, rule_id: str, now: datetime) -> Literal["back", "gone", "nowhere", "many"]:
    """Where it stood, without destinations that are no more. nowhere: it led to none but such; it would else end the
    search for its leads. many: there are as many rules as there may be. Call it with the site's routing held."""
    order = [rule.id for rule in of_site(conn, site_id).rules]
    found = next((one.rule for one in taken_out(conn, site_id, now) if one.rule.id == rule_id), None)
    if found is None:
        return "back" if rule_id in order else "gone"
    if len(order) >= MOST_RULES:
        return "many"
    there = tuple(one for one in found.destinations if one in _places(conn, site_id))
    if found.destinations and not there:
        return "nowhere"
    save_rule(conn, site_id, replace(found, destinations=there), now)
    order.insert(found.position - 1, rule_id)
    reorder(conn, site_id, order)
    return "back"


def change(conn: Connection, site_id: str, columns: Mapping[str, Any]) -> None:
    """Set fallback, explore_percent or explore_to."""
    _begin(conn, site_id)
    conn.execute(update(routing).where(routing.c.site_id == site_id).values(**columns))


def ship(conn: Connection, site_id: str, destination_id: str, role: Role, *, now: datetime) -> None:
    """Give a destination a role's ready-made rules, before the one that sends low fit with low interest nowhere, which
    the first of them brings. The first one of a site is its fallback as well."""
    before = of_site(conn, site_id)
    if before.fallback is None:
        change(conn, site_id, {"fallback": destination_id})
    lang = sites.get(conn, site_id).lang
    made = [
        save_rule(conn, site_id, Rule("", 0, _title(lang, code), asks, (destination_id,), stop=True), now)
        for code, asks in ASKS[role].items()
    ]
    last = [rule.id for rule in before.rules if not rule.destinations]
    if not before.rules:
        last = [save_rule(conn, site_id, Rule("", 0, _title(lang, "no_effort"), NO_EFFORT, stop=True), now)]
    reorder(conn, site_id, [*(rule.id for rule in before.rules if rule.id not in last), *made, *last])


def forget_destination(conn: Connection, site_id: str, destination_id: str) -> None:
    """It is taken out of the rules; one that led there alone goes. Another destination becomes the fallback."""
    before = of_site(conn, site_id)
    for rule in before.rules:
        if destination_id in rule.destinations:
            rest = tuple(one for one in rule.destinations if one != destination_id)
            if rest:
                columns = {"destinations": list(rest)}
                conn.execute(update(routing_rules).where(routing_rules.c.id == rule.id).values(**columns))
            else:
                remove_rule(conn, site_id, rule.id)
    if before.fallback == destination_id:
        change(conn, site_id, {"fallback": _another(conn, site_id, destination_id)})
    if before.explore_to == destination_id:
        change(conn, site_id, {"explore_to": None, "explore_percent": 0})


# --- what was dealt -------------------------------------------------------------------------------------------------


def dealt_to(conn: Connection, lead: Lead, rules: Collection[Rule]) -> dict[str, date]:
    """Rule → the day on which this person has a place there, of the rules that have a cap."""
    capped = [rule.id for rule in rules if rule.per_day]
    whose = routing_dealt.c.lead_id.in_([lead.id, *lead.earlier_ids])
    query = select(routing_dealt.c.rule_id, routing_dealt.c.day).where(routing_dealt.c.rule_id.in_(capped), whose)
    return {row[0]: row[1] for row in conn.execute(query.order_by(routing_dealt.c.day.desc()))} if capped else {}


def taken(conn: Connection, rules: Collection[Rule], since: date) -> dict[tuple[str, date], int]:
    """(rule, day) → how many places are taken, from this day on."""
    capped = [rule.id for rule in rules if rule.per_day]
    of_rules = routing_dealt.c.rule_id.in_(capped) & (routing_dealt.c.day >= since)
    query = select(routing_dealt.c.rule_id, routing_dealt.c.day, func.count()).where(of_rules)
    found = conn.execute(query.group_by(routing_dealt.c.rule_id, routing_dealt.c.day)) if capped else ()
    return {(row[0], row[1]): row[2] for row in found}


def deal(conn: Connection, rule: Rule, lead_id: str, day: date) -> None:
    """Give the lead a place on that day, unless it has one. Call it with the site's routing held."""
    insert_if_absent(conn, routing_dealt, {"rule_id": rule.id, "lead_id": lead_id, "day": day})


def note_held(conn: Connection, rules: Collection[Rule], now: datetime) -> None:
    """These have just held for a lead. Nobody waits for a row that another worker is noting so."""
    due = [rule.id for rule in rules if rule.idle_since is None or rule.idle_since <= now - WATCHED]
    if due:
        free = select(routing_rules.c.id).where(routing_rules.c.id.in_(due)).with_for_update(skip_locked=True)
        conn.execute(update(routing_rules).where(routing_rules.c.id.in_(free)).values(idle_since=now))


def next_owner(conn: Connection, rule: Rule) -> Owner:
    """Whose turn it is; the next one's comes after. Two workers get two turns: the row is held until they commit."""
    turn = update(routing_rules).where(routing_rules.c.id == rule.id).values(turn=routing_rules.c.turn + 1)
    dealt = conn.execute(turn.returning(routing_rules.c.turn)).scalar_one()
    place: int = (dealt - 1) % len(rule.owners)
    return rule.owners[place]


def with_hours(conn: Connection, destination_id: str) -> tuple[str, list[Rule]]:
    """The time zone of the destination's site, and its rules that have office hours."""
    own = select(destinations.c.site_id).where(destinations.c.id == destination_id).scalar_subquery()
    query = select(routing_rules).where(routing_rules.c.site_id == own, routing_rules.c.hours.is_not(None), _THERE)
    rules = [_rule(row) for row in conn.execute(query)]
    zone = sites.get(conn, conn.execute(select(own)).scalar_one()).timezone if rules else "UTC"
    return zone, rules


# --- rows -----------------------------------------------------------------------------------------------------------


def _mine(site_id: str, rule_id: str) -> ColumnElement[bool]:
    return (routing_rules.c.id == rule_id) & (routing_rules.c.site_id == site_id)


def _places(conn: Connection, site_id: str) -> set[str]:
    """The site's destinations that were not removed: those have no settings any more."""
    mine = (destinations.c.site_id == site_id) & (destinations.c.settings != "")
    return {row.id for row in conn.execute(select(destinations.c.id).where(mine))}


def _begin(conn: Connection, site_id: str) -> None:
    key = secrets.token_hex(16)
    fresh = {"site_id": site_id, "fallback": None, "explore_percent": 0, "explore_to": None, "explore_key": key}
    insert_absent(conn, routing, [fresh])


def _title(lang: str, code: str) -> str:
    return say(lang, f"routing.preset_{code}")


def _another(conn: Connection, site_id: str, destination_id: str) -> str | None:
    """The site's oldest destination that is not disabled, but for this one."""
    others = (destinations.c.site_id == site_id) & (destinations.c.id != destination_id)
    query = select(destinations.c.id).where(others, destinations.c.status != "disabled")
    return conn.execute(query.order_by(destinations.c.created_at, destinations.c.id).limit(1)).scalar()


def _columns(rule: Rule) -> dict[str, Any]:
    return {
        "title": rule.title,
        "asks": [dict(one) for one in rule.asks],
        "destinations": list(rule.destinations),
        "stop": rule.stop or not rule.destinations,
        "per_day": rule.per_day,
        "hours": rule.hours.kept() if rule.hours else None,
        "owners": [[one.known_as, one.name] for one in rule.owners],
    }


def _rule(row: Row[Any]) -> Rule:
    return Rule(
        id=row.id,
        position=row.position,
        title=row.title,
        asks=tuple(row.asks),
        destinations=tuple(row.destinations),
        stop=row.stop,
        per_day=row.per_day,
        hours=Hours.read(row.hours),
        owners=tuple(Owner(*one) for one in row.owners),
        turn=row.turn,
        idle_since=row.idle_since,
    )
