"""Taking back what was said of several at once: found again by the moment at which it was said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from flask import abort

from gateway.store import audit
from gateway.web.console.access import parts, seat


def said_at(text: str, actions: Sequence[str]) -> list[str]:
    """What the signed-in user did so with at that moment (ISO, with a zone), in one go. 400 for no such moment."""
    try:
        at = datetime.fromisoformat(text)
        at = at.astimezone(UTC) if at.tzinfo else abort(400)
    except (ValueError, OverflowError):  # the edges of the calendar have no UTC
        abort(400)
    with parts().db.read() as conn:
        return audit.subjects(conn, seat().site.id, at, seat().user.id, actions=actions)
