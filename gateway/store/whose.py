"""Whose a thing is: the site of an id, for links that name only the thing. The caller checks the role there."""

from __future__ import annotations

from sqlalchemy import Connection, Table, select

from gateway.store.tables import deliveries, forms, leads, submissions


def site_of_lead(conn: Connection, lead_id: str) -> str | None:
    return _site_of(conn, leads, lead_id)


def site_of_submission(conn: Connection, submission_id: str) -> str | None:
    return _site_of(conn, submissions, submission_id)


def site_of_delivery(conn: Connection, delivery_id: str) -> str | None:
    return _site_of(conn, deliveries, delivery_id)


def form_key_taken(conn: Connection, key: str) -> bool:
    """Some site of this installation has a form with this key (rule 35)."""
    return conn.execute(select(forms.c.id).where(forms.c.key == key)).first() is not None


def _site_of(conn: Connection, table: Table, row_id: str) -> str | None:
    found: str | None = conn.execute(select(table.c.site_id).where(table.c.id == row_id)).scalar()
    return found
