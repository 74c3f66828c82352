"""Who changed what in the console or by a command. Params hold ids and codes, no answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from gateway.store.tables import audit


def add(conn: Connection, site_id: str, now: datetime, action: str, subject: str, **params: Any) -> None:  # noqa: PLR0917
    """`params` may hold user_id; none means a command on the server."""
    user_id = params.pop("user_id", None)
    values = {"site_id": site_id, "at": now, "action": action, "subject": subject, "user_id": user_id}
    conn.execute(audit.insert().values(params=params, **values))


def subjects(conn: Connection, site_id: str, at: datetime, user_id: str, *, actions: Sequence[str]) -> list[str]:
    """What this user did so with at this very moment: a decision about several is one moment."""
    query = select(audit.c.subject).where(
        audit.c.site_id == site_id, audit.c.at == at, audit.c.user_id == user_id, audit.c.action.in_(actions)
    )
    return sorted({row.subject for row in conn.execute(query)})


@dataclass(frozen=True)
class Last:
    """user_id: none for a command on the server."""

    at: datetime
    user_id: str | None


def last(conn: Connection, site_id: str, subject: str, *, actions: Sequence[str]) -> Last | None:
    """When something was last done so with this one, and by whom."""
    query = select(audit.c.at, audit.c.user_id).where(
        audit.c.site_id == site_id, audit.c.subject == subject, audit.c.action.in_(actions)
    )
    row = conn.execute(query.order_by(audit.c.at.desc(), audit.c.id.desc()).limit(1)).first()
    return Last(row.at, row.user_id) if row else None
