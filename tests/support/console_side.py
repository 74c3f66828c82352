"""A small world for console and API: two sites, people with each role, leads, held rows, a destination."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway import deciding, pipeline
from gateway.ids import new_id
from gateway.parts import Parts
from gateway.records import Site
from gateway.store import destinations, forms, sites, submissions, users
from gateway.store.destinations import NewDestination
from gateway.store.submissions import NewSubmission
from gateway.store.users import Role, User
from tests.support.visitor_side import CONTACT, GUIDE

PASSWORD = "correct horse battery staple"
HASH = users.hash_password(PASSWORD)  # once: it takes 50 ms on purpose
PEOPLE: tuple[Role, ...] = ("viewer", "marketer", "admin")


@dataclass(frozen=True)
class World:
    parts: Parts
    shop: Site
    other: Site
    users: dict[str, User]  # by role at the shop, and "stranger": an administrator of the other site
    lead: str
    held: str
    rejected: str
    destination: str
    delivery: str

    def client(self, app: Flask, who: str | None) -> FlaskClient:
        """A browser in which this person is signed in."""
        client = app.test_client()
        if who is not None:
            user = self.users[who]
            with client.session_transaction("/console") as session:
                session["_user_id"] = f"{user.id}.{user.session_epoch}"
        return client


def make(parts: Parts) -> World:
    now = parts.clock()
    with parts.db.write() as conn:
        shop = sites.add(conn, "shop", "فروشگاه", now, origins=["https://shop.example"])
        other = sites.add(conn, "north", "North", now, lang="en")
        for toml in (GUIDE, CONTACT):
            forms.publish(conn, shop.id, forms.save_draft(conn, shop.id, toml, now).key, now)
        people = {role: add_user(conn, parts, f"{role}@shop.example", role) for role in PEOPLE}
        people["stranger"] = add_user(conn, parts, "stranger@north.example", "stranger", lang="en")
        for role in PEOPLE:
            users.set_role(conn, people[role].id, shop.id, role)
        users.set_role(conn, people["stranger"].id, other.id, "admin")
        place = NewDestination(shop.id, "webhook", "CRM", {"url": "https://crm.example/hook"}, sends="all")
        destination = destinations.add(conn, parts.config.secret_key, place, now)
    sent = send(parts, shop, "guide", {"email": "sara@acme.example", "first_name": "سارا", "company": "آکمه"})
    held = send(parts, shop, "guide", {"email": "win@mailinator.com", "first_name": "Bonus"}, honeypot="x")
    rejected = send(parts, shop, "guide", {"email": "more@mailinator.com", "first_name": "Bonus"}, honeypot="x")
    deciding.reject(parts, shop.id, rejected, people["marketer"].id)
    with parts.db.read() as conn:
        found = submissions.get(conn, shop.id, sent)
        delivery = conn.exec_driver_sql("SELECT id FROM deliveries").scalar_one()
    assert found is not None
    assert found.lead_id is not None
    return World(parts, shop, other, people, found.lead_id, held, rejected, destination.id, delivery)


def add_user(conn: Any, parts: Parts, email: str, name: str, *, lang: str = "fa") -> User:
    user = users.add(conn, email, name, parts.clock(), lang=lang)
    return users.set_password(conn, user.id, HASH)


def send(parts: Parts, site: Site, form: str, answers: dict[str, Any], **facts: Any) -> str:
    """A submission that was received and processed; `facts` over those of an ordinary visitor."""
    now = parts.clock() - timedelta(minutes=5)
    with parts.db.write() as conn:
        published = forms.published(conn, form)
        assert published is not None
        row = NewSubmission(
            id=new_id("sub", now),
            site_id=site.id,
            form_id=published.form_id,
            form_version=published.version,
            channel="hosted",
            lang="fa",
            received_at=now,
            nonce=new_id("n", now),
            digest=hashlib.sha256(repr(answers).encode()).hexdigest(),
            answers=answers,
            asked=tuple(answers),
            page={"url": "https://shop.example/guide", "utm": {"utm_source": "telegram"}},
            email_domain=str(answers.get("email", "")).partition("@")[2] or None,
            facts={"script": True, "fill_seconds": 30.0, "honeypot": "", **facts},
        )
        submissions.receive(conn, row)
        found = submissions.get(conn, site.id, row.id)
        assert found is not None
        pipeline.process(conn, found, {}, parts.clock())
        submissions.done(conn, row.id)
    return row.id


def token_in(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]*)"', page)
    assert found, "no CSRF token on the page"
    return unescape(found[1])


def post(client: FlaskClient, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
    """As a browser posts a form of ours: with the page's token."""
    page = client.get("/console/account", follow_redirects=True).text
    return client.post(path, data={"csrf_token": token_in(page), **(data or {})}, **more)


def read(app: Flask, world: World, path: str, who: str = "admin") -> str:
    """The page as this person sees it."""
    response = world.client(app, who).get(path, follow_redirects=True)
    assert response.status_code == 200, (path, response.status_code)
    return unescape(response.text)
