"""Two sites with a form each, callers with tokens, and the whole application over a real database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from config import Config
from gateway import create_app, jobs
from gateway.parts import Parts, make_parts
from gateway.records import Site
from gateway.store import api_tokens, destinations
from gateway.store.api_tokens import SCOPES, ApiToken
from gateway.store.destinations import NewDestination
from tests.support import intake, openapi
from tests.support.clock import SettableClock
from tests.support.visitor_side import CONTACT, GUIDE

SARA = {"email": "sara@example.ir", "first_name": "سارا", "consent_marketing": True}
SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"  # 24 bytes


@dataclass
class Caller:
    """Another system: one token. Each answer must be as documented."""

    app: Flask
    secret: str

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.secret}", **more.pop("headers", {})}
        sent = {"json": body} if body is not None else {}
        reply = self.app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **sent, **more)
        openapi.check(method, path, reply)
        return reply

    def get(self, path: str, **query: Any) -> Any:
        """What a good call answers."""
        reply = self("GET", path, query_string=query)
        assert reply.status_code == 200, reply.text
        return reply.json

    def post(self, path: str, body: Any = None, key: str = "") -> TestResponse:
        return self("POST", path, body, headers={"Idempotency-Key": key} if key else {})


@dataclass
class Installation:
    app: Flask
    parts: Parts
    clock: SettableClock
    shop: Site
    other: Site

    def token(self, site: Site | None = None, scopes: Sequence[str] = SCOPES) -> tuple[ApiToken, str]:
        with self.parts.db.write() as conn:
            return api_tokens.create(conn, (site or self.shop).id, "CRM", self.clock(), scopes=scopes)

    def caller(self, site: Site | None = None, scopes: Sequence[str] = SCOPES) -> Caller:
        return Caller(self.app, self.token(site, scopes)[1])

    def work(self) -> None:
        """What the worker does with what came in."""
        jobs.drain_with(self.parts)

    def lead(self, caller: Caller, fields: Mapping[str, Any] = SARA, **more: Any) -> str:
        """The id of the lead that these fields make."""
        reply = caller.post("/leads", {"form": "guide", "fields": dict(fields), **more})
        assert reply.status_code == 202, reply.text
        self.work()
        found = next(one for one in caller.get("/submissions")["submissions"] if one["id"] == reply.json["submission"])
        assert found["status"] == "accepted", found
        return str(found["lead"])

    def destination(self, site: Site | None = None) -> str:
        """A webhook that gets every lead; nobody answers there."""
        settings = {"url": "http://192.0.2.1/", "secret": SECRET}
        new = NewDestination((site or self.shop).id, "webhook", "CRM", settings, sends="all")
        with self.parts.db.write() as conn:
            return destinations.add(conn, self.parts.config.secret_key, new, self.clock()).id

    def count(self, table: Any) -> int:
        with self.parts.db.read() as conn:
            return len(conn.execute(table.select()).all())


def make(config: Config, clock: SettableClock) -> Installation:
    parts = make_parts(config, clock)
    app = create_app(parts)
    app.config["TESTING"] = True
    now = clock()
    with parts.db.write() as conn:
        shop, other = intake.make_site(conn, now, "shop"), intake.make_site(conn, now, "other")
        intake.make_form(conn, shop, now, GUIDE)
        intake.make_form(conn, other, now, CONTACT)
    return Installation(app, parts, clock, shop, other)
