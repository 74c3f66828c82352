"""Who changed what in the console or by a command. Params hold ids and codes, no answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway.store.tables import audit


def add(conn: Connection, site_id: str, now: datetime, action: str, subject: str, **params: Any) -> None:  # noqa: PLR0917
    """`params` may hold user_id; none means a command on the server."""
    user_id = params.pop("user_id", None)
    values = {"site_id": site_id, "at": now, "action": action, "subject": subject, "user_id": user_id}
    conn.execute(audit.insert().values(params=params, **values))
