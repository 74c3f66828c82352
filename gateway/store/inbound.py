"""With what a destination proves that a message is its own, and what was heard of it."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Connection, Row, and_, delete, or_, select, update

from gateway.ids import new_id
from gateway.secrets import SealError, seal, unseal
from gateway.store.conflicts import insert_if_absent, insert_or_set
from gateway.store.destinations import there
from gateway.store.expiring import Expiring
from gateway.store.tables import destinations, heard_messages, inbound_keys

Way = Literal["signature", "bearer"]
Result = Literal["new", "known", "nobody", "refused"]
OVERLAP = timedelta(hours=24)  # how long a key counts beside the one that took its place
SHOWN = 50  # of what was heard
ONCE_IN = timedelta(minutes=1)  # so often at most is one reason for refusing strangers written down
_TABLE = heard_messages


@dataclass(frozen=True)
class Place:
    """A destination and the site that it is of."""

    site_id: str
    destination_id: str


@dataclass(frozen=True)
class Key:
    id: str
    site_id: str
    way: Way
    made_at: datetime
    ends_at: datetime | None
    secret: str | None = field(repr=False, default=None)  # none: sealed under another SECRET_KEY


@dataclass(frozen=True)
class Heard:
    at: datetime
    what: str
    result: Result
    reason: str | None
    lead_id: str | None


# --- keys -----------------------------------------------------------------------------------------------------------


def make(conn: Connection, secret_key: str, place: Place, way: Way, now: datetime) -> str:  # noqa: PLR0917
    """A new key; returns it, which nobody can again. One that is in force counts on for OVERLAP, whatever came before
    it no longer."""
    mine = (inbound_keys.c.destination_id == place.destination_id) & (inbound_keys.c.way == way)
    conn.execute(delete(inbound_keys).where(mine, inbound_keys.c.ends_at.is_not(None)))
    conn.execute(update(inbound_keys).where(mine).values(ends_at=now + OVERLAP))
    if way == "signature":
        made = "whsec_" + b64encode(secrets.token_bytes(32)).decode()
        kept = seal(secret_key, {"secret": made})
    else:
        made = "shin_" + secrets.token_urlsafe(32)
        kept = hashed(made)
    row = {"id": new_id("ink", now), "site_id": place.site_id, "destination_id": place.destination_id, "way": way}
    conn.execute(inbound_keys.insert().values(**row, secret=kept, made_at=now))
    return made


def stop(conn: Connection, destination_id: str, way: Way) -> None:
    """No key of this way counts any more."""
    mine = (inbound_keys.c.destination_id == destination_id) & (inbound_keys.c.way == way)
    conn.execute(delete(inbound_keys).where(mine))


def keys(conn: Connection, secret_key: str, destination_id: str, now: datetime) -> list[Key]:
    """Those that count now, those that are in force first; none of a destination that was removed. Where there is none,
    one of nobody's is opened all the same: how long it takes tells nothing."""
    mine = and_(
        inbound_keys.c.destination_id == destination_id,
        or_(inbound_keys.c.ends_at.is_(None), inbound_keys.c.ends_at > now),
        there(),
    )
    query = select(inbound_keys).join(destinations, destinations.c.id == inbound_keys.c.destination_id).where(mine)
    rows = conn.execute(query.order_by(inbound_keys.c.made_at.desc())).all()
    if not rows:
        unseal(secret_key, _nobodys(secret_key))
    return sorted((_key(row, secret_key) for row in rows), key=lambda key: key.ends_at is not None)


def hashed(bearer: str) -> str:
    """How a bearer is kept. It is random, so a plain hash does."""
    return hashlib.sha256(bearer.encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=4)
def _nobodys(secret_key: str) -> str:
    return seal(secret_key, {"secret": "whsec_" + "A" * 44})


def _key(row: Row[Any], secret_key: str) -> Key:
    secret: str | None = row.secret
    if row.way == "signature":
        try:
            secret = str(unseal(secret_key, row.secret)["secret"])
        except SealError:
            secret = None
    return Key(row.id, row.site_id, row.way, row.made_at, row.ends_at, secret)


# --- what was heard -------------------------------------------------------------------------------------------------


def first(conn: Connection, place: Place, message: str, now: datetime) -> bool:
    """Whether this message has had no effect before; it has from now on. Two at once wait for each other."""
    row = _row_of(place, _digest(place.destination_id, message))
    mine = (_TABLE.c.destination_id == place.destination_id) & (_TABLE.c.message == row["message"])
    conn.execute(delete(_TABLE).where(mine, _TABLE.c.result.in_(("refused", "nobody"))))
    return insert_if_absent(conn, _TABLE, {**row, "at": now, "what": "", "result": "new"})


def note(conn: Connection, place: Place, message: str, heard: Heard) -> None:
    """What became of a message."""
    key = {"destination_id": place.destination_id, "message": _digest(place.destination_id, message)}
    insert_or_set(conn, _TABLE, key, {"site_id": place.site_id, **asdict(heard)})


def noted_lately(conn: Connection, destination_id: str, reason: str, now: datetime) -> bool:
    """Whether a stranger's message was noted for this reason within ONCE_IN."""
    mine = (_TABLE.c.destination_id == destination_id) & (_TABLE.c.message == f"stranger:{reason}")
    return conn.execute(select(_TABLE.c.at).where(mine, _TABLE.c.at > now - ONCE_IN)).first() is not None


def note_stranger(conn: Connection, place: Place, reason: str, now: datetime) -> None:
    """A message that proved nothing: one row a reason, whatever it said."""
    key = {"destination_id": place.destination_id, "message": f"stranger:{reason}"}
    insert_or_set(conn, _TABLE, key, {"site_id": place.site_id, **asdict(Heard(now, "", "refused", reason, None))})


def heard_of(conn: Connection, destination_id: str) -> Sequence[Heard]:
    """The last of what was heard of it, the newest first."""
    query = select(_TABLE).where(_TABLE.c.destination_id == destination_id)
    rows = conn.execute(query.order_by(_TABLE.c.at.desc(), _TABLE.c.message).limit(SHOWN))
    return [Heard(row.at, row.what, row.result, row.reason, row.lead_id) for row in rows]


def forgettable(before: datetime) -> Expiring:
    """What was heard so long ago that nobody sends it once more."""
    return Expiring(heard_messages, heard_messages.c.at < before)


def event_id(place: Place, message: str) -> str:
    """The event of that name of this destination: two destinations may call theirs alike."""
    return f"in:{_digest(place.destination_id, message)}"


def _row_of(place: Place, message: str) -> dict[str, str]:
    return {"site_id": place.site_id, "destination_id": place.destination_id, "message": message}


def _digest(*said: str) -> str:
    return hashlib.blake2b(" ".join(said).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
