"""Values that were said of a lead and wait for staff (rule 3)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select, update

from gateway.store import persons
from gateway.store.tables import facts


def settle(conn: Connection, lead_id: str, ids: Iterable[int]) -> int:
    """These of the person's proposals wait no longer; they stay among what was said before. How many did wait."""
    theirs = facts.c.lead_id.in_(persons.members(lead_id)) & facts.c.id.in_(list(ids))
    waiting = theirs & (facts.c.state == "proposed")
    return conn.execute(update(facts).where(waiting).values(state="former")).rowcount


def waiting(conn: Connection, lead_id: str) -> set[int]:
    """The ids of the person's facts that wait."""
    mine = facts.c.lead_id.in_(persons.members(lead_id)) & (facts.c.state == "proposed")
    return set(conn.execute(select(facts.c.id).where(mine)).scalars())
