"""What the online measurement fills a site with is what edge and worker would have written."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bench.identity import filling, online
from bench.identity.filling import COLUMNS, Crowd, Place, fill
from gateway.clock import utcnow
from gateway.store import sites
from gateway.store.db import Database
from gateway.store.tables import metadata

PEOPLE = 5
# Ids and times are each row's own; verdict and score come apart from linking, and the filler leaves them as they begin.
APART = {
    "id", "site_id", "lead_id", "submission_id", "visitor_id", "origin", "at", "created_at", "updated_at",
    "received_at", "processed_at", "status", "grade", "interest", "score", "score_changes_at", "stage", "disqualified",
    "fingerprint", "same_as", "scored_by", "segments",
}  # fmt: skip


def test_a_filled_site_holds_what_submissions_leave(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "DRAWN", 20)
    crowd, now = Crowd("fa", "a few"), utcnow()
    sent = online.place_in(db, now)
    crowd.go_on(1)
    for one in list(filling._made(crowd, PEOPLE)):
        online.go(online.Stage(db, sent, 0, [], now), one.answers, one.visitor_id[::-1])
    with db.write() as conn:
        filled = Place(sites.add(conn, "filled", "Filled", now).id, sent.form_id, sent.lang)
    crowd.go_on(1)
    fill(db.engine.url.render_as_string(hide_password=False), filled, crowd, PEOPLE)
    for table in COLUMNS:
        assert _rows(db, table, filled) == _rows(db, table, sent), table


def _rows(db: Database, name: str, place: Place) -> list[list[tuple[str, Any]]]:
    table = metadata.tables[name]
    query = select(table)
    if "site_id" not in table.c:
        leads = metadata.tables["leads"]
        query = query.where(table.c.lead_id.in_(select(leads.c.id).where(leads.c.site_id == place.site_id)))
    else:
        query = query.where(table.c.site_id == place.site_id)
    with db.read() as conn:
        rows = conn.execute(query).mappings().all()
    return sorted(
        ([(key, _plain(key, value)) for key, value in row.items() if key not in APART] for row in rows), key=repr
    )


def _plain(column: str, value: Any) -> Any:
    """PostgreSQL keeps answers in an order of its own, and the words to be found by follow it. A record ends with its
    time."""
    if column == "packed":
        return value.rpartition("\x1f")[0]
    return sorted(value.split()) if column == "search" else value
