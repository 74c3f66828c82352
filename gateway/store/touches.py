"""Touches: where a visit came from (rule 28). Direct visits leave none, so they never overwrite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, bindparam, select, update

from gateway.records import Site
from gateway.store import persons, sites, visitors
from gateway.store.tables import touches

CLICK_IDS = ("gclid", "fbclid", "msclkid", "ttclid", "yclid")
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")

_ADD = touches.insert()
_GIVE = (
    update(touches)
    .where(
        touches.c.site_id == bindparam("at_site"),
        touches.c.visitor_id.in_(bindparam("these", expanding=True)),
        touches.c.lead_id.is_(None),
    )
    .values(lead_id=bindparam("whose"))
)


@dataclass(frozen=True)
class Touches:
    first: Mapping[str, Any]
    last: Mapping[str, Any]
    converting: Mapping[str, Any]


def of_page(page: Mapping[str, Any]) -> dict[str, str]:
    """What a page's `{"url", "referrer", "utm"}` tells of its visit's origin; empty when direct.

    A referrer on the page's own host is navigation, not an origin.
    """
    found = {name: str(value) for name, value in dict(page.get("utm") or {}).items() if name in (*UTM, *CLICK_IDS)}
    referrer = urlsplit(str(page.get("referrer") or "")).hostname
    landing = urlsplit(str(page.get("url") or ""))
    if referrer and referrer != landing.hostname:
        found["referrer"] = referrer
    if found and landing.hostname:
        found["landing"] = f"{landing.hostname}{landing.path}"
    return found


def came_from(conn: Connection, site_id: str, page: Mapping[str, Any]) -> dict[str, str]:
    """The same, where a page of any of the site's own addresses is navigation too: else a step from its blog to its
    landing page would hide the advertisement that brought somebody (rule 28)."""
    found = of_page(page)
    if "referrer" not in found or found["referrer"] not in _own_hosts(sites.get(conn, site_id)):
        return found
    rest = {name: value for name, value in found.items() if name != "referrer"}
    return rest if rest.keys() - {"landing"} else {}


def _own_hosts(site: Site) -> set[str | None]:
    return {urlsplit(str(origin)).hostname for origin in (*site.origins, site.settings.get("own_address") or "")}


def add(conn: Connection, site_id: str, at: datetime, params: Mapping[str, Any], **ids: str | None) -> None:
    """Keep a touch; ids: visitor_id, lead_id, submission_id (set where the touch converted)."""
    own = {"visitor_id": None, "lead_id": None, "submission_id": None, **ids}
    conn.execute(_ADD, {"site_id": site_id, "at": at, "params": dict(params), **own})


def note(conn: Connection, site_id: str, visitor_id: str, at: datetime, *, page: Mapping[str, Any]) -> None:
    """A page view's origin, unless it was direct or says again what the browser's last touch said."""
    params = came_from(conn, site_id, page)
    mine = (touches.c.site_id == site_id) & (touches.c.visitor_id == visitor_id)
    last = conn.execute(
        select(touches.c.params).where(mine).order_by(touches.c.at.desc(), touches.c.id.desc()).limit(1)
    )
    if params and last.scalar() != params:
        lead_id = visitors.lead_of(conn, site_id, visitor_id)
        add(conn, site_id, at, params, visitor_id=visitor_id, lead_id=lead_id)


def give_to_lead(conn: Connection, site_id: str, visitor_ids: Sequence[str], lead_id: str) -> None:
    """The browser's earlier touches become the lead's."""
    conn.execute(_GIVE, {"at_site": site_id, "these": list(visitor_ids), "whose": lead_id})


def of_lead(conn: Connection, lead_id: str) -> Touches:
    """First, last and converting touch; each empty when every visit was direct."""
    query = select(touches).where(touches.c.lead_id.in_(persons.members(lead_id))).order_by(touches.c.at, touches.c.id)
    return of_rows(conn.execute(query).all())


def of_rows(rows: Sequence[Row[Any]]) -> Touches:
    """The same from rows of the table, oldest first."""
    origins = [row for row in rows if row.params]
    converting = next((row for row in rows if row.submission_id is not None), None)
    before = [row for row in origins if converting is not None and row.at <= converting.at]
    return Touches(
        first=origins[0].params if origins else {},
        last=origins[-1].params if origins else {},
        converting=before[-1].params if before else {},
    )
