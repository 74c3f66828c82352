"""Rulebooks: a site's points, profiles and stages, in versions; the shipped one until the site has its own."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, bindparam, func, select

from gateway.scoring.rulebook import Rulebook, from_toml, shipped
from gateway.store.tables import rulebooks


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
    """Put a rulebook (TOML) in force; returns its version. Raises RulebookError and publishes nothing."""
    from_toml(content)
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
    return version


@lru_cache(maxsize=128)
def _parsed(content: str) -> Rulebook:
    return from_toml(content)
