"""The matcher's weights that a site learnt for itself: a model file of Splink. None stands for the shipped ones."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from gateway.store import lead_keys
from gateway.store.conflicts import insert_or_set
from gateway.store.tables import site_weights

_SINCE = select(site_weights.c.at).where(site_weights.c.site_id == bindparam("this"))


def put(conn: Connection, site_id: str, model: str | None, now: datetime) -> None:
    """Put a model in force, or the shipped weights; the site's leads are weighed anew by the sweeper."""
    if model is None:
        conn.execute(delete(site_weights).where(site_weights.c.site_id == site_id))
    else:
        insert_or_set(conn, site_weights, {"site_id": site_id}, {"model": model, "at": now})
    lead_keys.set_version(conn, site_id, 0)


def since(conn: Connection, site_id: str) -> datetime | None:
    """Since when a model of its own is in force."""
    found: datetime | None = conn.execute(_SINCE, {"this": site_id}).scalar()
    return found


def model(conn: Connection, site_id: str) -> str:
    """The model in force; raises NoResultFound where there is none."""
    found: str = conn.execute(select(site_weights.c.model).where(site_weights.c.site_id == site_id)).scalar_one()
    return found
