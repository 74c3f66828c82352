"""What the first page of the console counts: what waits, the funnel of each form, leads by cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Label, Select, and_, case, distinct, func, select

from gateway.store import review_queue
from gateway.store.deliveries import ERASED
from gateway.store.destinations import there
from gateway.store.tables import deliveries, destinations, forms, leads, submissions

QUALIFIED = ("SQL", "PQL", "SeQL", "customer")  # stages that sales or an account manager works on


@dataclass(frozen=True)
class Waiting:
    """What needs somebody at the site."""

    held: int
    oldest_held: datetime | None
    stuck: int  # submissions that a fault of ours stopped
    parked: int  # deliveries that their destination refused; not those of a removed one
    paused: int  # destinations
    unerased: int  # of the parked ones: somebody is still to be deleted there by hand


@dataclass(frozen=True)
class FunnelRow:
    form_id: str
    form_key: str
    submitted: int
    accepted: int
    leads: int  # persons behind the accepted ones
    qualified: int
    delivered: int


def waiting(conn: Connection, site_id: str, now: datetime) -> Waiting:
    held = review_queue.for_staff(now)
    query = select(
        _count(held).label("held"),
        func.min(case((held, submissions.c.received_at))).label("oldest"),
        _count(submissions.c.status == "stuck").label("stuck"),
    ).where(submissions.c.site_id == site_id, submissions.c.status.in_(("held", "stuck")))
    row = conn.execute(query).one()
    parked = (
        select(func.count(), func.count(case((deliveries.c.type == ERASED, 1))))
        .select_from(deliveries.join(destinations, destinations.c.id == deliveries.c.destination_id))
        .where(deliveries.c.site_id == site_id, deliveries.c.status == "parked", there())
    )
    paused = select(func.count()).where(destinations.c.site_id == site_id, destinations.c.status == "paused")
    refused, unerased = conn.execute(parked).one()
    return Waiting(row.held, row.oldest, row.stuck, refused, conn.execute(paused).scalar_one(), unerased)


def held(conn: Connection, site_id: str, now: datetime) -> int:
    """How many submissions wait for staff: the number beside the page's name."""
    query = select(func.count()).where(submissions.c.site_id == site_id, review_queue.for_staff(now))
    return conn.execute(query).scalar_one()


def funnel(conn: Connection, site_id: str, since: datetime) -> Sequence[FunnelRow]:
    """Each form's way from sent to delivered, for what was received since then; tests left out. Who is kept out of the
    funnel (rule 24: competitors, own staff) is nobody's lead in it, though their submissions were accepted."""
    sent = _sent(site_id, since).subquery()
    taken = select(_person(deliveries.c.lead_id)).where(
        deliveries.c.site_id == site_id, deliveries.c.status == "delivered"
    )
    reached = taken.distinct().subquery()
    accepted = sent.c.status == "accepted"
    counts = and_(accepted, leads.c.disqualified.is_(None))
    query = (
        select(
            forms.c.id,
            forms.c.key,
            func.count(sent.c.id).label("submitted"),
            _count(accepted).label("accepted"),
            func.count(distinct(case((counts, sent.c.lead_id)))).label("leads"),
            func.count(distinct(case((leads.c.stage.in_(QUALIFIED), sent.c.lead_id)))).label("qualified"),
            func.count(distinct(case((counts, reached.c.lead_id)))).label("delivered"),
        )
        .select_from(forms)
        .join(sent, sent.c.form_id == forms.c.id)
        .outerjoin(leads, and_(leads.c.id == sent.c.lead_id, accepted))
        .outerjoin(reached, reached.c.lead_id == sent.c.lead_id)
        .where(forms.c.site_id == site_id)
        .group_by(forms.c.id, forms.c.key)
        .order_by(func.count(sent.c.id).desc(), forms.c.key)
    )
    return [_row(row) for row in conn.execute(query)]


def matrix(conn: Connection, site_id: str) -> dict[tuple[str, int], int]:
    """(grade, interest) → leads; merged, erased, disqualified ones and tests left out."""
    query = select(leads.c.grade, leads.c.interest, func.count()).where(
        leads.c.site_id == site_id,
        leads.c.test.is_(False),
        leads.c.merged_into.is_(None),
        leads.c.erased_at.is_(None),
        leads.c.disqualified.is_(None),
    )
    rows = conn.execute(query.group_by(leads.c.grade, leads.c.interest))
    return {(grade, interest): number for grade, interest, number in rows}


def _sent(site_id: str, since: datetime) -> Select[Any]:
    whose = _person(submissions.c.lead_id)
    return select(submissions.c.id, submissions.c.form_id, submissions.c.status, whose).where(
        submissions.c.site_id == site_id, submissions.c.received_at >= since, submissions.c.test.is_(False)
    )


def _person(lead_id: ColumnElement[str]) -> Label[str]:
    """The lead that this one stands under, so that merged ones count once."""
    member = leads.alias()
    under = select(func.coalesce(member.c.merged_into, member.c.id)).where(member.c.id == lead_id)
    return under.scalar_subquery().label("lead_id")


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _row(row: Any) -> FunnelRow:
    return FunnelRow(row.id, row.key, row.submitted, row.accepted, row.leads, row.qualified, row.delivered)
