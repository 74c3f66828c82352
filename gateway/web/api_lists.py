"""What the lists of /api/v1 share: how long a page is, what may be chosen, what a line of leads shows."""

from __future__ import annotations

from typing import Any

from flask import request

from gateway.delivery.payload import iso
from gateway.store.leads_search import LeadLine
from gateway.web.api_door import Problem

MAX_PAGE = 200


def page_size() -> int:
    """What was asked for, 50 by default. Raises Problem."""
    text = request.args.get("limit", "50")
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MAX_PAGE):
        raise Problem(400, f"limit: a number from 1 to {MAX_PAGE}")
    return int(text)


def chosen(name: str, allowed: tuple[str, ...], wanted: list[str]) -> tuple[str, ...]:
    """What was chosen from a closed list, each once. Raises Problem."""
    if not set(wanted) <= set(allowed):
        raise Problem(400, f"Unknown {name}", allowed=list(allowed))
    return tuple(dict.fromkeys(wanted))


def lead_line(line: LeadLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "cell": f"{line.grade}{line.interest}",
        "score": line.score,
        "stage": line.stage,
        "test": line.test,
        "contact_requested": line.contact_requested,
        "created_at": iso(line.created_at),
        "updated_at": iso(line.updated_at),
        "fields": dict(line.facts),
    }
