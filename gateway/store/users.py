"""Users of the console, their role on each site, and the links that let them in once.

A password is kept as an argon2 hash, a link as the SHA-256 of its token: what stands here opens nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Row, delete, func, select, update

from gateway.ids import new_id
from gateway.store.tables import memberships, one_time_links, users

Role = Literal["viewer", "marketer", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "marketer", "admin")  # each may do what those before it may
Purpose = Literal["sign_in", "reset", "invite"]
LINK_LASTS = {"sign_in": timedelta(hours=24), "reset": timedelta(hours=1), "invite": timedelta(days=7)}
PASSWORD_LENGTH = (10, 200)  # NIST SP 800-63B 5.1.1: length counts, composition rules do not

_hasher = PasswordHasher()  # RFC 9106's low-memory profile, the library's default


@dataclass(frozen=True)
class User:
    id: str
    email: str
    name: str
    lang: str
    session_epoch: int
    password_hash: str | None = field(default=None, repr=False)
    disabled_at: datetime | None = None


@dataclass(frozen=True)
class Person:
    """A user as one site sees them."""

    user: User
    role: Role


class TakenError(ValueError):
    """There is a user with this address already."""


def add(conn: Connection, email: str, name: str, now: datetime, *, lang: str = "fa") -> User:
    """A new user without a password and without a site. Raises TakenError, ValueError for no address."""
    address = email.strip().lower()
    if "@" not in address or len(address) > 254 or any(char.isspace() for char in address):
        raise ValueError(f"{email!r} is not an e-mail address")
    if by_email(conn, address) is not None:
        raise TakenError(f"there is a user {address} already")
    row = {"id": new_id("usr", now), "email": address, "name": name.strip() or address, "lang": lang}
    conn.execute(users.insert().values(**row, session_epoch=1, created_at=now))
    made = get(conn, row["id"])
    assert made is not None
    return made


def get(conn: Connection, user_id: str) -> User | None:
    row = conn.execute(select(users).where(users.c.id == user_id)).first()
    return _user(row) if row else None


def by_email(conn: Connection, email: str) -> User | None:
    """Addresses of users are compared without regard to case."""
    row = conn.execute(select(users).where(users.c.email == email.strip().lower())).first()
    return _user(row) if row else None


def change(conn: Connection, user_id: str, **columns: Any) -> None:
    """Set name, lang or disabled_at."""
    conn.execute(update(users).where(users.c.id == user_id).values(**columns))


# --- passwords ---


def hash_password(password: str) -> str:
    """Takes some 50 ms on purpose: call it outside a transaction."""
    return _hasher.hash(password)


def password_fits(user: User | None, password: str) -> bool:
    """Whether this is the user's password; takes as long for an unknown or disabled user."""
    known = user is not None and user.password_hash is not None and user.disabled_at is None
    try:
        _hasher.verify((user.password_hash if user and known else None) or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return known


@cache
def _nobody() -> str:
    """Checked for unknown addresses, so that the answer takes as long. Made when first needed."""
    return _hasher.hash(secrets.token_urlsafe(16))


def needs_rehash(user: User) -> bool:
    """The hash was made with weaker parameters than today's."""
    return user.password_hash is not None and _hasher.check_needs_rehash(user.password_hash)


def set_password(conn: Connection, user_id: str, password_hash: str) -> User:
    """A new password ends every open session (the epoch rises) and every link that was on its way."""
    raised = {"password_hash": password_hash, "session_epoch": users.c.session_epoch + 1}
    conn.execute(update(users).where(users.c.id == user_id).values(**raised))
    drop_links(conn, user_id)
    user = get(conn, user_id)
    assert user is not None
    return user


def keep_hash(conn: Connection, user_id: str, password_hash: str) -> None:
    """The same password hashed anew: sessions go on."""
    conn.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))


# --- links ---


