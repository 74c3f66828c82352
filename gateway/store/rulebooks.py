"""Rulebooks: a site's points, profiles and stages, in versions; the shipped one until the site has its own. What a
marketer is changing stands beside them as a draft.

Checks of rulebooks grow stricter, and what was published stays. Scoring never stops for that: see `Refused`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, bindparam, delete, func, select

from forms.toml import Wrong
from gateway.scoring.rulebook import Rulebook, RulebookError, from_published, from_toml, shipped
from gateway.store import rescorings
from gateway.store.conflicts import insert_or_set
from gateway.store.db import lock_names
from gateway.store.tables import rulebook_drafts, rulebooks


@dataclass(frozen=True)
class Version:
    number: int
    content: str  # TOML
    at: datetime
    by: str | None  # a user; none: a command on the server


@dataclass(frozen=True)
class Draft:
    content: str  # TOML, which may have problems
    based_on: int  # the version in force when it was begun; 0: the shipped one
    revision: int
    at: datetime
    by: str | None


@dataclass(frozen=True)
class Refused:
    """The newest version, where today's reader would not let it be published. counts: the version that leads are scored
    by instead: the same, where words alone are wrong; else the newest that reads, 0 for the shipped one."""

    number: int
    counts: int
    problems: Sequence[Wrong]


def in_force(conn: Connection, site_id: str) -> Rulebook:
    content = text_in_force(conn, site_id)
    return (content and _parsed(content)) or shipped()


def text_in_force(conn: Connection, site_id: str) -> str | None:
    """The site's own rulebook as TOML, of the newest version that reads; none: the shipped one holds."""
    newest = conn.execute(_NEWEST, {"at_site": site_id}).first()
    if newest is None or _parsed(newest.content):
        return newest.content if newest else None
    found = _newest_that_reads(conn, site_id)
    return found.content if found else None


def refused(conn: Connection, site_id: str) -> Refused | None:
    """What somebody has to mend; none where the newest version has no mistakes, or there is none."""
    newest = conn.execute(_NEWEST, {"at_site": site_id}).first()
    if newest is None:
        return None
    try:
        from_toml(newest.content)
    except RulebookError as error:
        found = _newest_that_reads(conn, site_id)
        return Refused(newest.version, found.number if found else 0, error.problems)
    return None


def _newest_that_reads(conn: Connection, site_id: str) -> Version | None:
    return next((one for one in versions(conn, site_id) if _parsed(one.content)), None)


_NEWEST = (
    select(rulebooks.c.version, rulebooks.c.content)
    .where(rulebooks.c.site_id == bindparam("at_site"))
    .order_by(rulebooks.c.version.desc())
    .limit(1)
)


def publish(conn: Connection, site_id: str, content: str, now: datetime, *, by: str | None = None) -> int:
    """Put a rulebook (TOML) in force; returns its version. Leads are scored by it from now on. An earlier one
    is gone back to by publishing it anew. Raises RulebookError and publishes nothing."""
    book = from_toml(content)
    hold(conn, site_id)
    latest = conn.execute(select(func.max(rulebooks.c.version)).where(rulebooks.c.site_id == site_id)).scalar()
    version = (latest or 0) + 1
    values = {
        "site_id": site_id,
        "version": version,
        "content": content,
        "published_at": now,
        "published_by": by,
    }
    conn.execute(rulebooks.insert().values(**values))
    rescorings.begin(conn, site_id, book.digest, now)
    return version


def versions(conn: Connection, site_id: str) -> Sequence[Version]:
    """All that were published, the newest first."""
    query = select(rulebooks).where(rulebooks.c.site_id == site_id).order_by(rulebooks.c.version.desc())
    return [Version(row.version, row.content, row.published_at, row.published_by) for row in conn.execute(query)]


def draft(conn: Connection, site_id: str) -> Draft | None:
    row = conn.execute(select(rulebook_drafts).where(rulebook_drafts.c.site_id == site_id)).first()
    return Draft(row.content, row.based_on, row.revision, row.changed_at, row.changed_by) if row else None


def save_draft(conn: Connection, site_id: str, content: str, now: datetime, *, revision: int, by: str | None) -> bool:
    """Keep what is being changed (TOML, not yet checked). `revision`: of the draft that was changed; 0: there was none.
    False where somebody else has saved since."""
    hold(conn, site_id)
    before = draft(conn, site_id)
    if (before.revision if before else 0) != revision:
        return False
    latest = conn.execute(select(func.max(rulebooks.c.version)).where(rulebooks.c.site_id == site_id)).scalar()
    based_on = before.based_on if before else latest or 0
    said = {"content": content, "based_on": based_on, "revision": revision + 1, "changed_at": now, "changed_by": by}
    insert_or_set(conn, rulebook_drafts, {"site_id": site_id}, said)
    return True


def hold(conn: Connection, site_id: str) -> None:
    """Nobody else changes the site's draft or publishes until this transaction ends."""
    lock_names(conn, f"rulebook:{site_id}")


def drop_draft(conn: Connection, site_id: str) -> None:
    conn.execute(delete(rulebook_drafts).where(rulebook_drafts.c.site_id == site_id))


@lru_cache(maxsize=128)
def _parsed(content: str) -> Rulebook | None:
    """None where it cannot be gone by."""
    try:
        return from_published(content)
    except RulebookError:
        return None
