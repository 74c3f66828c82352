"""Held submissions that wait for staff, and the daily mail that says so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Row, func, select

from gateway.store import mails, sites, users
from gateway.store.tables import submissions


def waiting(conn: Connection) -> list[Row[tuple[str, int, datetime]]]:
    """(site_id, held, oldest) for each site where held submissions wait; a marketer's tests do not count."""
    query = (
        select(
            submissions.c.site_id,
            func.count().label("held"),
            func.min(submissions.c.received_at).label("oldest"),
        )
        .where(submissions.c.status == "held", submissions.c.test.is_(False))
        .group_by(submissions.c.site_id)
    )
    return list(conn.execute(query))


def untold(conn: Connection, now: datetime) -> bool:
    """Does any site have held submissions and somebody who was not told today?"""
    return any(
        not mails.known(conn, _key(row.site_id, address, now))
        for row in waiting(conn)
        for address in sites.get(conn, row.site_id).settings.get("notify", ())
    )


def tell(conn: Connection, now: datetime) -> None:
    """Queue one mail a day and address; the key makes a second one a no-op."""
    for row in waiting(conn):
        site = sites.get(conn, row.site_id)
        for address in site.settings.get("notify", ()):
            user = users.by_email(conn, address)
            lang = user.lang if user else site.lang
            params = {"site": site.name, "count": row.held}
            key = _key(site.id, address, now)
            mails.queue(conn, key, address, lang=lang, template="held_waiting", params=params, now=now)


def _key(site_id: str, address: str, now: datetime) -> str:
    return f"held:{site_id}:{now:%Y-%m-%d}:{address}"[:120]
