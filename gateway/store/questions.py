"""What became of each question of a form: asked, answered, left empty, or the last thing before somebody left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from gateway.store import unsent
from gateway.store.tables import submissions
from gateway.store.unsent import WHOLE

EMPTY: tuple[object, ...] = ("", [], None, False)  # False: a consent that was not given
CONSENT = "consent_"


@dataclass(frozen=True)
class Fate:
    """Of one question or consent, in forms that somebody began. asked >= answered + skipped + left."""

    asked: int = 0
    answered: int = 0
    skipped: int = 0
    left: int = 0

    @property
    def lost(self) -> float:
        """The share of those asked who left here, 0 to 1."""
        return self.left / self.asked if self.asked else 0.0


@dataclass(frozen=True)
class Fates:
    """shown: forms that were sent, or whose browser told that they were not; begun: sent or touched."""

    shown: int
    begun: int
    sent: int
    questions: Mapping[str, Fate]


def fates(conn: Connection, form_id: str, since: datetime, versions: Sequence[int] | None = None) -> Fates:
    """Since the midnight (UTC) of that day; of these versions, or of all. Left out: what was rejected or erased, a
    marketer's tests, what servers sent, and corrections, which are the same form once more."""
    start = unsent.midnight(since)
    sent = 0
    asked, answered, left = Counter[str](), Counter[str](), Counter[str]()
    for names, given in _sent(conn, form_id, start, versions):
        sent += 1
        asked.update(names)
        answered.update(given)
    skipped = asked - answered
    whole = unsent.Count(WHOLE, 0, 0)
    for count in unsent.counts(conn, form_id, start, versions):
        if count.field == WHOLE:
            whole = count
            continue
        asked[count.field] += count.asked
        left[count.field] += count.left
    questions = {name: Fate(asked[name], answered[name], skipped[name], left[name]) for name in asked}
    return Fates(sent + whole.asked, sent + whole.asked - whole.left, sent, questions)


def _sent(
    conn: Connection, form_id: str, since: datetime, versions: Sequence[int] | None
) -> Iterator[tuple[set[str], set[str]]]:
    """Of each form sent: what it asked, and what of that was answered; names alone."""
    query = select(submissions.c.asked, submissions.c.answers).where(
        submissions.c.form_id == form_id,
        submissions.c.received_at >= since,
        submissions.c.status.not_in(("rejected", "erased")),
        submissions.c.test.is_(False),
        submissions.c.corrects.is_(None),
        submissions.c.channel != "api",
    )
    if versions is not None:
        query = query.where(submissions.c.form_version.in_(list(versions)))
    for row in conn.execute(query.execution_options(yield_per=1000)):
        names = {*row.asked, *(name for name in row.answers if name.startswith(CONSENT))}
        yield names, {name for name in names if row.answers.get(name) not in EMPTY}
