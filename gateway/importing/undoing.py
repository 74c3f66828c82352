"""An import taken back as a whole: the leads that it alone began go, those that it joined have their former values
again. What somebody touched since stays as it is, and is told."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway import standing
from gateway.clock import Clock
from gateway.importing.running import PAUSE
from gateway.store import counted, feed, imports, leads, organisations, persons, unimporting, unweighed
from gateway.store.db import Database
from gateway.store.imports import Done, Import

AT_ONCE = 20  # rows a transaction


@dataclass
class Undone:
    """leads: taken back. restored: joined ones whose former values stand again. kept: why others stay → how many."""

    leads: int = 0
    restored: int = 0
    kept: Counter[str] = field(default_factory=Counter)


def undo(db: Database, clock: Clock, found: Import, progress: Any = lambda _: None) -> Undone:
    """Safe to run again after a kill. Rows go from the last on, so that what one row did over another's comes back in
    order."""
    told = Undone()
    for rows in _backwards(db, found):
        with db.write() as conn:
            persons.lock(conn, found.site_id)
            counted.hold(conn, *(row.lead_id for row in rows if row.lead_id))
            for row in rows:
                _undo_row(conn, found, row, told, clock=clock)
        progress(len(rows))
        time.sleep(PAUSE)
    with db.write() as conn:
        told.leads = imports.counts(conn, found.id).get("new", 0) - told.kept.total()  # those of an earlier run too
        said = {"leads": told.leads, "restored": told.restored, "kept": dict(told.kept)}
        imports.set_columns(
            conn, found.id, status="undone", undone_at=clock(), preview={"undone": said}, worked_at=None
        )
    return told


def _backwards(db: Database, found: Import) -> Iterator[list[Done]]:
    """Joined rows first: a lead that this import began is touched by none of its own."""
    for began in (False, True):
        before: int | None = None
        while True:
            with db.read() as conn:
                rows = imports.rows_before(conn, found.id, before, began=began, limit=AT_ONCE)
            if not rows:
                break
            yield rows
            before = rows[-1].row


def _undo_row(conn: Connection, found: Import, row: Done, told: Undone, *, clock: Clock) -> None:
    assert row.lead_id is not None
    lead = leads.alone(conn, found.site_id, row.lead_id)
    if lead is None:  # an earlier run took it back
        return
    if row.outcome != "new":
        _restore(conn, found, row, clock)
        told.restored += row.changed
        return
    why = unimporting.touched(conn, found, row.lead_id)
    if why:
        told.kept[why] += 1
        return
    together = [one for one in counted.together(conn, [row.lead_id]) if one != row.lead_id]
    _leave_organisation(conn, found.site_id, row.lead_id, clock())
    feed.dropped(conn, found.site_id, row.lead_id, clock())
    unimporting.drop(conn, found.site_id, row.lead_id)
    counted.recount(conn, found.site_id, together)
    told.leads += 1


def _leave_organisation(conn: Connection, site_id: str, lead_id: str, now: datetime) -> None:
    """It is counted anew by one of those who stay."""
    for left in organisations.take_out(conn, [lead_id]):
        others = organisations.members(conn, site_id, left, limit=1)
        if others:
            organisations.mark(conn, site_id, [others[0].lead_id], now)
        else:
            organisations.drop(conn, left)


def _restore(conn: Connection, found: Import, row: Done, clock: Clock) -> None:
    """What this row wrote goes; what it outdid, or set aside, stands again where nobody has written since."""
    assert row.lead_id is not None
    if not row.changed:
        return
    unimporting.take_facts(conn, found.origin, row.lead_id, row.before.get("facts", {}))
    unimporting.take_identifiers(conn, row.lead_id, row.before.get("identifiers", ()), row.at)
    unimporting.take_consents(conn, row.lead_id, found.id, row.row)
    _restore_columns(conn, row.lead_id, row.before)
    unweighed.add(conn, found.site_id, row.lead_id, clock())
    standing.refresh(conn, found.site_id, row.lead_id, clock(), tell="holders")


def _restore_columns(conn: Connection, lead_id: str, before: Mapping[str, Sequence[Any]]) -> None:
    """Owner, customer and stage, where they are still as the row set them."""
    for name in ("owner", "customer", "stage"):
        if name in before:
            unimporting.set_back(conn, lead_id, name, (before[name][0], before[name][1]))
