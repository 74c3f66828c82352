"""Rulebooks: a site's points, profiles and stages, in versions; the shipped one until the site has its own. What a
marketer is changing stands beside them as a draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, bindparam, delete, func, select

from gateway.scoring.rulebook import Rulebook, from_toml, shipped
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


def in_force(conn: Connection, site_id: str) -> Rulebook:
    content = text_in_force(conn, site_id)
    return _parsed(content) if content else shipped()


def text_in_force(conn: Connection, site_id: str) -> str | None:
    """The site's own rulebook as TOML; none: the shipped one holds."""
    return conn.execute(_IN_FORCE, {"at_site": site_id}).scalar()


_IN_FORCE = (
    select(rulebooks.c.content)
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
def _parsed(content: str) -> Rulebook:
    return from_toml(content)
