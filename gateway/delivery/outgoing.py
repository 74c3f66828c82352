"""What travels between the ledger and a destination, as frozen records, and what a kind of destination is."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from gateway.delivery import mapping
from gateway.delivery.mapping import MAP, Naming, Rule
from gateway.delivery.settings import Asked, Said, SettingsError, check_moved
from gateway.http import TIMEOUT, ConnectError, Connector, Reply

__all__ = ["Asked", "Said", "SettingsError"]  # a kind's file needs this module alone

S = TypeVar("S")

# What an answer means for the ledger. refuse: the destination as a whole seems misconfigured, so it is paused after
# three in a row and nothing is parked (rule 30). disable: the other side asks to be left alone.
Answer = Literal["ok", "retry", "park", "refuse", "disable"]
REASON = re.compile(r"[^\w .@:-]")  # what no name of a field, right or record holds


@dataclass(frozen=True)
class Record:
    """id: the other side's own for a lead; made: we began it there, so it is ours to take away."""

    id: str
    made: bool = False


@dataclass(frozen=True)
class Outgoing:
    """One try: id and body are the same on each (rule 30), `at` is when this one is made and signed.

    rules: which of our facts go where, for kinds that ask so. records: under which the other side has this lead, its
    own before those of leads that were merged into it. site, lang, zone: the site's key, language and time zone.
    """

    id: str
    body: str
    at: datetime
    rules: Mapping[str, Rule] = field(default_factory=dict)
    records: Sequence[Record] = ()
    site: str = ""
    lang: str = "fa"
    zone: str = "UTC"

    @cached_property
    def event(self) -> dict[str, Any]:
        """The body, read."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def type(self) -> str:
        return str(self.event["type"])

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = self.event["data"]
        return found


@dataclass(frozen=True)
class Sent:
    """What came of one try. status: over HTTP, whatever it was; none: there was nothing to ask for, or no HTTP.

    reply: its first 2 KB; none from a private host (rule 32). answer, reason: what only the kind can read in it, else
    the status decides; reason is a code of the catalogue (`delivery.reason.<code>`), with a name behind a colon.
    record: under which the other side has the lead now.
    """

    status: int | None
    ms: float
    retry_after: str | None = None  # the header as it came: seconds or a date
    reply: str | None = None
    answer: Answer | None = None
    reason: str | None = None
    record: Record | None = None


class AnsweredError(Exception):
    """The other side's answer ends the try here; `sent` says how it is to be judged."""

    def __init__(self, sent: Sent) -> None:
        super().__init__(sent.reason or str(sent.status))
        self.sent = sent


