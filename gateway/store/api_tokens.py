"""API tokens: each belongs to one site (rule 35) and may do what its scopes say. Only a hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from gateway.ids import new_id
from gateway.store.tables import api_tokens

SCOPES = ("leads:read", "leads:write", "review:write", "deliveries:read", "deliveries:write", "metrics")
PREFIX = "srk_"  # lets secret scanners recognise one
SEEN_EVERY = timedelta(minutes=5)  # "last used" is for people: a write a request would be waste


@dataclass(frozen=True)
class ApiToken:
    id: str
    site_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


def create(conn: Connection, site_id: str, name: str, now: datetime, *, scopes: Sequence[str]) -> tuple[ApiToken, str]:
    """A new token: the row, and the secret that is shown once. Raises ValueError for an unknown scope."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise ValueError(f"scopes are some of {', '.join(SCOPES)}; not {', '.join(unknown) or 'none'}")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(new_id("tok", now), site_id, name.strip() or "API", tuple(scopes), now)
    row = {"id": token.id, "site_id": site_id, "name": token.name, "scopes": list(scopes), "created_at": now}
    conn.execute(api_tokens.insert().values(**row, token_hash=_digest(secret)))
    return token, secret


def find(conn: Connection, secret: str) -> ApiToken | None:
    """The token that this secret opens; none for an unknown or revoked one."""
    query = select(api_tokens).where(api_tokens.c.token_hash == _digest(secret), api_tokens.c.revoked_at.is_(None))
    row = conn.execute(query).first()
    return _token(row) if row else None


def of_site(conn: Connection, site_id: str) -> list[ApiToken]:
    """The site's tokens that still work, the newest first."""
    query = select(api_tokens).where(api_tokens.c.site_id == site_id, api_tokens.c.revoked_at.is_(None))
    return [_token(row) for row in conn.execute(query.order_by(api_tokens.c.created_at.desc(), api_tokens.c.id))]


def revoke(conn: Connection, site_id: str, token_id: str, now: datetime) -> bool:
    """False when the site has no such token in force."""
    mine = (api_tokens.c.site_id == site_id, api_tokens.c.id == token_id, api_tokens.c.revoked_at.is_(None))
    return conn.execute(update(api_tokens).where(*mine).values(revoked_at=now)).rowcount == 1


def seen(conn: Connection, token_id: str, now: datetime) -> None:
    """Note that the token was used, at most every SEEN_EVERY."""
    stale = or_(api_tokens.c.last_used_at.is_(None), api_tokens.c.last_used_at < now - SEEN_EVERY)
    conn.execute(update(api_tokens).where(api_tokens.c.id == token_id, stale).values(last_used_at=now))


def seen_lately(token: ApiToken, now: datetime) -> bool:
    return token.last_used_at is not None and token.last_used_at >= now - SEEN_EVERY


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        id=row.id,
        site_id=row.site_id,
        name=row.name,
        scopes=tuple(row.scopes),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
