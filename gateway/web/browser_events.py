"""Events that pages tell of: only what the site declared is kept (rule 22), and only for a browser with an id.

The site's settings: `views` (count page views), `pages` (`[{"path": "/prices", "type": "content_view", "name": …,
"level": "bottom"}]`; a path that ends in `*` stands for all that begin so), `events` (names).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Response, jsonify
from werkzeug.exceptions import HTTPException

from gateway.records import Event, Site
from gateway.store import beacons, sites
from gateway.store.beacons import Beacon
from gateway.web import facts, intake, own_hosts, replies, visitor_ids
from gateway.web.limits import limiter
from gateway.web.replies import Refused
from gateway.web.serving import parts

MAX_EVENTS = 50  # in one beacon
LIMIT = "3000/minute;100000/day"  # events of one address block: ids of visitors are free, so they bound nothing
LATE = timedelta(days=1)  # how far back a page may date an event: an older one is of now
PAGE_TYPES = ("content_view", "payment_view", "download")  # what the view of a registered page may stand for
NAMED = ("click", "download", "custom")  # told by a declared name
ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


def _told() -> int:
    """How many events this beacon tells of."""
    try:
        found = intake.json_object().get("events")
    except (Refused, HTTPException):
        return 1  # said by whoever reads it next
    return max(len(found), 1) if isinstance(found, list) else 1


limited = limiter.limit(LIMIT, key_func=intake.limit_key, cost=_told, scope="told")


def collect() -> Response:
    """204, or 200 with a new visitor id where the browser had none and may get one. Raises Refused."""
    held, now = parts(), parts().clock()
    body = intake.json_object()
    key = body.get("site")
    if not isinstance(key, str):
        raise Refused(400, "bad_request")
    with held.db.read() as conn:
        site = sites.by_key(conn, facts.plain(key, 40))
    if site is None or own_hosts.walled_off(site):
        raise Refused(404, "no_site")
    replies.refuse_foreign(site, held.config.base_url)
    secret = held.config.secret_key
    came = None if site.settings.get("kiosk") else visitor_ids.read(secret, site.key, body.get("visitor"))
    if not body.get("visitor") and _may_remember(site, True):
        came = own_hosts.cookie_visitor(secret, site)
    visitor = came or (visitor_ids.fresh() if _may_remember(site, body.get("consent")) else None)
    if visitor is None or body.get("consent") is False:
        return _answer(Response(status=204), site, None, consent=body.get("consent"))
    found = list(_declared(site, body.get("events"), visitor, now=now))
    if found:
        beacon = Beacon(site.id, visitor, now, found, list(_pages(site, body["events"], now)))
        held.db.grouped(beacons.keep_all, beacon)
    signed = visitor_ids.signed(secret, site.key, visitor)
    known = came is not None and bool(body.get("visitor"))
    return _answer(Response(status=204) if known else jsonify(visitor=signed), site, signed)


def _answer(response: Response, site: Site, signed: str | None, *, consent: object = None) -> Response:
    own_hosts.remember(response, site, signed, consent=consent)
    return response


def _pages(site: Site, told: list[Mapping[str, Any]], now: datetime) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Where the visit came from (rule 28), once the site counts page views."""
    for one in told:
        if one.get("type") == "page_view" and site.settings.get("views"):
            yield _time(one.get("at"), now), facts.page(one.get("url"), one.get("referrer"), None)


def _may_remember(site: Site, consent: object) -> bool:
    return not site.settings.get("kiosk") and (site.cookies == "free" or consent is True)


def _declared(site: Site, found: object, visitor: str, *, now: datetime) -> Iterator[Event]:
    """The events of this beacon that the site declared. Raises Refused for something that is no list of events."""
    if not isinstance(found, list) or len(found) > MAX_EVENTS or not all(isinstance(one, Mapping) for one in found):
        raise Refused(400, "bad_request")
    for one in found:
        if isinstance(one.get("id"), str) and ID.fullmatch(one["id"]):
            yield from _events(site, one, visitor, now=now)


def _events(site: Site, told: Mapping[str, Any], visitor: str, *, now: datetime) -> Iterator[Event]:
    """A page view may be two things: a visit, and the reading of a page that the site registered."""
    url = facts.address(told.get("url"))
    name = facts.plain(told["name"], 200) if isinstance(told.get("name"), str) else ""
    kind = told["type"] if isinstance(told.get("type"), str) else ""
    at, event_id = _time(told.get("at"), now), f"b:{told['id']}"
    settings = site.settings
    if kind == "page_view":
        if settings.get("views"):
            yield Event(event_id, "page_view", at, name, url, visitor_id=visitor)
        page = _registered(settings.get("pages", ()), url)
        if page:
            page_name = str(page.get("name") or page["path"])[:200]
            yield Event(f"{event_id}:p", page["type"], at, page_name, url, params=_level(page), visitor_id=visitor)
    elif kind in NAMED and name in settings.get("events", ()):
        files = [page for page in settings.get("pages", ()) if page.get("type") == kind]
        yield Event(event_id, kind, at, name, url, params=_level(_registered(files, url)), visitor_id=visitor)


def _level(page: Mapping[str, Any] | None) -> dict[str, str]:
    """Of the funnel, as the site registered the page; never from the browser."""
    return {"level": page["level"]} if page and page.get("level") in {"top", "bottom"} else {}


def _registered(pages: Any, url: str) -> Mapping[str, Any] | None:
    """The first registered page that this address is."""
    path = urlsplit(url).path or "/"
    return next((page for page in pages if page.get("type") in PAGE_TYPES and _covers(page["path"], path)), None)


def _covers(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path.rstrip("/") == pattern.rstrip("/")


def _time(text: object, now: datetime) -> datetime:
    """When the page says that it happened, if that is of the last day: clocks of phones are wrong by years."""
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else now
    except ValueError:
        return now
    return at if at.tzinfo and now - LATE <= at <= now else now