def make_link(conn: Connection, user_id: str, purpose: Purpose, now: datetime) -> str:
    """The token of a link that works once, until LINK_LASTS; a new reset replaces the one before."""
    if purpose == "reset":
        older = (one_time_links.c.user_id == user_id, one_time_links.c.purpose == "reset")
        conn.execute(delete(one_time_links).where(*older))
    token = secrets.token_urlsafe(32)
    row = {"token_hash": _digest(token), "user_id": user_id, "purpose": purpose}
    conn.execute(one_time_links.insert().values(**row, expires_at=now + LINK_LASTS[purpose]))
    return token


def drop_links(conn: Connection, user_id: str) -> None:
    """End every link of this user that is on its way."""
    conn.execute(delete(one_time_links).where(one_time_links.c.user_id == user_id))


def link_of(conn: Connection, token: str, now: datetime) -> tuple[User, Purpose] | None:
    """Whose link this is and what for, while it still works. Reading it uses nothing up."""
    query = select(one_time_links).where(
        one_time_links.c.token_hash == _digest(token),
        one_time_links.c.used_at.is_(None),
        one_time_links.c.expires_at > now,
    )
    row = conn.execute(query).first()
    user = get(conn, row.user_id) if row else None
    return (user, row.purpose) if row and user and user.disabled_at is None else None


def use_link(conn: Connection, token: str, now: datetime) -> User | None:
    """Use the link up; none where it was used, expired or never was. Of two at once, one wins."""
    found = link_of(conn, token, now)
    unused = (one_time_links.c.token_hash == _digest(token), one_time_links.c.used_at.is_(None))
    used = conn.execute(update(one_time_links).where(*unused).values(used_at=now)).rowcount
    return found[0] if found and used == 1 else None


# --- roles ---


def roles(conn: Connection, user_id: str) -> dict[str, Role]:
    """Site id → role."""
    rows = conn.execute(select(memberships).where(memberships.c.user_id == user_id))
    return {row.site_id: row.role for row in rows}


def set_role(conn: Connection, user_id: str, site_id: str, role: Role | None) -> None:
    """Give a user this role on the site; None takes the user off it."""
    mine = (memberships.c.user_id == user_id, memberships.c.site_id == site_id)
    conn.execute(delete(memberships).where(*mine))
    if role is not None:
        conn.execute(memberships.insert().values(user_id=user_id, site_id=site_id, role=role))


def people(conn: Connection, site_id: str) -> list[Person]:
    """Everybody with a role on the site, by name."""
    query = select(users, memberships.c.role).join(memberships, memberships.c.user_id == users.c.id)
    rows = conn.execute(query.where(memberships.c.site_id == site_id).order_by(users.c.name, users.c.id))
    return [Person(_user(row), row.role) for row in rows]


def admins(conn: Connection, site_id: str) -> list[User]:
    """The site's administrators who can sign in."""
    query = select(users).join(memberships, memberships.c.user_id == users.c.id)
    mine = (memberships.c.site_id == site_id) & (memberships.c.role == "admin") & users.c.disabled_at.is_(None)
    return [_user(row) for row in conn.execute(query.where(mine).order_by(users.c.email))]


def count_admins(conn: Connection, site_id: str) -> int:
    """A site must keep one: nobody else can let people in."""
    query = select(func.count()).join_from(memberships, users, users.c.id == memberships.c.user_id)
    admins = (memberships.c.site_id == site_id, memberships.c.role == "admin", users.c.disabled_at.is_(None))
    return conn.execute(query.where(*admins)).scalar_one()


def names(conn: Connection, ids: set[str]) -> dict[str, str]:
    """User id → name, for pages that say who did something."""
    rows = conn.execute(select(users.c.id, users.c.name).where(users.c.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _user(row: Row[Any]) -> User:
    return User(
        id=row.id,
        email=row.email,
        name=row.name,
        lang=row.lang,
        session_epoch=row.session_epoch,
        password_hash=row.password_hash,
        disabled_at=row.disabled_at,
    )
