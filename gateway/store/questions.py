"""What became of each question of a form: asked, answered, left empty, or the last thing before somebody left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, select

from gateway.store import unsent
from gateway.store.tables import submissions
from gateway.store.unsent import WHOLE

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


def fates(
    conn: Connection, form_id: str, since: datetime, names: Sequence[str], *, versions: Sequence[int] | None = None
) -> Fates:
    """Since the midnight (UTC) of that day; of these versions, or of all. names: the questions and consents that
    those had. Left out: what was rejected or erased, a marketer's tests, what servers sent, and corrections, which
    are the same form once more."""
    start = unsent.midnight(since)
    sent = 0
    asked, answered, left = Counter[str](), Counter[str](), Counter[str]()
    for row in conn.execute(_sent(form_id, start, names, versions)):
        sent += row.sent
        found = zip(names, row[2 : 2 + len(names)], row[2 + len(names) :], strict=True)
        for name, shown, given in found:
            asked[name] += row.sent if name in row.asked else shown if name.startswith(CONSENT) else 0
            answered[name] += given
    skipped = asked - answered
    whole = unsent.Count(WHOLE, 0, 0)
    for count in unsent.counts(conn, form_id, start, versions):
        if count.field == WHOLE:
            whole = count
            continue
        asked[count.field] += count.asked
        left[count.field] += count.left
    questions = {name: Fate(asked[name], answered[name], skipped[name], left[name]) for name in asked if asked[name]}
    return Fates(sent + whole.asked, sent + whole.asked - whole.left, sent, questions)


def _sent(form_id: str, since: datetime, names: Sequence[str], versions: Sequence[int] | None) -> Select[Any]:
    """One row for those that asked the same, since they are few: how many there are, and of each name how many have
    it at all and how many answered it. The database reads the answers; none leaves it."""
    texts = [submissions.c.answers[name].as_string() for name in names]
    had = [_count(text.is_not(None)) for text in texts]
    given = [_count(_answered(name, text)) for name, text in zip(names, texts, strict=True)]
    query = (
        select(submissions.c.asked, func.count().label("sent"), *had, *given)
        .where(
            submissions.c.form_id == form_id,
            submissions.c.received_at >= since,
            submissions.c.status.not_in(("rejected", "erased")),
            submissions.c.test.is_(False),
            submissions.c.corrects.is_(None),
            submissions.c.channel != "api",
        )
        .group_by(submissions.c.asked)
    )
    return query if versions is None else query.where(submissions.c.form_version.in_(list(versions)))


def _answered(name: str, text: ColumnElement[Any]) -> ColumnElement[bool]:
    ticked: ColumnElement[bool] = submissions.c.answers[name].as_boolean().is_(True)
    return ticked if name.startswith(CONSENT) else text.not_in(("", "[]"))


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
