"""What is to be sent of several deliveries of one lane, decided at one moment: type, bytes, or that there is nothing to
send. One read for all of them, in a dozen queries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from gateway.delivery import payload, telling
from gateway.records import Delivery, Destination, Lead, Site
from gateway.store import deliveries, told

GONE = ("lead.merged", "lead.erased")  # carry ids alone and need no consent


class Explained(Protocol):
    @property
    def lines(self) -> Iterable[payload.Line]: ...


# Folds leads' events into the lines of their scores: site, leads, now → lead id → score. Handed in: the scoring side
# queues here itself.
Explain = Callable[[Connection, str, Sequence[Lead], datetime], Mapping[str, Explained]]


@dataclass(frozen=True)
class End:
    """This delivery ends without being sent."""

    status: str
    reason: str


@dataclass(frozen=True)
class Known:
    """What is asked of the leads of several deliveries to one destination. people: delivery's lead → its person.
    permitted: people whose consent stands. there: leads that the destination has, or may have. received: it said so."""

    people: Mapping[str, Lead]
    permitted: frozenset[str]
    there: frozenset[str]
    received: frozenset[str]


def ready_all(
    conn: Connection,
    lane: tuple[Site, Destination],
    wanted: Sequence[Delivery],
    *,
    explain: Explain | None,
    now: datetime,
) -> dict[str, Delivery | End]:
    """Delivery id → the delivery with the type and bytes of every try, or how it ends. The consent of this moment
    counts (rule 27), also for bytes that were frozen before. Raises LookupError for a lead that is none."""
    site, destination = lane
    known = _known(conn, destination, wanted)
    decided = {one.id: _decided(one, known) for one in wanted}
    typed = [one for one in decided.values() if isinstance(one, Delivery) and one.payload is None]
    people = [known.people[one.lead_id] for one in typed if one.type not in GONE]
    explained = explain(conn, site.id, people, now) if explain and people else {}
    stories = telling.tell_all(conn, people, site.key, {name: one.lines for name, one in explained.items()})
    built = {
        one.id: replace(one, payload=_body(one, known, stories.get(one.lead_id) or _bare(one, known, site)))
        for one in typed
    }
    return {**decided, **built}


def _known(conn: Connection, destination: Destination, wanted: Sequence[Delivery]) -> Known:
    ids = {one.lead_id for one in wanted}
    people = told.people(conn, destination.site_id, ids)
    if missing := ids - people.keys():
        raise LookupError(f"no lead {sorted(missing)[0]}")
    fresh = {one.lead_id for one in wanted if one.payload is None}
    records = {record for lead_id in fresh for record in (lead_id, *people[lead_id].earlier_ids)}
    return Known(
        people,
        frozenset(_permitted(conn, destination, people.values())),
        frozenset(deliveries.reached_of(conn, destination.id, records) if records else ()),
        frozenset(deliveries.received_of(conn, destination.id, fresh) if fresh else ()),
    )


def _permitted(conn: Connection, destination: Destination, people: Iterable[Lead]) -> set[str]:
    if destination.purpose is None:
        return {lead.id for lead in people}
    found = told.consents_of(conn, people)
    receipts = {lead_id: receipts.get(destination.purpose) for lead_id, receipts in found.items()}
    return {lead_id for lead_id, one in receipts.items() if one is not None and one.state != "withdrawn"}


def _decided(delivery: Delivery, known: Known) -> Delivery | End:
    lead = known.people[delivery.lead_id]
    permitted = lead.id in known.permitted
    if delivery.payload is not None:
        return _end_of_frozen(delivery, lead, permitted) or delivery
    kind = _type(delivery, lead, known)
    whose = {delivery.lead_id, *(lead.earlier_ids if kind == "lead.erased" else ())}
    there = not known.there.isdisjoint(whose)
    if kind in GONE:
        return replace(delivery, type=kind) if there else End("superseded", "never_sent")
    if not permitted:  # who has the lead hears that the consent is gone, and nothing else
        return replace(delivery, type="lead.updated") if there else End("parked", "no_consent")
    return replace(delivery, type=kind)


def _end_of_frozen(delivery: Delivery, lead: Lead, permitted: bool) -> End | None:
    """Why these bytes may not go out any more, if so."""
    if not delivery.payload:  # they were emptied while they were under way
        return End("superseded", "erased")
    if delivery.type in GONE:
        return None
    if lead.erased_at is not None:
        return End("superseded", "erased")
    if not permitted and "withheld" not in json.loads(delivery.payload)["data"]:
        return End("parked", "no_consent")
    return None


def _type(delivery: Delivery, lead: Lead, known: Known) -> str:
    """Decided when it is sent: `lead.qualified` until the destination has taken one version. `lead` is the survivor
    where the delivery's own was merged."""
    if lead.id != delivery.lead_id:
        return "lead.merged"
    if lead.erased_at is not None:
        return "lead.erased"
    return "lead.updated" if delivery.lead_id in known.received else "lead.qualified"


def _bare(delivery: Delivery, known: Known, site: Site) -> payload.LeadStory:
    """Enough for what carries ids alone."""
    return payload.LeadStory(known.people[delivery.lead_id], site.key)


def _body(delivery: Delivery, known: Known, story: payload.LeadStory) -> str:
    withheld = delivery.type not in GONE and story.lead.id not in known.permitted
    return payload.build(delivery, story, withheld=withheld)
