"""The ticket: a signed note in each served form (rule 10): CSRF guard, clock and replay guard, no cookie.

No clock here: `now` is a parameter, aware. Times keep milliseconds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_encode
from itsdangerous.serializer import Serializer

GOOD_FOR = timedelta(hours=2)
GOOD_IN_ALL = timedelta(hours=24)
CLOCK_SKEW = timedelta(seconds=60)  # between web machines; a ticket from further ahead is forged
MAX_LENGTH = 4000  # longer text is not looked at
_CHANNELS = {"hosted": "h", "embed": "e", "frame": "f"}
_CHANNEL_NAMES = {letter: name for name, letter in _CHANNELS.items()}


@dataclass(frozen=True)
class Ticket:
    site: str  # the site's key
    form: str  # the form's key
    version: int
    nonce: str  # random, once; at least 64 bits
    asked: tuple[str, ...]  # the names of the fields that were shown
    lang: str
    served_at: datetime
    first_served_at: datetime  # kept at renewal, so that filling in is timed from here
    recognised: bool = False
    test: bool = False
    channel: str = "hosted"  # hosted, embed, frame


class TicketError(Exception):
    """code: missing, forged or expired. A genuine but expired ticket is handed along, to be renewed."""

    def __init__(self, code: str, ticket: Ticket | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.ticket = ticket


class TokenError(Exception):
    """code: forged or expired."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def issue(secret: str, ticket: Ticket) -> str:
    """The ticket as signed text, safe in a hidden field, a URL and JSON."""
    served = _milliseconds(ticket.served_at)
    flags = ticket.recognised | ticket.test << 1
    row = [
        ticket.site, ticket.form, ticket.version, ticket.nonce, " ".join(ticket.asked), ticket.lang,
        served, served - _milliseconds(ticket.first_served_at), flags, _CHANNELS[ticket.channel],
    ]  # fmt: skip
    return _serializer(secret, "ticket").dumps(row)


def read(secret: str, text: str | None, now: datetime) -> Ticket:
    """The ticket that was issued. Raises TicketError: missing, forged (also: from the future) or expired."""
    if not text:
        raise TicketError("missing")
    if _is_odd(text):
        raise TicketError("forged")
    try:
        ticket = _ticket(_serializer(secret, "ticket").loads(text))
    except BadData as error:
        raise TicketError("forged") from error
    if ticket.served_at > now + CLOCK_SKEW:
        raise TicketError("forged")
    if now - ticket.served_at > GOOD_FOR or now - ticket.first_served_at > GOOD_IN_ALL:
        raise TicketError("expired", ticket)
    return ticket


def renewed(ticket: Ticket, now: datetime, nonce: str) -> Ticket:
    """The same ticket served again. It keeps its first time for 24 hours, and starts afresh after them."""
    over = now - ticket.first_served_at > GOOD_IN_ALL
    return replace(ticket, nonce=nonce, served_at=now, first_served_at=now if over else ticket.first_served_at)


def sign_token(secret: str, purpose: str, payload: Any, *, expires_at: datetime | None = None) -> str:
    """A signed note for one purpose (a download, a confirmation): readable by anybody, made by us alone."""
    until = 0 if expires_at is None else int(expires_at.timestamp())
    return _serializer(secret, f"token:{purpose}").dumps([until, payload])


def read_token(secret: str, purpose: str, text: str, *, now: datetime) -> Any:
    """The payload. Raises TokenError: forged (also: signed for another purpose) or expired."""
    if _is_odd(text):
        raise TokenError("forged")
    try:
        until, payload = _serializer(secret, f"token:{purpose}").loads(text)
    except BadData as error:
        raise TokenError("forged") from error
    if until and now.timestamp() >= until:
        raise TokenError("expired")
    return payload


def _is_odd(text: str) -> bool:
    """Ours are short and in ASCII; a lone surrogate could not even be looked at."""
    return len(text) > MAX_LENGTH or not text.isascii()


class _Even(URLSafeSerializer):
    """Never packs, as tickets with many questions need to: the length would follow from what happens to repeat in
    random ids, and replies are to be the same in bytes for everybody (rule 13)."""

    def dump_payload(self, obj: Any) -> bytes:
        return base64_encode(Serializer.dump_payload(self, obj))


@lru_cache(maxsize=64)
def _serializer(secret: str, salt: str) -> URLSafeSerializer:
    kind = URLSafeSerializer if salt == "ticket" else _Even
    return kind(secret, salt=f"sarnakh.{salt}", signer_kwargs={"digest_method": hashlib.sha256})


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _ticket(row: list[Any]) -> Ticket:
    site, form, version, nonce, asked, lang, served, age, flags, channel = row
    return Ticket(
        site=site,
        form=form,
        version=version,
        nonce=nonce,
        asked=tuple(asked.split()),
        lang=lang,
        served_at=_time(served),
        first_served_at=_time(served - age),
        recognised=bool(flags & 1),
        test=bool(flags & 2),
        channel=_CHANNEL_NAMES[channel],
    )
