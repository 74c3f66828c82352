"""Members of a body, read one by one. What cannot be taken raises Problem, which names the member."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.web.api_door import Problem, moment

_KINDS = {dict: "an object", str: "a text", bool: "true or false"}


def member(row: Mapping[str, Any], name: str, default: Any, *, where: str = "") -> Any:
    """A member that may be missing or null, of its default's kind."""
    found = row.get(name)
    if found is None:
        return default
    if not isinstance(found, type(default)):
        raise Problem(422, f"{place(where, name)}: {_KINDS[type(default)]}")
    return found


def text(row: Mapping[str, Any], name: str, where: str, longest: int = 60) -> str:
    """One that must be there."""
    found = row.get(name)
    if not isinstance(found, str) or not found or len(found) > longest or not found.isprintable():
        raise Problem(422, f"{place(where, name)}: a text of 1 to {longest} printable characters")
    return found


def one_of(row: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    """One of a closed list; empty where it is missing, null or empty."""
    found = row.get(name) or ""
    if found != "" and found not in allowed:
        raise Problem(422, f"{name}: unknown", allowed=list(allowed))
    return str(found)


def at(row: Mapping[str, Any], where: str, now: datetime) -> datetime:
    """When it happened; now, where nothing is said. A clock that runs ahead does not score tomorrow."""
    if row.get("at") is None:
        return now
    found = moment(row["at"])
    if found is None:
        raise Problem(422, f"{place(where, 'at')}: a time such as 2026-11-22T09:30:00Z")
    return min(found, now)


def place(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
