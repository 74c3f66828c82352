"""What a form brought to its lead, moved to a record of its own, and back again (gateway/relinking.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, or_, select, update

from gateway.ids import new_id
from gateway.store.conflicts import insert_if_absent
from gateway.store.pairs import at_site
from gateway.store.tables import (
    consents,
    events,
    facts,
    identifiers,
    identity_links,
    relinks,
    submissions,
    touches,
    visitors,
)

# Table → the column that names the form that a row came by.
BROUGHT = ((facts, facts.c.origin), (consents, consents.c.submission_id), (touches, touches.c.submission_id))


@dataclass(frozen=True)
class Relink:
    """A form that staff gave to another lead. to_lead: the record made for it."""

    id: str
    submission_id: str
    from_lead: str
    to_lead: str
    merge_id: str | None
    kept: Mapping[str, Any]
    at: datetime
    by: str | None
    undone_at: datetime | None


def add(conn: Connection, site_id: str, relink: Relink) -> None:
    values = {name: getattr(relink, name) for name in Relink.__dataclass_fields__}
    conn.execute(relinks.insert().values(site_id=site_id, **values))


def begin(now: datetime) -> str:
    """An id for one."""
    return new_id("rlk", now)


def get(conn: Connection, site_id: str, relink_id: str) -> Relink | None:
    row = conn.execute(select(relinks).where(relinks.c.id == relink_id, relinks.c.site_id == site_id)).first()
    return _relink(row) if row else None


def of_records(conn: Connection, lead_ids: Sequence[str]) -> list[Relink]:
    """Those that took a form from one of these records or gave it to one, the newest first."""
    theirs = or_(relinks.c.from_lead.in_(lead_ids), relinks.c.to_lead.in_(lead_ids))
    query = select(relinks).where(theirs).order_by(relinks.c.at.desc(), relinks.c.id.desc())
    return [_relink(row) for row in conn.execute(query)]


def undo(conn: Connection, relink_id: str, *, by: str | None, now: datetime) -> None:
    conn.execute(update(relinks).where(relinks.c.id == relink_id).values(undone_at=now, undone_by=by))


def move(conn: Connection, submission_id: str, ends: tuple[str, str], event_ids: Sequence[str]) -> None:
    """All that the form brought goes from one record to the other."""
    source, target = ends
    for table, came_by in BROUGHT:
        mine = (table.c.lead_id == source) & (came_by == submission_id)
        conn.execute(update(table).where(mine).values(lead_id=target))
    site_id = select(submissions.c.site_id).where(submissions.c.id == submission_id).scalar_subquery()
    made = and_(events.c.site_id == site_id, events.c.id.in_(event_ids), events.c.lead_id == source)
    conn.execute(update(events).where(made).values(lead_id=target))
    conn.execute(update(submissions).where(submissions.c.id == submission_id).values(lead_id=target))


def downloads(conn: Connection, site_id: str, lead_id: str, submission_id: str) -> list[str]:
    """Ids of the record's downloads of files that this form gave."""
    query = select(events.c.id, events.c.params).where(
        events.c.site_id == site_id, events.c.lead_id == lead_id, events.c.type == "download"
    )
    return [row.id for row in conn.execute(query) if row.params.get("submission") == submission_id]


def states(conn: Connection, lead_id: str) -> list[tuple[int, str, str, str]]:
    """(id, field, state, origin) of the record's facts, oldest first."""
    query = select(facts.c.id, facts.c.field, facts.c.state, facts.c.origin).where(facts.c.lead_id == lead_id)
    return [tuple(row) for row in conn.execute(query.order_by(facts.c.id))]


def set_states(conn: Connection, wanted: Mapping[int, str]) -> None:
    for state in ("current", "former", "proposed"):
        ids = [fact_id for fact_id, found in wanted.items() if found == state]
        if ids:
            conn.execute(update(facts).where(facts.c.id.in_(ids)).values(state=state))


def drop_facts(conn: Connection, ids: Sequence[int]) -> None:
    conn.execute(delete(facts).where(facts.c.id.in_(ids)))


def give_identifier(conn: Connection, ends: tuple[str, str], kind: str, value: str) -> None:
    """The record is no longer found by it; the other one is."""
    mine = (identifiers.c.lead_id == ends[0]) & (identifiers.c.kind == kind) & (identifiers.c.value == value)
    conn.execute(update(identifiers).where(mine).values(lead_id=ends[1]))


def share_identifier(conn: Connection, ends: tuple[str, str], kind: str, value: str) -> bool:
    """The other one is found by it as well; false where it was, or nobody is."""
    mine = (identifiers.c.lead_id == ends[0]) & (identifiers.c.kind == kind) & (identifiers.c.value == value)
    row = conn.execute(select(identifiers).where(mine)).first()
    return row is not None and insert_if_absent(conn, identifiers, {**row._mapping, "lead_id": ends[1]})


def drop_identifier(conn: Connection, lead_id: str, kind: str, value: str) -> None:
    mine = (identifiers.c.lead_id == lead_id) & (identifiers.c.kind == kind) & (identifiers.c.value == value)
    conn.execute(delete(identifiers).where(mine))


def give_browser(conn: Connection, visitor_id: str, ends: tuple[str, str]) -> bool:
    """What this browser does from now on is the other one's; false where it was not this record's. An id that followed
    at a merge, and has sent nothing since, goes along."""
    mine = (visitors.c.id == visitor_id) & (visitors.c.lead_id == ends[0])
    moved = conn.execute(update(visitors).where(mine).values(lead_id=ends[1]).returning(visitors.c.site_id)).first()
    if moved is None:
        return False
    left = select(visitors.c.id, visitors.c.lineage).where(at_site(visitors.c.lead_id, moved.site_id, [ends[0]]))
    follow = [row.id for row in conn.execute(left) if row.lineage[:1] == [visitor_id]]
    sent = select(submissions.c.visitor_id).where(at_site(submissions.c.visitor_id, moved.site_id, follow))
    silent = set(follow) - set(conn.execute(sent).scalars())
    conn.execute(update(visitors).where(visitors.c.id.in_(silent)).values(lead_id=ends[1]))
    return True


def end_link(conn: Connection, submission_id: str, lead_id: str, now: datetime) -> None:
    mine = (identity_links.c.submission_id == submission_id) & (identity_links.c.lead_id == lead_id)
    conn.execute(update(identity_links).where(mine, identity_links.c.undone_at.is_(None)).values(undone_at=now))


def renew_link(conn: Connection, submission_id: str, lead_id: str, ended: datetime) -> None:
    """The link that ended then stands again."""
    mine = (identity_links.c.submission_id == submission_id) & (identity_links.c.lead_id == lead_id)
    newest = select(func.max(identity_links.c.id)).where(mine, identity_links.c.undone_at == ended).scalar_subquery()
    conn.execute(update(identity_links).where(identity_links.c.id == newest).values(undone_at=None))


def _relink(row: Row[Any]) -> Relink:
    return Relink(**{name: getattr(row, name) for name in Relink.__dataclass_fields__})
