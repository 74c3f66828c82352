"""Lessons (one a submission that staff decided) and their sums, word by word, as the scorer reads them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.db import lock_names
from gateway.store.tables import lessons, submissions, word_counts

Label = Literal["spam", "ham"]
TEXTS = ""  # the "word" that counts the texts themselves


# Asked for each submission, so written once.
_TEXTS_OF_SITE = select(word_counts.c.spam, word_counts.c.ham).where(
    word_counts.c.site_id == bindparam("site"), word_counts.c.word == TEXTS
)


@dataclass(frozen=True)
class Lesson:
    id: int
    site_id: str
    submission_id: str
    label: Label
    words: Sequence[str]  # keyed hashes


def lock(conn: Connection, site_id: str) -> None:
    """Hold the site's sums until the transaction ends: two decisions at once must not wait for each other's words."""
    lock_names(conn, f"lessons:{site_id}")


def site_of(conn: Connection, submission_id: str) -> str | None:
    """The site that this submission taught, ever; for locking before reading."""
    return conn.execute(select(lessons.c.site_id).where(lessons.c.submission_id == submission_id)).scalar()


def current(conn: Connection, submission_id: str) -> Lesson | None:
    """The lesson in force of this submission."""
    row = conn.execute(
        select(lessons).where(lessons.c.submission_id == submission_id, lessons.c.undone_at.is_(None))
    ).first()
    return Lesson(row.id, row.site_id, row.submission_id, row.label, tuple(row.words)) if row else None


def add(conn: Connection, lesson: Lesson, now: datetime) -> None:
    """Keep a lesson (its id is made here) and count its words."""
    conn.execute(
        lessons.insert().values(
            site_id=lesson.site_id,
            submission_id=lesson.submission_id,
            label=lesson.label,
            words=list(lesson.words),
            at=now,
        )
    )
    rows = [
        {"site_id": lesson.site_id, "word": word, "spam": 0, "ham": 0, lesson.label: 1}
        for word in sorted({TEXTS, *lesson.words})
    ]
    conn.execute(_counting(conn), rows)


def take_back(conn: Connection, lesson: Lesson, now: datetime) -> None:
    """The exact inverse of `add`: words that nothing counts any more go; the lesson stays, marked and wordless."""
    counted = word_counts.c[lesson.label]
    mine = (word_counts.c.site_id == lesson.site_id) & word_counts.c.word.in_([TEXTS, *lesson.words])
    conn.execute(update(word_counts).where(mine).values({counted: counted - 1}))
    conn.execute(delete(word_counts).where(mine, word_counts.c.spam == 0, word_counts.c.ham == 0))
    conn.execute(update(lessons).where(lessons.c.id == lesson.id).values(undone_at=now, words=[]))


def texts(conn: Connection, site_id: str) -> tuple[int, int]:
    """How many (spam, ham) texts the site has learnt."""
    row = conn.execute(_TEXTS_OF_SITE, {"site": site_id}).first()
    return (row.spam, row.ham) if row else (0, 0)


def counts(conn: Connection, site_id: str, words: Sequence[str]) -> Mapping[str, tuple[int, int]]:
    """word → (spam, ham) texts that had it, for those that any had."""
    rows = conn.execute(
        select(word_counts.c.word, word_counts.c.spam, word_counts.c.ham).where(
            word_counts.c.site_id == site_id, word_counts.c.word.in_(words)
        )
    )
    return {row.word: (row.spam, row.ham) for row in rows}


def settle_erased(conn: Connection, submission_ids: Collection[str]) -> None:
    """Drop the lessons of those of them that are erased. The sums stay: how often a hashed word stood in spam is
    nobody's data."""
    erased = exists().where(submissions.c.id == lessons.c.submission_id, submissions.c.status == "erased")
    conn.execute(delete(lessons).where(lessons.c.submission_id.in_(submission_ids), erased))


def _counting(conn: Connection) -> Any:
    """Insert a word's count, or add to it."""
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    statement = insert(word_counts)
    raised = {name: word_counts.c[name] + statement.excluded[name] for name in ("spam", "ham")}
    return statement.on_conflict_do_update(index_elements=["site_id", "word"], set_=raised)
