"""The demo's content: a site, its forms and offers, a CRM inbox as destination, an administrator. Safe to run twice."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from gateway.parts import Parts
from gateway.records import Site
from gateway.store import destinations, forms, sites, users

HERE = Path(__file__).parent
STARTER = HERE.parent / "web" / "console" / "starters" / "assessment.toml"
ASSESSMENT = "readiness"
SITE = "demo"
ADMIN = "admin@localhost.localdomain"
PRICE_PAGES = ("/prices", "/en/prices")


def seed(parts: Parts) -> str:
    """Make what is missing and return the path of a fresh one-time sign-in link (`/console/…`)."""
    now = parts.clock()
    folder = parts.config.data_dir / "demo"
    folder.mkdir(exist_ok=True)
    with parts.db.write() as conn:
        site = sites.by_key(conn, SITE) or _site(conn, parts)
        for key, text in _forms():
            if forms.get(conn, site.id, key) is None:
                forms.save_draft(conn, site.id, text, now)
                forms.publish(conn, site.id, key, now)
        secret = _destination(conn, parts, site)
        user = users.by_email(conn, ADMIN) or users.add(conn, ADMIN, "Demo", now)
        users.set_role(conn, user.id, site.id, "admin")
        token = users.make_link(conn, user.id, "sign_in", now)
    if secret:
        (folder / "webhook_secret").write_text(secret)
    offers = parts.config.data_dir / "offers" / SITE
    shutil.copytree(HERE / "offers", offers, dirs_exist_ok=True)
    return f"/console/link/{token}"


def _forms() -> Iterator[tuple[str, str]]:
    """Key and TOML of each: the demo's own, and the assessment that every marketer may begin with."""
    for path in sorted((HERE / "forms").glob("*.toml")):
        yield path.stem, path.read_text("utf-8")
    yield ASSESSMENT, STARTER.read_text("utf-8").replace('"KEY"', f'"{ASSESSMENT}"')


def _site(conn: Connection, parts: Parts) -> Site:
    origins = [f"http://localhost:{parts.config.demo_port}"]
    # What the landing page's browser events count for (rule 22).
    prices = [{"path": path, "type": "content_view", "name": "prices", "level": "bottom"} for path in PRICE_PAGES]
    settings = {"notify": [ADMIN], "views": True, "pages": prices}
    return sites.add(conn, SITE, "سرنخ نمونه", parts.clock(), origins=origins, settings=settings)


def _destination(conn: Connection, parts: Parts, site: Site) -> str | None:
    """The demo's inbox; returns its signing secret when it is new."""
    if destinations.of_site(conn, site.id, parts.config.secret_key):
        return None
    url = f"http://localhost:{parts.config.demo_port}/hook"
    place = destinations.add(
        conn,
        parts.config.secret_key,
        destinations.NewDestination(site.id, "webhook", "CRM", {"url": url}, sends="all"),
        parts.clock(),
    )
    return str(place.settings["secret"])
