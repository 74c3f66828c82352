"""A site's own address, such as https://forms.example.com: a sub-domain of the marketer's that leads to us.

A cookie that the gateway sets there is first-party, and lives longer in Safari than one that a script sets
(docs/embed.md). On such a host nothing answers but that site's forms and what they load.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request

from gateway.net import origin, parsed
from gateway.records import Site
from gateway.store import sites
from gateway.store.db import AWAY
from gateway.web import visitor_ids
from gateway.web.replies import Refused, refusal

FRESH_SECONDS = 1.0  # how long a request may go by an older setting
SETTING = "own_address"


class Hosts:
    """Host → the site whose own it is, read at most once in a second."""

    def __init__(self) -> None:
        self.until = 0.0
        self.known: Mapping[str, Site] = {}

    def of(self, host: str) -> Site | None:
        """Names alone can be somebody's own: health checks by address ask no database."""
        name = host.partition(":")[0]
        if "." not in name or parsed(name) is not None:
            return None
        if time.monotonic() > self.until:
            self._read()  # before it counts as read: who asks meanwhile must not find a host without its wall
            self.until = time.monotonic() + FRESH_SECONDS
        return self.known.get(host)

    def _read(self) -> None:
        try:
            with current_app.extensions["sarnakh"].db.read() as conn:
                found = sites.all_sites(conn)
        except AWAY:
            return  # as last known: whatever needs the database says so itself
        own = ((urlsplit(str(site.settings.get(SETTING) or "")).netloc, site) for site in found)
        self.known = {host: site for host, site in own if host}


def init(app: Flask, paths: frozenset[str]) -> None:
    """Draw the wall around these hosts. paths: what embeds load, the same for every site."""
    app.extensions["sarnakh.own_hosts"] = Hosts()
    main = urlsplit(app.extensions["sarnakh"].config.base_url).netloc

    @app.before_request
    def _wall() -> Response | None:
        host = _written(request.host)
        g.own_site = None if host == main else app.extensions["sarnakh.own_hosts"].of(host)
        fits = request.path.startswith(("/f/", "/static/")) or request.path in paths
        return None if g.own_site is None or fits else refusal(Refused(404, "no_form"))


def _written(host: str) -> str:
    """As settings have it: in lower case, without the root's dot."""
    name, colon, port = host.lower().partition(":")
    return f"{name.rstrip('.')}{colon}{port}"


def here() -> Site | None:
    """The site on whose own host this request came; none on the gateway's names."""
    found: Site | None = g.get("own_site")
    return found


def walled_off(site: Site) -> bool:
    """Whether this host is another site's own."""
    own = here()
    return own is not None and own.id != site.id


def trusts(site: Site) -> bool:
    """Whether this request came to the site's own host from one of its pages: cookies may travel along (rule 12)."""
    own = here()
    if own is None or own.id != site.id:
        return False
    return request.headers.get("Origin") in {*own.origins, own.settings.get(SETTING)}


def cookie_visitor(secret: str, site: Site) -> str | None:
    """The visitor of the cookie that we set here; nobody elsewhere."""
    return visitor_ids.from_cookie(secret, site, request) if trusts(site) else None


def remember(response: Response, site: Site, text: str | None, *, consent: object = None) -> None:
    """Set the cookie to this signed id, or take it away where consent was withdrawn; nothing elsewhere."""
    if not trusts(site):
        return
    if consent is False:
        visitor_ids.drop_cookie(response, site)
    elif text is not None:
        secure = str(site.settings[SETTING]).startswith("https://")
        visitor_ids.set_cookie(response, site, text, secure=secure)


def allow_credentials(response: Response) -> None:
    """For the pages of the site whose own host this is, and for nobody else."""
    own = here()
    if own is not None and trusts(own):
        response.headers["Access-Control-Allow-Credentials"] = "true"


def problem(text: str, origins: tuple[str, ...], base_url: str) -> str | None:
    """Why this cannot be a site's own address, as a code: address, https, gateway, page, foreign. None: it can."""
    if origin(text) != text:
        return "address"
    address = urlsplit(text)
    name = address.hostname or ""
    if "." not in name or parsed(name) is not None:
        return "address"
    if address.scheme != "https" and not name.endswith(".localhost"):
        return "https"
    if address.netloc == urlsplit(base_url).netloc:
        return "gateway"
    if text in origins:
        return "page"
    # A hint, not the Public Suffix List: who shares no two labels with any page cannot be the same site.
    ends = {".".join((urlsplit(one).hostname or "").split(".")[-2:]) for one in origins}
    return None if ".".join(name.split(".")[-2:]) in ends else "foreign"
