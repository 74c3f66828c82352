"""How much like one submission came in around it: by address block, form, e-mail domain and text. Two statements,
each on an index and bounded, since a flood is when they are asked most; written once, since writing them costs more
than running them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Label, bindparam, func, literal, select

from gateway.records import Submission
from gateway.store.tables import submissions
from verification.spam.prints import count_near

WITHIN = timedelta(hours=1)
BURST = timedelta(minutes=5)
MOST = 200  # counted of each; more would change no verdict
PRINTS = 200  # of the site's latest, compared one by one


@dataclass(frozen=True)
class Recent:
    """Others like this submission: within the hour before it, and since. MOST at most."""

    from_block: int = 0
    burst_from_block: int = 0  # within five minutes
    on_form: int = 0
    from_domain: int = 0
    same_content: int = 0
    near_content: int = 0


def around(conn: Connection, submission: Submission, *, domain: str | None) -> Recent:
    """domain: the e-mail domain to count; None counts none, as for free mail."""
    shared = {
        "site": submission.site_id,
        "own": submission.id,
        "hour": submission.received_at - WITHIN,
        "minutes": submission.received_at - BURST,
    }
    columns = {name: getattr(submission, name) for name in ("block_hash", "form_id", "content_hash")}
    row = conn.execute(COUNTS, {**shared, **columns, "email_domain": domain}).one()
    mine = submission.content_print
    prints = conn.execute(LATEST_PRINTS, shared).scalars() if mine else ()
    others = {name: max(count - 1, 0) for name, count in row._mapping.items()}  # each counts the submission itself
    return Recent(**others, near_content=count_near(mine, prints) if mine else 0)


def _sharing(label: str, column: str, since: str) -> Label[Any]:
    """How many share the column's value, itself included; none where it is NULL. Read off an index alone: a form is
    one site's, and its index does not hold the site."""
    found = select(literal(1)).where(
        submissions.c[column] == bindparam(column), submissions.c.received_at >= bindparam(since)
    )
    if column != "form_id":
        found = found.where(submissions.c.site_id == bindparam("site"))
    counted = select(func.count()).select_from(found.limit(MOST + 1).subquery())
    return counted.scalar_subquery().label(label)


COUNTS = select(
    _sharing("from_block", "block_hash", "hour"),
    _sharing("burst_from_block", "block_hash", "minutes"),
    _sharing("on_form", "form_id", "hour"),
    _sharing("from_domain", "email_domain", "hour"),
    _sharing("same_content", "content_hash", "hour"),
)
LATEST_PRINTS = (
    select(submissions.c.content_print)
    .where(
        submissions.c.site_id == bindparam("site"),
        submissions.c.received_at >= bindparam("hour"),
        submissions.c.id != bindparam("own"),
    )
    .order_by(submissions.c.received_at.desc())
    .limit(PRINTS)
)
