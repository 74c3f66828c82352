"""Under which id a destination has a lead: kept from its answers, used for the next update, gone with the person.

A row is the lead's own for ever: after a merge the survivor uses those of its earlier records where it has none, and
taken apart again, each has its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select

from gateway.delivery.outgoing import Record
from gateway.records import Delivery
from gateway.store import leads
from gateway.store.conflicts import insert_or_set
from gateway.store.tables import crm_records as table

LONGEST = 200  # characters of an id there


def of_delivery(conn: Connection, delivery: Delivery) -> list[Record]:
    """The records that this delivery is about, the lead's own first, then those of leads merged into it, oldest
    first; each once."""
    rows = _rows(conn, delivery)
    return list({row[0]: Record(row[0], row[1]) for row in rows}.values())


def keep(conn: Connection, delivery: Delivery, record: Record, now: datetime) -> None:
    """The destination has this lead under that id. One that an earlier lead brought stays that lead's; one that we
    began stays ours to take away, however often it is updated. What can be no id is not kept: it would fail here, after
    every send anew."""
    if not (0 < len(record.id) <= LONGEST and record.id.isprintable()):
        return
    known = {row[0]: (row[1], row[2]) for row in _rows(conn, delivery)}
    made, whose = known.get(record.id, (False, delivery.lead_id))
    if whose != delivery.lead_id:
        return
    key = {"destination_id": delivery.destination_id, "lead_id": delivery.lead_id}
    insert_or_set(conn, table, key, {"record": record.id, "made": made or record.made, "at": now})


def forget(conn: Connection, delivery: Delivery) -> None:
    """The destination was told that this person is erased, and has done so."""
    whose = [delivery.lead_id, *_earlier(conn, delivery)]
    conn.execute(delete(table).where(table.c.destination_id == delivery.destination_id, table.c.lead_id.in_(whose)))


def forget_destination(conn: Connection, destination_id: str) -> None:
    conn.execute(delete(table).where(table.c.destination_id == destination_id))


def of_lead(conn: Connection, lead_id: str) -> dict[str, str]:
    """By destination."""
    rows = conn.execute(select(table.c.destination_id, table.c.record).where(table.c.lead_id == lead_id))
    return {row.destination_id: row.record for row in rows}


def leads_with(conn: Connection, destination_id: str, record: str) -> list[str]:
    """The leads that this destination has under that id, the oldest first."""
    mine = (table.c.destination_id == destination_id) & (table.c.record == record)
    return sorted(conn.execute(select(table.c.lead_id).where(mine)).scalars())


def _rows(conn: Connection, delivery: Delivery) -> list[tuple[str, bool, str]]:
    """(record, made, lead), the lead's own first."""
    whose = [delivery.lead_id, *_earlier(conn, delivery)]
    mine = (table.c.destination_id == delivery.destination_id) & table.c.lead_id.in_(whose)
    found = {row.lead_id: row for row in conn.execute(select(table).where(mine))}
    return [(found[one].record, found[one].made, one) for one in whose if one in found]


def _earlier(conn: Connection, delivery: Delivery) -> Sequence[str]:
    lead = leads.get(conn, delivery.site_id, delivery.lead_id)
    return lead.earlier_ids if lead and lead.id == delivery.lead_id else ()
