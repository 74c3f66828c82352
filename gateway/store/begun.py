"""Many new leads at once, with all that is known of them: a list's rows, a statement a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection

from gateway.store.conflicts import insert_absent
from gateway.store.tables import (
    consents,
    facts,
    identifiers,
    leads,
    segment_members,
    stage_moves,
    ungrouped,
    unweighed,
)

Rows = Sequence[Mapping[str, Any]]
# Parents first. An identifier that somebody else carries already stays theirs; a lead may wait already.
TABLES = {
    "leads": leads, "identifiers": identifiers, "facts": facts, "consents": consents, "stage_moves": stage_moves,
    "segment_members": segment_members, "unweighed": unweighed, "ungrouped": ungrouped,
}  # fmt: skip


@dataclass(frozen=True)
class Begun:
    """Rows by table, all columns given."""

    leads: Rows
    identifiers: Rows = ()
    facts: Rows = ()
    consents: Rows = ()
    stage_moves: Rows = ()
    segment_members: Rows = ()
    unweighed: Rows = ()
    ungrouped: Rows = ()


def add(conn: Connection, begun: Begun) -> None:
    for one in fields(begun):
        insert_absent(conn, TABLES[one.name], getattr(begun, one.name))
