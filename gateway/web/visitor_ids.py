"""The visitor's id on the wire: 128 random bits, signed per site, in a first-party cookie (rule 8).

The text is `<id>.<signature>`; the store keeps the id alone. An id is never taken from a URL.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

from flask import Request, Response

from gateway.records import Site

KEPT_FOR = 395 * 24 * 3600  # seconds; browsers cut cookies at 400 days
_SHAPE = re.compile(r"([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{22})")


def fresh() -> str:
    """A new id, unsigned."""
    return _text(secrets.token_bytes(16))


def successor(secret: str, site_key: str, nonce: str) -> str:
    """The id that replaces the browser's once it is identified. It follows from the ticket, so that a repeated
    post gets the same reply (rule 13)."""
    return _text(_digest(secret, "visitor from ticket", site_key, nonce))


def at_merge(secret: str, site_key: str, visitor_id: str) -> str:
    """The id that replaces this one since its lead was merged; the same at each later merge too, so that an id has
    one successor and is replaced once."""
    return _text(_digest(secret, "visitor at merge", site_key, visitor_id))


def signed(secret: str, site_key: str, visitor_id: str) -> str:
    return f"{visitor_id}.{_text(_digest(secret, 'visitor', site_key, visitor_id))}"


def read(secret: str, site_key: str, text: object) -> str | None:
    """The id that we signed for this site; none for anything else."""
    found = _SHAPE.fullmatch(text) if isinstance(text, str) else None
    if found is None or not hmac.compare_digest(signed(secret, site_key, found[1]), found[0]):
        return None
    return found[1]


def from_cookie(secret: str, site: Site, request: Request) -> str | None:
    return read(secret, site.key, request.cookies.get(_cookie(site)))


def set_cookie(response: Response, site: Site, text: str, *, secure: bool) -> None:
    """Host-only, ours alone: scripts of the hosted page need not read it."""
    response.set_cookie(_cookie(site), text, max_age=KEPT_FOR, path="/", secure=secure, httponly=True, samesite="Lax")


def drop_cookie(response: Response, site: Site) -> None:
    response.delete_cookie(_cookie(site), path="/")


def _cookie(site: Site) -> str:
    return f"sarnakh_v_{site.key}"


def _digest(secret: str, *parts: str) -> bytes:
    return hmac.digest(secret.encode(), "\0".join(parts).encode(), hashlib.sha256)[:16]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
