"""Odd requests, as Hypothesis makes them up, and an installation that is looked over after them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote_from_bytes

from flask import Flask
from hypothesis import strategies as st
from sqlalchemy import JSON, Table, func, select
from werkzeug.test import TestResponse

from config import Config
from forms import tickets
from forms.tickets import Ticket
from gateway import create_app, jobs
from gateway.parts import Parts, make_parts
from gateway.store import api_tokens, users
from gateway.store.tables import metadata, nonces, outbox, submissions
from gateway.web import visitor_ids
from tests.support import visitor_side as side
from tests.support.clock import SettableClock

GOOD = {"email": "sara@example.ir", "full_name": "سارا", "size": "s", "consent_store": "yes"}
ASKED = ("email", "phone", "full_name", "seats", "size", "city", "wants", "starts", "message")
SETTINGS = {
    "views": True,
    "events": ["video", "click"],
    "pages": [{"path": "/prices*", "type": "content_view", "name": "Prices", "level": "bottom"}],
}
PASSWORD = "correct horse battery staple"
PASSWORD_HASH = users.hash_password(PASSWORD)  # once: it takes 50 ms on purpose


@dataclass
class Stage:
    app: Flask
    parts: Parts
    token: str
    site_id: str
    count: int = 0
    thanked: set[str] = field(default_factory=set)

    @property
    def secret(self) -> str:
        return self.parts.config.secret_key

    def ticket(self, channel: str = "embed") -> str:
        """A fresh one that asks everything, a minute old."""
        self.count += 1
        now = self.parts.clock() - timedelta(minutes=1)
        ticket = Ticket("shop", "everything", 1, f"nonce{self.count}", ASKED, "fa", now, now, channel=channel)
        return tickets.issue(self.secret, ticket)

    def visitor(self) -> str:
        return visitor_ids.signed(self.secret, "shop", visitor_ids.successor(self.secret, "shop", str(self.count)))

    def throw(self, method: str, path: str, **more: Any) -> TestResponse:
        """One request by a browser of its own. Raises AssertionError for a 5xx and for a row that is half there; what
        the application raises comes through."""
        reply = self.app.test_client().open(path, method=method, **more)
        assert 200 <= reply.status_code < 500, f"{method} {path[:200]}: {reply.status_code} {reply.text[:500]}"
        counts = [self._count(table) for table in (submissions, nonces, outbox)]
        assert counts[0] == counts[1] == counts[2], counts
        return reply

    def look_over(self) -> None:
        """Nothing is half stored, all of it reads back, and the worker can process every row."""
        with self.parts.db.read() as conn:
            rows = {table.name: conn.execute(select(table)).mappings().all() for table in metadata.sorted_tables}
        ids = {row["id"] for row in rows["submissions"]}
        assert (
            ids == {row["submission_id"] for row in rows["nonces"]} == {row["submission_id"] for row in rows["outbox"]}
        )
        assert self.thanked <= ids
        for table in metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, JSON):
                    for row in rows[table.name]:
                        json.dumps(row[column.name], ensure_ascii=False, allow_nan=False).encode()
        jobs.drain_with(self.parts)
        assert self._count(outbox) == 0

    def _count(self, table: Table) -> int:
        with self.parts.db.read() as conn:
            return conn.execute(select(func.count()).select_from(table)).scalar_one()


def make(config: Config, clock: SettableClock) -> Stage:
    parts = make_parts(config, clock)
    app = create_app(parts)
    app.config["TESTING"] = True  # what is raised comes through to the test
    site = side.publish(parts, side.EVERYTHING, side.GUIDE, settings=SETTINGS)
    with parts.db.write() as conn:
        _, token = api_tokens.create(conn, site.id, "CRM", clock(), scopes=api_tokens.SCOPES)
        who = users.add(conn, "sara@example.ir", "Sara", clock())
        users.set_password(conn, who.id, PASSWORD_HASH)
        users.set_role(conn, who.id, site.id, "admin")
    return Stage(app, parts, token, site.id)


# --- what is thrown -------------------------------------------------------------------------------------------------

ODD = [
    "", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\x1b[31m", "\r\nSet-Cookie: a=b", "\u202e\u200f",
    "علی\u200cرضا", "👩🏽\u200d💻",
    "a" * 5000, "ي" * 300, "٠١٢", "=1+1", "<script>", "{{7*7}}", "${x}", "%s%n", "../../etc/passwd", "null",
    "undefined",
    "http://[", "http://[@h]/", "//[", "http://a@[::1]:x/", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
    "2026-11-22T09:00:00Z", "sara@example.ir", "a@b@c", "@", "s", "true", "-0", "1e999", "9" * 400, "۱۴۰۴/۰۹/۰۱",
    "0000-00-00",
]  # fmt: skip
TEXT = st.sampled_from(ODD) | st.text(st.characters(), max_size=30)  # lone surrogates among them
NAMES = st.sampled_from(
    [*ASKED, "utm_source", "consent_store", "homepage_url", "consent", "site", "events", "visitor", "lang", "test",
     "framed",
     "_ticket", "_visitor", "_page", "_signals", "_remember", "_page_url", "form", "fields", "page", "id", "type",
     "lead",
     "at", "name", "url", "params", "outcome", "csrf_token", "password", "next", "__proto__"]
)  # fmt: skip
LEAF = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXT
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | TEXT, inner, max_size=4), max_leaves=8
)
OBJECT = st.dictionaries(NAMES | TEXT, VALUE, max_size=8)
PAIRS = st.lists(st.tuples(NAMES | TEXT, TEXT), max_size=10)
KINDS = st.sampled_from(
    ["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "",
     "x",
     "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 300,
     "text/html",
     "application/json; charset=utf-16", "application/x-www-form-urlencoded; charset=ebcdic",
     "text/plain; charset=\xff",
     "application/problem+json", ";;;=", "multipart/mixed; boundary=x", "application/json, text/plain"]
)  # fmt: skip
LENGTHS = st.sampled_from([None, None, None, "0", "1", "-1", "x", "", "99999999999999999999", "1e3", "٣"])
HEADER_NAMES = st.sampled_from(
    ["Origin", "Referer", "Accept", "Accept-Language", "Cookie", "User-Agent", "X-Forwarded-For", "Range",
     "If-None-Match",
     "If-Modified-Since", "Idempotency-Key", "Authorization", "Host", "Sec-Purpose", "Content-Encoding",
     "X-Requested-With"]
)  # fmt: skip
METHODS = st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "get", "X"])
ADDRESSES = st.sampled_from(
    ["/f/{}", "/f/everything", "/f/everything/spec", "/f/everything/frame", "/f/everything/thanks",
     "/f/everything/theme.css",
     "/f/everything/forget", "/f/everything/{}", "/f/{}/spec", "/e", "/e/{}", "/d/{}", "/confirm/{}", "/in/{}",
     "/embed.js",
     "/embed.css", "/{}", "/healthz", "/readyz", "/metrics", "/static/{}", "/console/", "/console/{}",
     "/console/sign-in",
     "/console/link/{}", "/console/forgot", "/console/language", "/console/leads/{}", "/api/v1/{}", "/api/v1/leads",
     "/api/v1/leads/{}", "/api/v1/leads/{}/why", "/api/v1/events", "/api/v1/outcomes", "/api/v1/submissions",
     "/api/v1/submissions/{}/release", "/api/v1/deliveries", "/api/v1/deliveries/{}/resend", "/api/v1/openapi.json"]
)  # fmt: skip
QUERY_NAMES = st.sampled_from(
    ["lang", "test", "r", "next", "site", "cursor", "limit", "q", "cell", "stage", "status", "sort", "updated_after",
     "destination", "utm_source", "_visitor"]
)  # fmt: skip


def on_the_wire(text: str) -> str:
    """Percent-encoded; a lone surrogate as the three bytes that broken software sends."""
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")


def header(text: str) -> str:
    """What a server's parser lets through: Latin letters, no line ends."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1").replace("\r", "").replace("\n", "").replace("\0", "")


