"""What staff say of two leads that may be one person: that they are, that they are two people, or later.

It is said of persons: two records of one person and a third lead need one answer. Each answer can be taken back, and
what staff said stands over what the matcher says anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from gateway import merging, standing
from gateway.merging import MergeError
from gateway.store import audit, counted, duplicates, leads, persons
from gateway.store.db import Database
from gateway.store.duplicates import Duplicate, Weighed

Saying = Literal["merge", "apart", "later", "undo"]


class SaidError(Exception):
    """Somebody else has said it meanwhile, or there is nothing to take back."""


@dataclass(frozen=True)
class Sayer:
    """Who says it, of which site's leads, and when."""

    site_id: str
    user_id: str | None  # none: a command on the server
    now: datetime


@dataclass
class Said:
    """What became of several."""

    done: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)  # said by somebody else before
    refused: list[str] = field(default_factory=list)  # a test and a real lead, or an erased one
    unknown: list[str] = field(default_factory=list)


def say_all(db: Database, saying: Saying, ids: Sequence[str], sayer: Sayer) -> Said:
    """Of several pairs, each in a transaction of its own: merging takes some milliseconds, and posts wait meanwhile."""
    said = Said()
    for pair_id in dict.fromkeys(ids):
        try:
            with db.write() as conn:
                say(conn, saying, pair_id, sayer)
        except LookupError:
            said.unknown.append(pair_id)
        except SaidError:
            said.elsewhere.append(pair_id)
        except MergeError as refused:
            (said.elsewhere if refused.code == "same" else said.refused).append(pair_id)
        else:
            said.done.append(pair_id)
    return said


def say(conn: Connection, saying: Saying, pair_id: str, sayer: Sayer) -> None:
    """Of one pair. Raises LookupError: not of this site; SaidError; MergeError."""
    persons.lock(conn, sayer.site_id)  # before anything is read: nobody answers or merges between
    pair = duplicates.get(conn, sayer.site_id, pair_id)
    if pair is None:
        raise LookupError(f"no pair {pair_id}")
    counted.hold(conn, pair.older, pair.younger)
    SAYINGS[saying](conn, pair, sayer)
    if saying != "merge":  # merging writes its own line
        audit.add(conn, sayer.site_id, sayer.now, f"duplicate_{saying}", pair.id, user_id=sayer.user_id)


def two_people(conn: Connection, ids: tuple[str, str], weighed: Weighed, sayer: Sayer) -> None:
    """Say of any two leads, weighed before or not, that they are two people, so that nothing merges them by itself.
    `weighed`: what stands for them where no pair does. Raises MergeError: they are one person, or none of this site."""
    persons.lock(conn, sayer.site_id)
    counted.hold(conn, *ids)
    one, other = (leads.get(conn, sayer.site_id, lead_id) for lead_id in ids)
    merging.check(one, other)
    if not _between(conn, *ids):
        duplicates.keep(conn, sayer.site_id, weighed, sayer.now)
    _answer_apart(conn, ids, sayer)


def _merge(conn: Connection, pair: Duplicate, sayer: Sayer) -> None:
    if pair.answer is not None:
        raise SaidError(pair.answer)
    merging.merge(conn, sayer.site_id, (pair.older, pair.younger), by=sayer.user_id, now=sayer.now)
    audit.add(conn, sayer.site_id, sayer.now, "duplicate_merge", pair.id, user_id=sayer.user_id)


def _apart(conn: Connection, pair: Duplicate, sayer: Sayer) -> None:
    if pair.answer is not None or persons.joined_by(conn, pair.older, pair.younger):
        raise SaidError(pair.answer)
    _answer_apart(conn, (pair.older, pair.younger), sayer)


def _later(conn: Connection, pair: Duplicate, sayer: Sayer) -> None:
    if pair.answer is not None or pair.aside_at is not None:
        raise SaidError(pair.answer)
    for one in _between(conn, pair.older, pair.younger):
        duplicates.set_aside(conn, one.id, sayer.now)


def _undo(conn: Connection, pair: Duplicate, sayer: Sayer) -> None:
    """The last thing that was said of it: it waits again."""
    if pair.waits:
        raise SaidError("waits")
    joined = persons.joined_by(conn, pair.older, pair.younger)
    if joined is not None and pair.answer != "merged":
        raise SaidError("merged")
    if joined is not None:
        merging.undo(conn, sayer.site_id, joined.id, by=sayer.user_id, now=sayer.now)
    for one in _between(conn, pair.older, pair.younger):
        duplicates.answer(conn, one.id, None, by=None, now=sayer.now)
        duplicates.set_aside(conn, one.id, None)
    _tell(conn, (pair.older, pair.younger), sayer)


SAYINGS: Mapping[Saying, Callable[[Connection, Duplicate, Sayer], None]] = {
    "merge": _merge,
    "apart": _apart,
    "later": _later,
    "undo": _undo,
}


def _answer_apart(conn: Connection, ids: tuple[str, str], sayer: Sayer) -> None:
    for one in _between(conn, *ids):
        duplicates.answer(conn, one.id, "apart", by=sayer.user_id, now=sayer.now)
    _tell(conn, ids, sayer)


def _tell(conn: Connection, ids: tuple[str, str], sayer: Sayer) -> None:
    """Destinations hear whom a lead is counted as one with (rule 26: identity)."""
    for lead_id in ids:
        standing.refresh(conn, sayer.site_id, lead_id, sayer.now)


def _between(conn: Connection, one: str, other: str) -> list[Duplicate]:
    """Every pair of a record of one person and a record of the other, the likeliest first."""
    return duplicates.between(conn, *(persons.connected(conn, lead_id) for lead_id in (one, other)))
