"""Who changed what in the console or by a command. Params hold ids and codes, no answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.store.tables import audit


def add(conn: Connection, site_id: str, now: datetime, action: str, subject: str, **params: Any) -> None:  # noqa: PLR0917
    """`params` may hold user_id; none means a command on the server."""
    user_id = params.pop("user_id", None)
    values = {"site_id": site_id, "at": now, "action": action, "subject": subject, "user_id": user_id}
    conn.execute(audit.insert().values(params=params, **values))


def of_subject(conn: Connection, site_id: str, subject: str) -> Sequence[Row[Any]]:
    """Rows of (at, user_id, action, params), oldest first."""
    query = select(audit).where(audit.c.site_id == site_id, audit.c.subject == subject)
    return conn.execute(query.order_by(audit.c.id)).all()
