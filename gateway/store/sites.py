"""Sites: a marketer's web properties. Walls between them are drawn by site_id in every other file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from gateway.ids import new_id
from gateway.net import origin
from gateway.records import Site
from gateway.store.tables import sites

_GET = select(sites).where(sites.c.id == bindparam("this"))


def get(conn: Connection, site_id: str) -> Site:
    """The site with this id. Raises LookupError: an id that leads nowhere is a bug of ours."""
    row = conn.execute(_GET, {"this": site_id}).first()
    if row is None:
        raise LookupError(f"no site {site_id}")
    return _site(row)


def by_key(conn: Connection, key: str) -> Site | None:
    row = conn.execute(select(sites).where(sites.c.key == key)).first()
    return _site(row) if row else None


def all_sites(conn: Connection) -> list[Site]:
    return [_site(row) for row in conn.execute(select(sites).order_by(sites.c.created_at, sites.c.id))]


def add(conn: Connection, key: str, name: str, now: datetime, **columns: Any) -> Site:
    """A new site with the shipped settings, `columns` (origins, timezone, lang, cookies, settings) put over them.

    Raises ValueError for an origin that is none.
    """
    values = {
        "origins": [],
        "timezone": "Asia/Tehran",
        "lang": "fa",
        "cookies": "free",
        "settings": {},
        **columns,
    }
    _check_origins(values["origins"])
    site_id = new_id("site", now)
    conn.execute(sites.insert().values(id=site_id, key=key, name=name, created_at=now, **values))
    return get(conn, site_id)


def change(conn: Connection, site_id: str, columns: Mapping[str, Any]) -> None:
    """Set columns of a site: name, origins, timezone, lang, cookies, settings. Raises ValueError as `add` does."""
    _check_origins(columns.get("origins", ()))
    conn.execute(update(sites).where(sites.c.id == site_id).values(**columns))


def _check_origins(found: Iterable[str]) -> None:
    for text in found:
        if origin(text) != text:
            raise ValueError(f"{text!r} is no origin: write one such as https://www.example.com")


def _site(row: Row[Any]) -> Site:
    return Site(
        id=row.id,
        key=row.key,
        name=row.name,
        origins=tuple(row.origins),
        timezone=row.timezone,
        lang=row.lang,
        cookies=row.cookies,
        settings=row.settings,
    )