def urlencoded(pairs: list[tuple[str, str]]) -> bytes:
    return "&".join(f"{on_the_wire(name)}={on_the_wire(value)}" for name, value in pairs).encode()


def multipart(pairs: list[tuple[str, str]], cut: int = 0) -> bytes:
    """Parts between lines of `--x`; the last bytes may be missing."""
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="' + name.encode("utf-8", "surrogatepass") + b'"\r\n\r\n'
        + value.encode("utf-8", "surrogatepass") + b"\r\n"
        for name, value in pairs
    ]  # fmt: skip
    whole = b"".join(parts) + b"--x--\r\n"
    return whole[: max(len(whole) - cut, 0)]


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


BODIES: st.SearchStrategy[bytes] = st.one_of(
    st.binary(max_size=60),
    VALUE.map(as_json),
    OBJECT.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")),
    OBJECT.map(lambda value: json.dumps(value).encode("utf-16")),
    PAIRS.map(urlencoded),
    st.builds(multipart, PAIRS, st.integers(0, 30)),
    st.integers(900, 1100).map(lambda deep: b"[" * deep + b"]" * deep),
    st.sampled_from(
        [b"{}", b"[" * 60_000, b"&" * 9000, b"a=1&" * 10_000, b" " * 66_000, b'{"a":' * 500, b"\xef\xbb\xbf{}"]
    ),
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    """Method, path with query, and what else the test client takes."""
    path = draw(ADDRESSES).replace("{}", on_the_wire(draw(TEXT)))
    query = "&".join(
        f"{name}={on_the_wire(text)}" for name, text in draw(st.lists(st.tuples(QUERY_NAMES, TEXT), max_size=3))
    )
    headers = {name: header(text) for name, text in draw(st.lists(st.tuples(HEADER_NAMES, TEXT), max_size=3))}
    length = draw(LENGTHS)
    more: dict[str, Any] = {"data": draw(BODIES), "headers": headers, "content_type": draw(KINDS)}
    if length is not None:
        more["environ_overrides"] = {"CONTENT_LENGTH": length}
    return draw(METHODS), f"{path}?{query}" if query else path, more


def merged(good: Mapping[str, Any], odd: Any) -> Any:
    """A good body of which some members are odd: what gets deep into the code."""
    return {**good, **odd} if isinstance(odd, dict) else odd
