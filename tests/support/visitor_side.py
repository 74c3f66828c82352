"""The visitor's side alone, over a real database: one site with the forms that its tests speak about."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, func, select
from werkzeug.test import Client, TestResponse

from config import Config
from gateway.clock import Clock
from gateway.parts import Parts, make_parts
from gateway.records import Site
from gateway.store import forms, sites
from gateway.store.tables import submissions
from gateway.web import inbound, limits, public

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "https://shop.example"
GUIDE = (ROOT / "gateway/demo/forms/guide.toml").read_text("utf-8")
CONTACT = (ROOT / "gateway/demo/forms/contact.toml").read_text("utf-8")
PRICELIST = (ROOT / "gateway/demo/forms/pricelist.toml").read_text("utf-8")
EVERYTHING = (Path(__file__).parent / "everything.toml").read_text("utf-8")


def make_app(config: Config, clock: Clock) -> Flask:
    app = Flask("sarnakh", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config["TESTING"] = True
    app.extensions["sarnakh"] = make_parts(config, clock)
    limits.init(app, config)
    public.init(app)
    inbound.init(app)
    return app


def publish(parts: Parts, *tomls: str, **columns: Any) -> Site:
    """A site `shop` with these forms published."""
    now = parts.clock()
    with parts.db.write() as conn:
        site = sites.add(conn, "shop", "Shop", now, **{"origins": [ORIGIN], **columns})
        for toml in tomls:
            forms.publish(conn, site.id, forms.save_draft(conn, site.id, toml, now).key, now)
    return site


def ticket_in(page: str) -> str:
    return hidden_in(page, "_ticket")


def challenge_in(page: str) -> str:
    """JSON."""
    found = re.search(r'data-challenge="([^"]*)"', page)
    assert found, "no challenge on the page"
    return unescape(found[1])


def hidden_in(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no {name} on the page"
    return unescape(found[1])


def names_in(page: str) -> set[str]:
    """The questions on a page."""
    names = set(re.findall(r'name="([a-z][a-z0-9_]*)"', page))
    return names - {"viewport", "robots", "homepage_url", "lang"} - {name for name in names if name.endswith("scheme")}


def send_json(client: Client, form: str, body: dict[str, Any], **more: Any) -> TestResponse:
    """As the embed posts: JSON as text/plain, from the site's page."""
    headers = {"Origin": ORIGIN, **more.pop("headers", {})}
    return client.post(f"/f/{form}", json=body, content_type="text/plain", headers=headers, **more)


def spec(client: Client, form: str, **body: Any) -> dict[str, Any]:
    response = client.post(f"/f/{form}/spec", json=body, content_type="text/plain", headers={"Origin": ORIGIN})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.get_json()
    return found


def rows(conn: Connection) -> list[Any]:
    return list(conn.execute(select(submissions).order_by(submissions.c.received_at, submissions.c.id)))


def count(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(submissions)).scalar_one()