class DeliveryError(Exception):
    """A try that did not bring the lead across.

    reason: a code of the catalogue (`delivery.reason.<code>`). permanent: trying again will not help this delivery.
    retry_after: seconds that the other side asks for. answer: what it means for the destination as well.
    """

    def __init__(
        self, reason: str, permanent: bool = False, retry_after: int | None = None, answer: Answer | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        self.answer: Answer = answer or ("park" if permanent else "retry")


class Ways:
    """The ways out that one try may take, ten seconds in all, however many questions it asks.

    post: hands a mail to the installation's mail server; raises MailError. sender: whom it comes from. exports: the
    site's folder for files. base_url: where the console is.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        exports: Path | None = None,
        post: Callable[[EmailMessage], None] | None = None,
        sender: str = "",
        base_url: str = "",
    ) -> None:
        self.exports = exports or Path()
        self.post = post
        self.sender = sender
        self.base_url = base_url
        self._connector = connector
        self._began = time.monotonic()

    @property
    def ms(self) -> float:
        """Since the try began."""
        return (time.monotonic() - self._began) * 1000

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Reply:
        """One question. Raises ConnectError: `timeout` once the ten seconds are over."""
        left = TIMEOUT - self.ms / 1000
        if left <= 0:
            raise ConnectError("timeout")
        return self._connector.request(method, url, headers=headers, body=body, timeout=left)

    def sent(self, reply: Reply | None, **more: Any) -> Sent:
        """What came of the try, its last answer being this one; none: nothing was asked."""
        if reply is None:
            return Sent(None, self.ms, **more)
        return Sent(reply.status, self.ms, reply.headers.get("retry-after"), reply.excerpt, **more)


@dataclass(frozen=True)
class Pace:
    """A rate budget: so many deliveries a second in the long run, and so many at once after a quiet while."""

    per_second: float
    burst: int


@dataclass(frozen=True)
class Kind(Generic[S]):
    """One sort of destination: all that the ledger, the console and the commands know of it.

    settings: its frozen dataclass, secrets with `repr=False`. parse: what somebody entered → settings, secrets made;
    raises SettingsError. send: one try; raises ConnectError, AnsweredError, or DeliveryError for what only this kind
    can tell. answers: HTTP statuses that mean something else here than in `retries.ANSWERS`. title, help, asks: its
    words and what its form asks for. rules: the facts it is sent and where they go unless somebody says otherwise;
    none: it takes the payload as a whole. rotate: a new secret beside the old one, which counts until then. waits:
    until when a delivery that was made then is kept, to go out with others by send_all in one message.
    preview: what would be sent, for kinds whose message people write themselves. knows_repeats: the other side is
    told by our id that it has this delivery already. advised: facts that better go somewhere, which by itself they do
    not, and why. named: what its properties may be called.
    """

    name: str
    settings: type[S]
    parse: Callable[[Mapping[str, str]], S]
    send: Callable[[Outgoing, S, Ways], Sent]
    answers: Mapping[int, Answer] = field(default_factory=dict)
    title: Said = Said("", "")
    help: Said = Said("", "")
    asks: Sequence[Asked] = ()
    rules: Mapping[str, Rule] = field(default_factory=dict)
    rotate: Callable[[S, datetime], S] | None = None
    pace: Pace | None = None  # of one destination, unless staff set another; none: no limit
    waits: Callable[[S, datetime, str], datetime | None] | None = None
    send_all: Callable[[Sequence[Outgoing], S, Ways], Sent] | None = None
    preview: Callable[[Outgoing, S, str], str] | None = None
    knows_repeats: bool = False
    advised: Mapping[str, Said] = field(default_factory=dict)
    named: Naming = mapping.PROPERTY

    def read(self, given: Mapping[str, str], present: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What the database keeps, from what was entered over what it kept before. A secret that is entered empty
        stays. Raises SettingsError."""
        present = present or {}
        asked = {one.name for one in self.asks}
        secret = {one.name for one in self.asks if one.secret}
        said = {name: text for name, text in given.items() if not mapping.is_rule(name)}
        said = {name: text for name, text in said.items() if text.strip() or name not in secret}
        check_moved(self.asks, present, given)
        kept = {name: text for name, text in present.items() if name in asked and name not in said}
        settings: dict[str, Any] = asdict(self.parse({**kept, **said}))  # type: ignore[call-overload]
        beside = {name: value for name, value in present.items() if name in settings and name not in asked}
        settings = {name: value for name, value in {**settings, **beside}.items() if value}
        ruled = {name: text for name, text in given.items() if mapping.is_rule(name)}
        if not self.rules:
            if ruled:
                raise SettingsError(sorted(ruled)[0], "unknown")
            return settings
        return {**settings, MAP: mapping.stored(mapping.edited(self.mapped(present), ruled, self.named))}

    def opened(self, stored: Mapping[str, Any]) -> S:
        """Settings from what the database keeps."""
        known = {one.name for one in fields(self.settings)}  # type: ignore[arg-type]
        return self.settings(**{name: value for name, value in stored.items() if name in known})

    def unheeded(self, stored: Mapping[str, Any]) -> list[Said]:
        """The advice of this kind that these settings do not follow."""
        rules = self.mapped(stored)
        return [why for fact, why in self.advised.items() if fact not in rules]

    def mapped(self, stored: Mapping[str, Any]) -> Mapping[str, Rule]:
        """Which fact goes where, from what the database keeps; the shipped rules where it keeps none."""
        return mapping.opened(stored[MAP]) if MAP in stored else self.rules


def reason(code: str, name: object = "") -> str:
    """A reason that names what it is about: a field, a right, a record; never what a person said."""
    told = REASON.sub("", str(name))[:80]
    return f"{code}:{told}" if told else code
