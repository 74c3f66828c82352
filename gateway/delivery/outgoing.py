"""What travels between the ledger and a destination, as frozen records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from gateway.http import Connector

S = TypeVar("S")

# What an answer means for the ledger. refuse: the destination as a whole seems misconfigured, so it is paused after
# three in a row and nothing is parked (rule 30). disable: the other side asks to be left alone.
Answer = Literal["ok", "retry", "park", "refuse", "disable"]


@dataclass(frozen=True)
class Outgoing:
    """One try: id and body are the same on each (rule 30), `at` is when this one is made and signed."""

    id: str
    body: str
    at: datetime


@dataclass(frozen=True)
class Sent:
    """What came back over HTTP, whatever its status. reply: its first 2 KB; none from a private host (rule 32)."""

    status: int
    ms: float
    retry_after: str | None = None  # the header as it came: seconds or a date
    reply: str | None = None


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


class SettingsError(ValueError):
    """A destination's settings cannot be used. field: which one; code: `delivery.settings.<code>`."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


@dataclass(frozen=True)
class Kind(Generic[S]):
    """One sort of destination.

    settings: its frozen dataclass, secrets with `repr=False`. parse: what somebody entered → settings, secrets made;
    raises SettingsError. send: one try; raises ConnectError, or DeliveryError for what only this kind can tell.
    answers: HTTP statuses that mean something else here than in `retries.ANSWERS`.
    """

    name: str
    settings: type[S]
    parse: Callable[[Mapping[str, str]], S]
    send: Callable[[Outgoing, S, Connector], Sent]
    answers: Mapping[int, Answer] = field(default_factory=dict)

    def opened(self, stored: Mapping[str, Any]) -> S:
        """Settings from what the database keeps."""
        return self.settings(**stored)
