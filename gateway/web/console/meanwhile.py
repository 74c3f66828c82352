"""Two people at one form. Its page carries what it saw of the thing (`was`); where something else stands by the time
it is saved, nothing is saved, what was typed stays, and the page says who changed what. Who saves then puts theirs
aside knowingly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff

from flask import request

from gateway.store import audit, users
from gateway.web.console.access import parts, seat

MOST_LINES = 60  # of a difference between two texts


def seen(thing: object, key: str = "") -> str:
    """By which a page tells whether somebody else has changed the thing since; empty for none. key: for what holds a
    secret, so that nobody can guess at it."""
    if thing is None:
        return ""
    text = key + json.dumps(thing, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def passed(now: str) -> bool:
    """Whether what stands is no more what the posted page saw. A page that does not say what it saw is none of ours."""
    return "was" in request.form and request.form["was"] != now


@dataclass(frozen=True)
class Newer:
    """Somebody else's change. who: none for a command on the server; changes: what is called so → what it is now,
    where that is not what was typed; lines: of a text, with + what was typed alone has and − what stands alone has."""

    who: str | None
    at: datetime | None
    changes: Sequence[tuple[str, str]] = ()
    lines: Sequence[str] = ()


def newer(
    actions: Sequence[str], subject: str, *, changes: Iterable[tuple[str, str]] = (), lines: Iterable[str] = ()
) -> Newer:
    """By the last one who did so with the subject."""
    with parts().db.read() as conn:
        last = audit.last(conn, seat().site.id, subject, actions=actions)
        names = users.names(conn, {last.user_id} if last and last.user_id else set())
    who = names.get(last.user_id or "") if last else None
    return Newer(who, last.at if last else None, [*changes], [*lines])


def differing(labels: Mapping[str, str], stands: Mapping[str, str], typed: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is called so → what stands, of those that were typed otherwise."""
    return [(label, stands[name]) for name, label in labels.items() if stands[name] != typed.get(name, stands[name])]


def text_lines(stands: str, typed: str) -> list[str]:
    """The lines in which two texts differ, with one around them."""
    found = unified_diff(stands.splitlines(), typed.splitlines(), n=1, lineterm="")
    return [*found][2 : 2 + MOST_LINES]
